"""Rules for functions: their lifetime, their logs, what must exist before them, and how they compare."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.stacks.rules.reading import containers, policies_of, served, serving
from tests.stacks.support.recorder import UNKNOWN, Graph

PLATFORM = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}


def nobody_waits_longer_than_the_gateway(graph: Graph) -> Iterator[str]:
    """The HTTP API gives up after 30 s; a function that runs longer costs money and answers nobody."""
    for function in serving(graph):
        if function.inputs["timeout"] > 30:
            yield f"{function.name} may run for {function.inputs['timeout']} s"
    for integration in graph.of(":Integration"):
        if not 50 <= integration.inputs["timeoutMilliseconds"] <= 30_000:
            yield f"{integration.name} waits {integration.inputs['timeoutMilliseconds']} ms"


def functions_have_names_of_their_own(graph: Graph) -> Iterator[str]:
    """Two models' functions of one name would be one function; Lambda refuses longer ones half-way."""
    names = [function.inputs["name"] for function in graph.of(":Function")]
    if len(set(names)) < len(names):
        yield f"function names are {names}"
    yield from (f"{name} has {len(name)} characters" for name in names if len(name) > 64)
    for pair in served(graph):
        role = "-".join(filter(None, (pair.model, pair.backend)))
        for function, end in zip(pair.functions, (role, f"{role}-search"), strict=True):
            if function.inputs["name"] != f"model-storage-test-{end}":
                yield f"{function.name} is called {function.inputs['name']}"


def log_group_before_function(graph: Graph) -> Iterator[str]:
    """Lambda makes a missing log group itself, but without retention, so it keeps logs for ever."""
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


def permissions_before_function(graph: Graph) -> Iterator[str]:
    """Lambda checks what a role may do when it makes a function, and IAM is slow: all grants come first."""
    for function in graph.of(":Function"):
        for policy in policies_of(graph, function):
            if policy.urn not in graph.needs(function):
                yield f"{function.name} does not wait for {policy.name}"
    for function in containers(graph):
        if not {policy.urn for policy in graph.of(":RepositoryPolicy")} & graph.needs(function):
            yield f"{function.name} does not wait until Lambda may pull its image"


def network_before_function(graph: Graph) -> Iterator[str]:
    """A function that starts before its routes and the way to S3 are there fails for no visible reason."""
    to_s3 = [rule for rule in graph.of(":SecurityGroupEgressRule") if "prefixListId" in rule.inputs]
    ways = [*graph.of(":RouteTableAssociation"), *graph.of(":VpcEndpoint"), *to_s3]
    for function in graph.of(":Function"):
        for way in ways if "vpcConfig" in function.inputs else []:
            if way.urn not in graph.needs(function):
                yield f"{function.name} does not wait for {way.name}"


def like_for_like(graph: Graph) -> Iterator[str]:
    """A comparison of storages must not be one of memory sizes, processors or engines."""
    keys = ("memorySize", "timeout", "architectures", "reservedConcurrentExecutions", "tracingConfig", "packageType")
    described = {json.dumps([pair.encoder.inputs.get(key) for key in keys]) for pair in served(graph)}
    if len(described) > 1:
        yield f"the encoding functions differ: {described}"
    architecture = graph.exports["architecture"]
    for image in graph.of("awsx:ecr:Image"):
        engine = image.inputs["args"].get("ENGINE")
        if (image.inputs["platform"], engine) != (PLATFORM[architecture], graph.exports["engine"]):
            yield f"{image.name} is built for {image.inputs['platform']} with {image.inputs['args']}"
    for function in graph.of(":Function"):
        if function.inputs["architectures"] != [architecture]:
            yield f"{function.name} runs on {function.inputs['architectures']}"


def searching_is_cheap(graph: Graph) -> Iterator[str]:
    """A search needs neither the model's memory nor its disk; all else is as in the function that encodes."""
    keys = ("imageUri", "timeout", "architectures", "reservedConcurrentExecutions", "vpcConfig", "fileSystemConfig")
    for pair in served(graph):
        if any(pair.search.inputs.get(key) != pair.encoder.inputs.get(key) for key in keys):
            yield f"{pair.search.name} is unlike {pair.encoder.name}"
        if pair.search.inputs["ephemeralStorage"]["size"] != 512:
            yield f"{pair.search.name} pays for {pair.search.inputs['ephemeralStorage']} of disk"
        if pair.search.inputs["memorySize"] != 512:  # the recorded bundles' index is tiny
            yield f"{pair.search.name} has {pair.search.inputs['memorySize']} MB of memory"
        if pair.search.property_dependencies["role"] == pair.encoder.property_dependencies["role"]:
            yield f"{pair.search.name} has the rights of {pair.encoder.name}"


def new_images_are_primed(graph: Graph) -> Iterator[str]:
    """The first request to a new image waits for each chunk of it: that is not for a user, unless somebody wants it."""
    for function in serving(graph):
        wanted = [f"{function.name.removesuffix('-function')}-prime"] if graph.config["prime"] else []
        for when, hooks in (("made", function.after_create), ("updated", function.after_update)):
            if [hook for hook in hooks if hook.endswith("-prime")] != wanted:
                yield f"{function.name} is primed by {hooks} after it was {when}"


RULES = (
    nobody_waits_longer_than_the_gateway,
    functions_have_names_of_their_own,
    log_group_before_function,
    permissions_before_function,
    network_before_function,
    like_for_like,
    searching_is_cheap,
    new_images_are_primed,
)
