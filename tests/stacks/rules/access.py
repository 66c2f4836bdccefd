"""Rules for permissions: policies, buckets, file systems, networks."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator

from tests.stacks.rules.reading import (
    INDEX,
    as_list,
    bundle_hashes,
    policies_of,
    served,
    serving,
    statements,
    statements_of,
)
from tests.stacks.support.recorder import UNKNOWN, Graph

# AWS offers no resource for these actions.
UNSCOPED = {
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
}
NFS = 2049
# Zones in which Amazon EKS, whose network interfaces are made as Lambda's are, or VPC Lattice accepts no subnets:
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
ODD_ZONES = {"use1-az3", "usw1-az2", "cac1-az3", "apne1-az3"}


def serving_reads_only(graph: Graph) -> Iterator[str]:
    """One broken answer must not be able to damage the weights of all the others."""
    for function in serving(graph):
        for statement in statements_of(graph, function):
            writes = [action for action in as_list(statement["Action"]) if "Write" in action or "Root" in action]
            if statement["Effect"] == "Allow" and any(a.startswith(("elasticfilesystem:", "s3files:")) for a in writes):
                yield f"{function.name} may {', '.join(writes)}"


def no_wildcards(graph: Graph) -> Iterator[str]:
    """A wildcard grants what nobody meant to grant."""
    for resource, statement in statements(graph):
        if statement["Effect"] == "Deny":
            continue
        actions, resources = as_list(statement["Action"]), as_list(statement.get("Resource", []))
        if any("*" in action for action in actions):
            yield f"{resource.name} allows {actions}"
        if "*" in resources and not set(actions) <= UNSCOPED:
            yield f"{resource.name} allows {actions} on everything"
        if "NotAction" in statement or "NotResource" in statement or "NotPrincipal" in statement:
            yield f"{resource.name} allows by exclusion"
        principal = statement.get("Principal")
        everybody = principal == "*" or (isinstance(principal, dict) and "*" in as_list(principal.get("AWS", [])))
        if everybody and "aws:PrincipalAccount" not in json.dumps(statement.get("Condition", {})):
            yield f"{resource.name} allows everybody"


def functions_read_their_own_bundle_only(graph: Graph) -> Iterator[str]:
    """Not another model's, nor anything else in a bucket; and a function that only searches cannot read the weights."""
    readable = {
        **{f"{p.backend} {p.encoder.urn}": {f"{p.bundle_hash}/*"} for p in served(graph)},
        **{f"{p.backend} {p.search.urn}": {f"{p.bundle_hash}/{name}" for name in INDEX} for p in served(graph)},
    }
    for function in graph.of(":Function"):
        expected = readable.get(f"s3 {function.urn}", readable.get(f"s3files {function.urn}", set()))
        if "seeder" in function.name:
            expected = {f"{digest}/*" for digest in bundle_hashes(graph)}
        if any(policy.inputs["policy"] == UNKNOWN for policy in policies_of(graph, function)):
            continue
        reads = {
            arn.partition(":::")[2].partition("/")[2]
            for statement in statements_of(graph, function)
            if "s3:GetObject" in as_list(statement["Action"])
            for arn in as_list(statement["Resource"])
        }
        if reads != expected:
            yield f"{function.name} reads {sorted(reads)}, and not {sorted(expected)}"


def buckets_are_private(graph: Graph) -> Iterator[str]:
    """Nobody else may read model weights, and nobody may change them."""
    for bucket in graph.of(":Bucket"):
        settings = {part.type.rsplit(":")[-1]: part for part in graph.resources if bucket.urn == part.parent}
        for kind in ("PublicAccessBlock", "OwnershipControls", "ServerSideEncryptionConfiguration", "Policy"):
            if f"Bucket{kind}" not in settings:
                yield f"{bucket.name} has no {kind}"
        if "BucketLifecycleConfiguration" not in settings:
            yield f"{bucket.name} keeps incomplete uploads for ever"
        block = settings.get("BucketPublicAccessBlock")
        flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        if block and not all(block.inputs.get(flag) is True for flag in flags):
            yield f"{block.name} is {block.inputs}"
        if "acl" in bucket.inputs:
            yield f"{bucket.name} has an ACL"
        policy = settings.get("BucketPolicy")
        if policy and policy.inputs["policy"] != UNKNOWN and "aws:SecureTransport" not in policy.inputs["policy"]:
            yield f"{bucket.name} can be read without TLS"


def file_system_is_guarded(graph: Graph) -> Iterator[str]:
    """Without a policy of its own a file system trusts everybody who can reach it."""
    for files in graph.of(":FileSystem"):
        if files.inputs.get("encrypted") is not True:
            yield f"{files.name} is not encrypted"
        policy = graph.one(":FileSystemPolicy").inputs["policy"]
        for condition in ("aws:SecureTransport", "elasticfilesystem:AccessPointArn"):
            if policy != UNKNOWN and condition not in policy:
                yield f"{files.name} does not check {condition}"


def only_named_groups_talk(graph: Graph) -> Iterator[str]:
    """Security group rules name groups and prefix lists: 2049 between functions and mount targets, 443 to S3."""
    for rule in [*graph.of(":SecurityGroupIngressRule"), *graph.of(":SecurityGroupEgressRule")]:
        to_s3 = rule.type.endswith("EgressRule") and "prefixListId" in rule.inputs
        port = 443 if to_s3 else NFS
        if (rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["ipProtocol"]) != (port, port, "tcp"):
            yield f"{rule.name} opens {rule.inputs}"
        if "cidrIpv4" in rule.inputs or "cidrIpv6" in rule.inputs:
            yield f"{rule.name} opens to addresses"
        if not to_s3 and "referencedSecurityGroupId" not in rule.inputs:
            yield f"{rule.name} names no group"
    for group in [*graph.of(":SecurityGroup"), *graph.of(":DefaultSecurityGroup")]:
        if group.inputs.get("ingress") or group.inputs.get("egress"):
            yield f"{group.name} has rules inline"


def network_is_private(graph: Graph) -> Iterator[str]:
    """Two zones, so that one can fail; no public addresses; access to S3 is free; slow deletions are awaited."""
    subnets = graph.of(":Subnet")
    if graph.of(":Vpc") and len({subnet.inputs["availabilityZone"] for subnet in subnets}) < 2:
        yield "the subnets are in one zone"
    blocks = [ipaddress.ip_network(subnet.inputs["cidrBlock"]) for subnet in subnets]
    for vpc in graph.of(":Vpc"):
        if not graph.of(":DefaultSecurityGroup"):
            yield "the VPC's default group is open"
        if any(not block.subnet_of(ipaddress.ip_network(vpc.inputs["cidrBlock"])) for block in blocks):
            yield f"{blocks} are not in {vpc.inputs['cidrBlock']}"
    if any(one.overlaps(other) for index, one in enumerate(blocks) for other in blocks[:index]):
        yield f"{blocks} overlap"
    for subnet in subnets:
        if subnet.inputs.get("mapPublicIpOnLaunch"):
            yield f"{subnet.name} gives public addresses"
    if graph.of(":Vpc") and not graph.config["availabilityZones"]:
        asked = [arguments for token, arguments, _ in graph.invokes if token.endswith(":getAvailabilityZones")]
        # One look-up lists all zones, to check those that are named; the one that chooses excludes the unsuitable ones.
        if odd := ODD_ZONES.difference(*(arguments.get("excludeZoneIds", []) for arguments in asked)):
            yield f"a subnet may be put into {sorted(odd)}"
    for endpoint in graph.of(":VpcEndpoint"):
        if endpoint.inputs["vpcEndpointType"] != "Gateway" or "policy" not in endpoint.inputs:
            yield f"{endpoint.name} is {endpoint.inputs['vpcEndpointType']}, or open to every bucket"
    for slow in [*subnets, *graph.of(":SecurityGroup")]:
        if slow.delete_timeout != "60m":
            yield f"{slow.name} gives up before Lambda has given its interfaces back"


RULES = (
    serving_reads_only,
    no_wildcards,
    functions_read_their_own_bundle_only,
    buckets_are_private,
    file_system_is_guarded,
    only_named_groups_talk,
    network_is_private,
)
