"""Rules for images and their repositories."""

from __future__ import annotations

import json
from collections.abc import Iterator

from contract.storages import storage
from tests.stacks.rules.reading import containers, page, served
from tests.stacks.support.recorder import UNKNOWN, Graph


def images_by_digest(graph: Graph) -> Iterator[str]:
    """With a tag, the running code could change without a deployment, and a deployment could change nothing."""
    images = {image.urn for image in graph.of("awsx:ecr:Image")}
    for function in graph.of(":Function"):
        if function in page(graph):
            continue
        if function.inputs.get("packageType") != "Image":
            yield f"{function.name} is not a container image"
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


def images_hold_their_models_bundle(graph: Graph) -> Iterator[str]:
    """If the bundle is in the image, an image without its BUNDLE would answer from another model."""
    for pair in served(graph):
        wanted = f"bundle-{pair.model}" if storage(pair.backend).baked and pair.model else None
        for image in graph.of("awsx:ecr:Image"):
            if image.urn in graph.needs(pair.encoder) and image.inputs["args"].get("BUNDLE") != wanted:
                yield f"{pair.encoder.name} runs an image of {image.inputs['args']}"


def a_tag_can_be_pushed_again(graph: Graph) -> Iterator[str]:
    """Going back to an older commit pushes its tag again; so does whatever makes the state forget an image."""
    for repository in graph.of("awsx:ecr:Repository"):
        if repository.inputs.get("imageTagMutability") != "MUTABLE":
            yield f"{repository.name} refuses a tag that it has"


def images_outlive_their_tags(graph: Graph) -> Iterator[str]:
    """docker-build deletes an old tag's image by its digest, which may be the new one's, too: then nothing runs."""
    for build in graph.builds:
        if not build.retained:
            yield f"{build.name} is deleted when another one takes its place"


def images_are_remembered(graph: Graph) -> Iterator[str]:
    """Before 0.0.22 docker-build takes an expired login for a missing image, and a refresh forgets what runs."""
    for build in graph.builds:
        if tuple(map(int, build.version.split("."))) < (0, 0, 22):
            yield f"{build.name} is built by docker-build {build.version}"


def previews_build_nothing(graph: Graph) -> Iterator[str]:
    """Else every pull request's preview would build all images from scratch, and discard them."""
    for build in graph.builds:
        if build.props.get("buildOnPreview") is not False:
            yield f"{build.name} is built in previews"


def builds_find_what_others_built(graph: Graph) -> Iterator[str]:
    """A fresh machine has no layers: it needs a cache that exists, and the tag of what is yet to be built does not."""
    for build in graph.builds:
        cached = [cache.get("registry", {}).get("ref") for cache in build.props.get("cacheFrom", [])]
        written = [cache.get("registry", {}) for cache in build.props.get("cacheTo", [])]
        if not cached or cached != [cache.get("ref") for cache in written] or build.props["tags"][0] in cached:
            yield f"{build.name} reads {cached} and writes {written}"
        for cache in written:
            if not (cache.get("imageManifest") and cache.get("ociMediaTypes") and cache.get("mode") == "max"):
                yield f"{build.name} writes a cache that ECR refuses, or one of its last stage alone: {cache}"


def layers_have_no_times(graph: Graph) -> Iterator[str]:
    """Unchanged weights must give the same layer, so that 600 MB need not be moved."""
    for build in graph.builds:
        exports = [export.get("raw", "") for export in build.props.get("exports", [])]
        if exports != ["type=registry,rewrite-timestamp=true"] or build.props["push"]:
            yield f"{build.name} is pushed by {exports} and push {build.props['push']}"
        if build.props["buildArgs"].get("SOURCE_DATE_EPOCH") != "0":
            yield f"{build.name} has the time of its build"


def repositories_are_scanned_and_tidied(graph: Graph) -> Iterator[str]:
    """Images that are not scanned hide known vulnerabilities, and keeping all of them costs money."""
    for repository in graph.of("awsx:ecr:Repository"):
        if repository.inputs.get("imageScanningConfiguration") != {"scanOnPush": True}:
            yield f"{repository.name} does not scan"
        rules = repository.inputs.get("lifecyclePolicy", {}).get("rules", [])
        tidied = {rule["tagStatus"]: rule for rule in rules}
        if "maximumAgeLimit" not in tidied.get("untagged", {}) or "maximumNumberOfImages" not in tidied.get("any", {}):
            yield f"{repository.name} keeps what {rules} leave"


def images_are_pulled_for_their_functions(graph: Graph) -> Iterator[str]:
    """Lambda pulls an image for the functions that the repository's policy names: without one it is never active."""
    for policy in graph.of(":RepositoryPolicy"):
        if policy.inputs["policy"] == UNKNOWN:
            continue
        users = {f.inputs["name"] for f in containers(graph) if policy.urn in graph.needs(f)}
        [statement] = json.loads(policy.inputs["policy"])["Statement"]
        arns = statement["Condition"]["ArnLike"]["aws:SourceArn"]
        if {arn.partition(":function:")[2].removesuffix(":*") for arn in arns} != users:
            yield f"{policy.name} lets Lambda pull for {arns}, and {sorted(users)} use it"


def seeder_is_the_serving_image(graph: Graph) -> Iterator[str]:
    """One image with two commands: the seeder needs no build of its own, and cannot be of another version."""
    for function in containers(graph):
        commands = function.inputs.get("imageConfig", {}).get("commands")
        expected = ["seeder.handler"] if "seeder" in function.name else None
        if commands != expected:
            yield f"{function.name} runs {commands}"


RULES = (
    images_by_digest,
    images_are_distinct,
    images_hold_their_models_bundle,
    a_tag_can_be_pushed_again,
    images_outlive_their_tags,
    images_are_remembered,
    previews_build_nothing,
    builds_find_what_others_built,
    layers_have_no_times,
    repositories_are_scanned_and_tidied,
    images_are_pulled_for_their_functions,
    seeder_is_the_serving_image,
)
