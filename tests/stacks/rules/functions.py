"""Functions, their images, and what has to exist before them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.stacks.recorder import UNKNOWN, Graph
from tests.stacks.rules.reading import serving

PLATFORM = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
NFS = 2049


def nobody_waits_longer_than_the_gateway(graph: Graph) -> Iterator[str]:
    """The HTTP API gives up after 30 s, and a function that goes on is paid for and answers nobody."""
    for function in serving(graph):
        if function.inputs["timeout"] > 30:
            yield f"{function.name} may run for {function.inputs['timeout']} s"
    for integration in graph.of(":Integration"):
        if not 50 <= integration.inputs["timeoutMilliseconds"] <= 30_000:
            yield f"{integration.name} waits {integration.inputs['timeoutMilliseconds']} ms"


def log_group_before_function(graph: Graph) -> Iterator[str]:
    """Lambda makes a missing log group itself, and then without retention: logs for ever."""
    for function in graph.of(":Function"):
        groups = {group.urn for group in graph.of(":LogGroup")}
        if not groups & function.property_dependencies.get("loggingConfig", frozenset()):
            yield f"{function.name} does not wait for a log group"
        if function.inputs["loggingConfig"]["logFormat"] != "JSON":
            yield f"{function.name} does not log JSON"
        if function.inputs["loggingConfig"]["logGroup"] not in (f"/aws/lambda/{function.inputs['name']}", UNKNOWN):
            yield f"{function.name} logs to {function.inputs['loggingConfig']['logGroup']}"
    for group in graph.of(":LogGroup"):
        if not group.inputs.get("retentionInDays"):
            yield f"{group.name} keeps logs for ever"


def images_by_digest(graph: Graph) -> Iterator[str]:
    """Behind a tag, what runs can change without a deployment, and a deployment can change nothing."""
    images = {image.urn for image in graph.of("awsx:ecr:Image")}
    for function in graph.of(":Function"):
        if function.inputs.get("packageType") != "Image":
            yield f"{function.name} is no container image"
        if "@sha256:" not in function.inputs["imageUri"] and function.inputs["imageUri"] != UNKNOWN:
            yield f"{function.name} runs {function.inputs['imageUri']}, not a digest"
        if not images & graph.needs(function):
            yield f"{function.name} does not wait for its image"


def images_are_distinct(graph: Graph) -> Iterator[str]:
    """awsx names its child after the image's name alone: two of one name would be one resource."""
    names = [image.inputs["imageName"] for image in graph.of("awsx:ecr:Image")]
    if len(set(names)) < len(names):
        yield f"image names are {names}"
    for image in graph.of("awsx:ecr:Image"):
        if image.inputs["context"] != "images" or not image.inputs["dockerfile"].startswith("images/"):
            yield f"{image.name} is built from {image.inputs['context']} by {image.inputs['dockerfile']}"


def a_new_tag_is_a_new_image(graph: Graph) -> Iterator[str]:
    """docker-build deletes an old tag's image by its digest: the new one's, if the digest did not depend on the tag."""
    for image in graph.of("awsx:ecr:Image"):
        if image.inputs["args"].get("TAG") != image.inputs["imageName"]:
            yield f"{image.name} is tagged {image.inputs['imageName']}, and told {image.inputs['args'].get('TAG')}"


def repositories_are_scanned_and_immutable(graph: Graph) -> Iterator[str]:
    """A tag that moves hides what ran when; images that are not scanned hide known holes; all of them for ever cost."""
    for repository in graph.of("awsx:ecr:Repository"):
        if repository.inputs.get("imageTagMutability") != "IMMUTABLE":
            yield f"{repository.name} lets tags move"
        if repository.inputs.get("imageScanningConfiguration") != {"scanOnPush": True}:
            yield f"{repository.name} does not scan"
        if repository.inputs.get("lifecyclePolicy") != {"skip": True}:
            yield f"{repository.name} leaves its lifecycle policy to awsx, which gives it the default provider"
    if len(graph.of(":LifecyclePolicy")) != len(graph.of("awsx:ecr:Repository")):
        yield "a repository has no lifecycle policy"


def permissions_before_function(graph: Graph) -> Iterator[str]:
    """Lambda checks what a role may do when it makes a function, and IAM is slow: all grants come first."""
    for function in graph.of(":Function"):
        [role] = function.property_dependencies["role"]
        for policy in graph.of(":RolePolicy"):
            if role in policy.property_dependencies["role"] and policy.urn not in graph.needs(function):
                yield f"{function.name} does not wait for {policy.name}"
        if not {policy.urn for policy in graph.of(":RepositoryPolicy")} & graph.needs(function):
            yield f"{function.name} does not wait until Lambda may pull its image"


def mount_targets_before_function(graph: Graph) -> Iterator[str]:
    """Lambda refuses a function whose file system has no mount target; without the rules the mount times out."""
    rules = [*graph.of(":SecurityGroupIngressRule"), *graph.of(":SecurityGroupEgressRule")]
    nfs = [rule for rule in rules if rule.inputs["fromPort"] == NFS]
    for function in graph.of(":Function"):
        if "fileSystemConfig" in function.inputs:
            for needed in [*graph.of(":MountTarget"), *nfs]:
                if needed.urn not in graph.needs(function):
                    yield f"{function.name} does not wait for {needed.name}"
            if not function.inputs["fileSystemConfig"]["localMountPath"].startswith("/mnt/"):
                yield f"{function.name} mounts at {function.inputs['fileSystemConfig']['localMountPath']}"


def network_before_function(graph: Graph) -> Iterator[str]:
    """A function that starts before its routes and the way to S3 are there fails for no visible reason."""
    to_s3 = [rule for rule in graph.of(":SecurityGroupEgressRule") if "prefixListId" in rule.inputs]
    ways = [*graph.of(":RouteTableAssociation"), *graph.of(":VpcEndpoint"), *to_s3]
    for function in graph.of(":Function"):
        for way in ways if "vpcConfig" in function.inputs else []:
            if way.urn not in graph.needs(function):
                yield f"{function.name} does not wait for {way.name}"


def seeded_before_served_and_swept_after(graph: Graph) -> Iterator[str]:
    """The new bundle is whole before a function is told of it, and the old one goes when no function uses it."""
    if not graph.of(":FileSystem"):
        return
    seed, sweep = graph.one(":Invocation", "-seed"), graph.one(":Invocation", "-sweep")
    seeder, serve = graph.one(":Function", "-seeder-function"), graph.one(":Function", "efs-serve-function")
    if seed.urn not in graph.needs(serve):
        yield "the serving function does not wait for the seed"
    if serve.urn not in graph.needs(sweep):
        yield "old bundles are removed before the serving function uses the new one"
    for run in (seed, sweep):
        if seeder.urn not in graph.needs(run):
            yield f"{run.name} does not invoke the seeder"
        if run.inputs.get("triggers", {}).get("bundle") != graph.exports["bundleHash"]:
            yield f"{run.name} does not run again for a new bundle"
        if not run.on_error:
            yield f"{run.name} does not retry until the seeder is ready"
        if graph.of(":Bucket") and not {o.urn for o in graph.of(":BucketObjectv2")} & graph.needs(run):
            yield f"{run.name} does not wait for the bundle in S3"
        guard = graph.one(":FileSystemPolicy")
        if guard.urn not in graph.needs(run):
            yield f"{run.name} runs before the file system's policy is there"
    for run, keeps in ((seed, False), (sweep, True)):
        if run.inputs["input"] != UNKNOWN and ("keep" in json.loads(run.inputs["input"])) is not keeps:
            yield f"{run.name} has the wrong idea of what to keep: {run.inputs['input']}"


def the_old_bundle_outlives_its_requests(graph: Graph) -> Iterator[str]:
    """What a function's update lets go, objects in S3 or a directory on EFS, its old environments may still read."""
    for function in serving(graph):
        if not function.after_update:
            yield f"{function.name} does not wait for the last answers of its old environments"


def seeder_is_the_serving_image(graph: Graph) -> Iterator[str]:
    """One image, two commands: the seeder costs no build of its own, and cannot be of another version."""
    for function in graph.of(":Function"):
        commands = function.inputs.get("imageConfig", {}).get("commands")
        expected = ["seeder.handler"] if "seeder" in function.name else None
        if commands != expected:
            yield f"{function.name} runs {commands}"


def functions_know_their_storage(graph: Graph) -> Iterator[str]:
    """The environment is the contract between the deployment and the service."""
    expected = {
        "efs": {"MODEL_DIR": f"/mnt/model/{graph.exports['bundleHash']}"},
        "s3": {"MODEL_PREFIX": graph.exports["bundleHash"], "MODEL_BUCKET": None},
        "oci": {"MODEL_DIR": "/opt/model"},
    }
    for backend in graph.exports["backends"]:
        function = graph.one(":Function", f"{backend}-serve-function")
        variables = function.inputs["environment"]["variables"]
        wanted = {"STORAGE_BACKEND": backend, "ENGINE": graph.exports["engine"], **expected[backend]}
        if set(variables) != set(wanted) or any(v not in (None, variables[k]) for k, v in wanted.items()):
            yield f"{function.name} has {variables}"


def like_for_like(graph: Graph) -> Iterator[str]:
    """A comparison of storages must not be one of memory sizes, processors or engines."""
    keys = ("memorySize", "timeout", "architectures", "reservedConcurrentExecutions", "tracingConfig", "packageType")
    described = {json.dumps([function.inputs.get(key) for key in keys]) for function in serving(graph)}
    if len(described) > 1:
        yield f"the serving functions differ: {described}"
    architecture = graph.exports["architecture"]
    for image in graph.of("awsx:ecr:Image"):
        engine = image.inputs["args"].get("ENGINE")
        if (image.inputs["platform"], engine) != (PLATFORM[architecture], graph.exports["engine"]):
            yield f"{image.name} is built for {image.inputs['platform']} with {image.inputs['args']}"
    for function in graph.of(":Function"):
        if function.inputs["architectures"] != [architecture]:
            yield f"{function.name} runs on {function.inputs['architectures']}"


RULES = (
    nobody_waits_longer_than_the_gateway,
    log_group_before_function,
    images_by_digest,
    images_are_distinct,
    a_new_tag_is_a_new_image,
    repositories_are_scanned_and_immutable,
    permissions_before_function,
    mount_targets_before_function,
    network_before_function,
    seeded_before_served_and_swept_after,
    the_old_bundle_outlives_its_requests,
    seeder_is_the_serving_image,
    functions_know_their_storage,
    like_for_like,
)
