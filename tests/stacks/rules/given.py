"""Rules for a deployer's network, key, boundary and alarms: each reaches everything that it is meant for."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.stacks.rules.reading import as_list, page, policies_of, serving, statements, statements_of
from tests.stacks.support.cloud import look_up
from tests.stacks.support.recorder import UNKNOWN, Graph, Recorded


def a_given_network_is_used_and_left_alone(graph: Graph) -> Iterator[str]:
    """An existing network has its own rules: only interfaces are made in it, and nothing is put anywhere else."""
    subnets = graph.config["subnetIds"]
    if not subnets:
        return
    made = [one for one in graph.resources if one.type.startswith(("aws:ec2/", "aws:vpc/"))]
    yield from (f"{one.name} is made, although a network is given" for one in made)
    group = graph.config["securityGroupId"]
    for function in graph.of(":Function"):
        inside = function.inputs.get("vpcConfig")
        if inside and (inside["subnetIds"], inside["securityGroupIds"]) != (subnets, [group]):
            yield f"{function.name} is in {inside}"
    targets = graph.of(":MountTarget")
    used = [target.inputs["subnetId"] for target in targets]
    if len(set(used)) < len(used) or not set(used) <= set(subnets):
        yield f"the mount targets are in {used}"
    if any(target.inputs["securityGroups"] != [group] for target in targets):
        yield f"the mount targets' groups are {[target.inputs['securityGroups'] for target in targets]}"


def one_mount_target_a_zone(graph: Graph) -> Iterator[str]:
    """EFS refuses a second mount target in a zone, half-way through a deployment."""
    zones = [_zone(graph, target) for target in graph.of(":MountTarget")]
    known = [zone for zone in zones if zone not in (None, UNKNOWN)]
    if len(set(known)) < len(known):
        yield f"the mount targets are in the zones {zones}"
    for function in graph.of(":Function"):
        reached = {zone_of(each) for each in function.inputs.get("vpcConfig", {}).get("subnetIds", [])}
        if "fileSystemConfig" in function.inputs and None not in reached and not reached <= set(known):
            yield f"{function.name} runs in {reached}, and the mount targets are in {known}"


def zone_of(subnet_id: str) -> str | None:
    """Return the zone of a subnet that exists; None for one that is made."""
    found = look_up("aws:ec2/getSubnet:getSubnet", {"id": subnet_id})
    return found["availabilityZone"] if found else None


def _zone(graph: Graph, target: Recorded) -> str | None:
    for urn in target.property_dependencies.get("subnetId", ()):
        return str(graph.by_urn()[urn].inputs["availabilityZone"])
    return zone_of(target.inputs["subnetId"])


def everything_is_encrypted_with_the_key(graph: Graph) -> Iterator[str]:
    """With the deployer's own key nothing can be read without it: neither the weights nor the images nor the logs."""
    key = graph.config["kmsKeyArn"]
    for resource in [*graph.of(":LogGroup"), *graph.of(":FileSystem")]:
        if resource.inputs.get("kmsKeyId", "") != key:
            yield f"{resource.name} is encrypted with {resource.inputs.get('kmsKeyId')}"
    for repository in graph.of("awsx:ecr:Repository"):
        wanted = [{"encryptionType": "KMS", "kmsKey": key}] if key else None
        if repository.inputs.get("encryptionConfigurations") != wanted:
            yield f"{repository.name} is encrypted with {repository.inputs.get('encryptionConfigurations')}"
    for encryption in graph.of(":BucketServerSideEncryptionConfiguration"):
        [rule] = encryption.inputs["rules"]
        default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key} if key else {"sseAlgorithm": "AES256"}
        if rule["applyServerSideEncryptionByDefault"] != default or bool(rule.get("bucketKeyEnabled")) is not bool(key):
            yield f"{encryption.name} is {rule}"


def the_key_opens_what_a_role_reads(graph: Graph) -> Iterator[str]:
    """S3 decrypts with the reader's rights: its readers may use the key, through S3 only, and nobody else may."""
    key = graph.config["kmsKeyArn"]
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{graph.config['region']}.amazonaws.com"}}
    for resource, statement in statements(graph):
        actions = [action for action in as_list(statement["Action"]) if action.startswith("kms:")]
        if actions and (
            actions != ["kms:Decrypt"]
            or as_list(statement["Resource"]) != [key]
            or statement.get("Condition") != through_s3
        ):
            yield f"{resource.name} allows {actions} on {statement['Resource']} if {statement.get('Condition')}"
    for function in graph.of(":Function"):
        if any(policy.inputs["policy"] == UNKNOWN for policy in policies_of(graph, function)):
            continue
        allowed = {action for each in statements_of(graph, function) for action in as_list(each["Action"])}
        if ("kms:Decrypt" in allowed) is not ("s3:GetObject" in allowed and bool(key)):
            yield f"{function.name} may {sorted(allowed)}"


def roles_are_bounded(graph: Graph) -> Iterator[str]:
    """Where boundaries are required, a role without one is refused, or circumvents the requirement."""
    for role in graph.of(":Role"):
        if role.inputs.get("permissionsBoundary", "") != graph.config["permissionsBoundary"]:
            yield f"{role.name} is bounded by {role.inputs.get('permissionsBoundary')}"


def every_function_is_watched(graph: Graph) -> Iterator[str]:
    """A function without an alarm fails unseen; without `monitoring` there is nothing to pay for."""
    alarms, topic = graph.of(":MetricAlarm"), graph.config["alarmTopicArn"]
    if not graph.config["monitoring"]:
        yield from (f"{one.name} was not asked for" for one in [*alarms, *graph.of(":Dashboard")])
        return
    found = {(one.inputs["metricName"], one.inputs.get("dimensions", {}).get("FunctionName", "")) for one in alarms}
    functions = {function.inputs["name"]: function for function in [*serving(graph), *page(graph)]}
    expected = {(metric, name) for metric in ("Errors", "Throttles", "Duration") for name in functions}
    for name, function in functions.items():
        reserved = function.inputs["reservedConcurrentExecutions"] > 0
        expected.add(("ConcurrentExecutions", name if reserved else ""))
    if graph.of(":FileSystem") and graph.config["efsThroughput"] == "bursting":
        expected.add(("BurstCreditBalance", ""))
    if found != expected:
        yield f"alarms missing: {sorted(expected - found)}; too many: {sorted(found - expected)}"
    for alarm in alarms:
        wanted = [topic] if topic else []
        if alarm.inputs.get("alarmActions", []) != wanted or alarm.inputs.get("okActions", []) != wanted:
            yield f"{alarm.name} tells {alarm.inputs.get('alarmActions')} and {alarm.inputs.get('okActions')}"
        name = alarm.inputs.get("dimensions", {}).get("FunctionName", "")
        if alarm.inputs["metricName"] == "Duration" and name in functions:
            limit = functions[name].inputs["timeout"] * 1000
            if not (0 < alarm.inputs["threshold"] < limit and alarm.inputs.get("extendedStatistic") == "p95"):
                yield f"{alarm.name} waits for {alarm.inputs}"
    yield from _dashboard_problems(graph, set(functions))


def _dashboard_problems(graph: Graph, functions: set[str]) -> Iterator[str]:
    body = graph.one(":Dashboard").inputs["dashboardBody"]
    if body == UNKNOWN:
        return
    widgets = json.loads(body)["widgets"]
    for metric in ("Errors", "Throttles", "Duration", "ConcurrentExecutions"):
        drawn = {line[-1] for widget in widgets for line in widget["properties"]["metrics"] if line[1] == metric}
        if drawn != functions:
            yield f"the dashboard draws {metric} of {sorted(drawn)}"
    corners = [(widget["x"], widget["y"]) for widget in widgets]
    if len(set(corners)) < len(corners):
        yield f"the dashboard's graphs lie upon each other: {corners}"


RULES = (
    a_given_network_is_used_and_left_alone,
    one_mount_target_a_zone,
    everything_is_encrypted_with_the_key,
    the_key_opens_what_a_role_reads,
    roles_are_bounded,
    every_function_is_watched,
)
