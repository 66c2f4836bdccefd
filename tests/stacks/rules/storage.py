"""Rules for bundles: how they get to their places, who is told, and when the old ones go."""

from __future__ import annotations

import json
from collections.abc import Iterator

from contract.storages import storage
from tests.stacks.rules.reading import Served, bundle_hashes, served, serving
from tests.stacks.support.recorder import UNKNOWN, Graph

NFS = 2049


def manifest_is_uploaded_last(graph: Graph) -> Iterator[str]:
    """A manifest means a whole bundle; bundles are under their hashes, the new one beside the old."""
    objects = graph.of(":BucketObjectv2")
    manifests = {item.inputs["key"]: item for item in objects if item.inputs["key"].endswith("/manifest.json")}
    if objects and set(manifests) != {f"{digest}/manifest.json" for digest in bundle_hashes(graph)}:
        yield f"the manifests are {sorted(manifests)}"
    for item in objects:
        manifest = manifests.get(f"{item.inputs['key'].partition('/')[0]}/manifest.json")
        if manifest is None:
            yield f"{item.name} is at {item.inputs['key']}"
        elif item is not manifest and item.urn not in graph.needs(manifest):
            yield f"{item.name} may come after the manifest"
        if len(item.inputs.get("sourceHash", "")) != 64:
            yield f"{item.name} has no hash: changes above 16 MB would go unseen"
        if "etag" in item.inputs:
            yield f"{item.name} has an etag, which says nothing above 16 MB"


def mount_targets_before_function(graph: Graph) -> Iterator[str]:
    """Lambda refuses a function whose file system has no mount target; without the rules the mount times out."""
    rules = [*graph.of(":SecurityGroupIngressRule"), *graph.of(":SecurityGroupEgressRule")]
    nfs = [rule for rule in rules if rule.inputs["fromPort"] == NFS]
    for function in graph.of(":Function"):
        if "fileSystemConfig" in function.inputs:
            backend = next((pair.backend for pair in served(graph) if function in pair.functions), "efs")  # the seeder
            targets = [*graph.of(":MountTarget"), *graph.of(":FilesMountTarget"), *nfs]
            for needed in [each for each in targets if each.name.startswith(f"{backend}-")]:
                if needed.urn not in graph.needs(function):
                    yield f"{function.name} does not wait for {needed.name}"
            if not function.inputs["fileSystemConfig"]["localMountPath"].startswith("/mnt/"):
                yield f"{function.name} mounts at {function.inputs['fileSystemConfig']['localMountPath']}"


def one_file_system_for_all_models(graph: Graph) -> Iterator[str]:
    """A file system costs by the GB, but mount targets and seeder by the piece, so they are shared."""
    if len(graph.of(":FileSystem")) > 1 or len(graph.of(":AccessPoint")) > 1:
        yield f"there are {len(graph.of(':FileSystem'))} file systems"


def seeded_before_served_and_swept_after(graph: Graph) -> Iterator[str]:
    """The new bundle is whole before a function is told of it, and the old one goes when no function uses it."""
    on_efs = [pair for pair in served(graph) if pair.backend == "efs"]
    if not on_efs:
        return
    sweep, seeder = graph.one(":Invocation", "-sweep"), graph.one(":Function", "-seeder-function")
    seeds = {run.inputs.get("triggers", {}).get("bundle"): run for run in graph.of(":Invocation") if run is not sweep}
    if set(seeds) != {pair.bundle_hash for pair in on_efs}:
        yield f"seeds run again for {sorted(map(str, seeds))}, and not for each model's new bundle"
        return
    for pair in on_efs:
        for function in pair.functions:
            if seeds[pair.bundle_hash].urn not in graph.needs(function):
                yield f"{function.name} does not wait for its seed"
            if function.urn not in graph.needs(sweep):
                yield f"old bundles are removed before {function.name} uses the new one"
    for run in (*seeds.values(), sweep):
        if seeder.urn not in graph.needs(run):
            yield f"{run.name} does not invoke the seeder"
        if not run.on_error:
            yield f"{run.name} does not retry until the seeder is ready"
        if graph.of(":Bucket") and not {o.urn for o in graph.of(":BucketObjectv2")} & graph.needs(run):
            yield f"{run.name} does not wait for the bundle in S3"
        if graph.one(":FileSystemPolicy").urn not in graph.needs(run):
            yield f"{run.name} runs before the file system's policy is there"
    if sweep.inputs.get("triggers", {}).get("bundle") != "+".join(bundle_hashes(graph)):
        yield "what is swept does not follow all bundles"


def no_models_bundle_is_swept(graph: Graph) -> Iterator[str]:
    """A sweep for one model must leave the others' bundles, or their functions would lose their weights."""
    for run in graph.of(":Invocation"):
        if run.inputs["input"] == UNKNOWN:
            continue
        event = json.loads(run.inputs["input"])
        kept = {event["directory"], *event.get("keep", [])}
        if run.name.endswith("-seed") and "keep" in event:
            yield f"{run.name} removes bundles that are in use"
        if run.name.endswith("-sweep") and ("keep" not in event or kept != set(bundle_hashes(graph))):
            yield f"{run.name} keeps {sorted(kept)}"


def the_old_bundle_outlives_its_requests(graph: Graph) -> Iterator[str]:
    """Old environments may still read what a function's update removes: objects in S3 or a directory on EFS."""
    for function in serving(graph):
        if not any(hook.endswith("-requests-end") for hook in function.after_update):
            yield f"{function.name} does not wait for the last answers of its old environments"


def functions_know_their_storage(graph: Graph) -> Iterator[str]:
    """The environment is the contract between the deployment and the service."""
    for pair in served(graph):
        wanted = {"STORAGE_BACKEND": pair.backend, "ENGINE": graph.exports["engine"], **_where(pair)}
        if storage(pair.backend).opened == "bucket" and pair.backend in graph.config["snapStart"]:
            wanted["FETCH_INTO_MEMORY"] = "1"  # beside a snapshot, /tmp has 512 MB
        wanted |= {"ROUTE_PREFIX": f"{pair.model}/{pair.backend}"} if pair.model else {}
        for function, more in ((pair.encoder, {}), (pair.search, {"SERVES": "search"})):
            variables = function.inputs["environment"]["variables"]
            if set(variables) != {*wanted, *more} or any(
                value not in (None, variables[key]) for key, value in {**wanted, **more}.items()
            ):
                yield f"{function.name} has {variables}"


def _where(pair: Served) -> dict[str, str | None]:
    """Return what tells a function where its bundle is; None for what cannot be known from here."""
    if storage(pair.backend).opened == "bucket":
        return {"MODEL_PREFIX": pair.bundle_hash, "MODEL_BUCKET": None}
    mount = pair.encoder.inputs.get("fileSystemConfig", {}).get("localMountPath")
    return {"MODEL_DIR": f"{mount}/{pair.bundle_hash}" if mount else "/opt/model"}


RULES = (
    manifest_is_uploaded_last,
    mount_targets_before_function,
    one_file_system_for_all_models,
    seeded_before_served_and_swept_after,
    no_models_bundle_is_swept,
    the_old_bundle_outlives_its_requests,
    functions_know_their_storage,
)
