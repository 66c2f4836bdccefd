"""Images and their repositories."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.stacks.recorder import UNKNOWN, Graph
from tests.stacks.rules.reading import containers, page, served


def images_by_digest(graph: Graph) -> Iterator[str]:
    """Behind a tag, what runs can change without a deployment, and a deployment can change nothing."""
    images = {image.urn for image in graph.of("awsx:ecr:Image")}
    for function in graph.of(":Function"):
        if function in page(graph):
            continue
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


def images_hold_their_models_bundle(graph: Graph) -> Iterator[str]:
    """Where the bundle is baked in, an image without its BUNDLE would answer from another model."""
    for pair in served(graph):
        wanted = f"bundle-{pair.model}" if pair.backend == "oci" and pair.model else None
        for image in graph.of("awsx:ecr:Image"):
            if image.urn in graph.needs(pair.encoder) and image.inputs["args"].get("BUNDLE") != wanted:
                yield f"{pair.encoder.name} runs an image of {image.inputs['args']}"


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
    """One image, two commands: the seeder costs no build of its own, and cannot be of another version."""
    for function in containers(graph):
        commands = function.inputs.get("imageConfig", {}).get("commands")
        expected = ["seeder.handler"] if "seeder" in function.name else None
        if commands != expected:
            yield f"{function.name} runs {commands}"


RULES = (
    images_by_digest,
    images_are_distinct,
    images_hold_their_models_bundle,
    a_new_tag_is_a_new_image,
    repositories_are_scanned_and_immutable,
    images_are_pulled_for_their_functions,
    seeder_is_the_serving_image,
)
