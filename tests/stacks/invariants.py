"""What must hold of every deployment, whatever its configuration: one function per rule, its reason in the docstring.

Each takes a recorded graph and yields a sentence for every violation. In a preview, what is not known yet is skipped.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.stacks.recorder import UNKNOWN, Graph, Recorded

Rule = Callable[[Graph], Iterator[str]]

# The only kinds of things there are. None of them can be reached from outside but the API: no public address, internet
# or NAT gateway, load balancer, function URL, or public bucket can be added without being added here.
KINDS = {
    "aws:apigatewayv2/api:Api",
    "aws:apigatewayv2/authorizer:Authorizer",
    "aws:apigatewayv2/integration:Integration",
    "aws:apigatewayv2/route:Route",
    "aws:apigatewayv2/stage:Stage",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:efs/accessPoint:AccessPoint",
    "aws:efs/fileSystem:FileSystem",
    "aws:efs/fileSystemPolicy:FileSystemPolicy",
    "aws:efs/mountTarget:MountTarget",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:lambda/function:Function",
    "aws:lambda/invocation:Invocation",
    "aws:lambda/permission:Permission",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "awsx:ecr:Image",
    "awsx:ecr:Repository",
    "pulumi:providers:aws",
}
# AWS offers no resource for these actions.
UNSCOPED = {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "ec2:DescribeNetworkInterfaces"}
AUTHORIZATION = {"iam": "AWS_IAM", "jwt": "JWT", "none": "NONE"}
PLATFORM = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
NFS = 2049


def only_known_kinds(graph: Graph) -> Iterator[str]:
    """Nothing is public but the API, and nothing costs money by the hour: see KINDS."""
    for resource in graph.resources:
        if resource.type not in KINDS and not resource.type.startswith("model-storage:index:"):
            yield f"{resource.name} is a {resource.type}, which is not in the list of kinds"


def children_have_parents(graph: Graph) -> Iterator[str]:
    """A child without parent=self loses the provider, the aliases and its place in the tree that a user sees."""
    for resource in graph.resources:
        if resource.type == "pulumi:providers:aws" or resource.type.startswith("model-storage:index:"):
            continue
        if resource.parent not in graph.by_urn():
            yield f"{resource.name} ({resource.type}) has no parent"


def names_begin_with_the_components(graph: Graph) -> Iterator[str]:
    """A component used twice must not make two resources of one name."""
    for resource in graph.resources:
        for ancestor in graph.ancestors(resource):
            if not ancestor.custom and not resource.name.startswith(f"{ancestor.name}-"):
                yield f"{resource.name} does not begin with the name of its component {ancestor.name}"


def components_are_complete(graph: Graph) -> Iterator[str]:
    """A component that never registers its outputs is shown as unfinished; one that does so twice fails."""
    for resource in graph.resources:
        times = graph.completed.count(resource.urn)
        if resource.type.startswith("model-storage:index:") and times != 1:
            yield f"{resource.name} called register_outputs {times} times"


def one_provider(graph: Graph) -> Iterator[str]:
    """A resource of the default provider would be in whatever region the environment names, and untagged."""
    provider = graph.one("providers:aws")
    for resource in graph.resources:
        if resource.type.startswith("aws:") and not resource.provider.startswith(f"{provider.urn}::"):
            yield f"{resource.name} has the provider {resource.provider or 'by default'}"
        if resource.remote and not resource.providers.get("aws", "").startswith(f"{provider.urn}::"):
            yield f"{resource.name} hands its children {resource.providers}"
    for token, _, used in graph.invokes:
        if not used.startswith(f"{provider.urn}::"):
            yield f"{token} asks the provider {used or 'by default'}"
    # Default tags reach whatever can be tagged: that every resource is tagged needs no list of what can be.
    tags = _value(provider.inputs.get("defaultTags", {})).get("tags", {})
    if not {"Project", "Stack"} <= set(tags):
        yield f"the provider's default tags are {tags}"


def nobody_waits_longer_than_the_gateway(graph: Graph) -> Iterator[str]:
    """The HTTP API gives up after 30 s, and a function that goes on is paid for and answers nobody."""
    for function in _serving(graph):
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


def serving_reads_only(graph: Graph) -> Iterator[str]:
    """One broken answer must not be able to damage the weights of all the others."""
    for function in _serving(graph):
        for statement in _statements_of(graph, function):
            writes = [action for action in _list(statement["Action"]) if "Write" in action or "Root" in action]
            if statement["Effect"] == "Allow" and any(a.startswith("elasticfilesystem:") for a in writes):
                yield f"{function.name} may {', '.join(writes)}"


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
    if not sweep.before_create:
        yield "old bundles are removed while the last requests that need them are answered"
    for run in (seed, sweep):
        if seeder.urn not in graph.needs(run):
            yield f"{run.name} does not invoke the seeder"
        if run.inputs.get("triggers", {}).get("bundle") != graph.exports["bundleHash"]:
            yield f"{run.name} does not run again for a new bundle"
        if not run.on_error:
            yield f"{run.name} does not retry a first mount that fails"
        if graph.of(":Bucket") and not {o.urn for o in graph.of(":BucketObjectv2")} & graph.needs(run):
            yield f"{run.name} does not wait for the bundle in S3"
        guard = graph.one(":FileSystemPolicy")
        if guard.urn not in graph.needs(run):
            yield f"{run.name} runs before the file system's policy is there"
    for run, keeps in ((seed, False), (sweep, True)):
        if run.inputs["input"] != UNKNOWN and ("keep" in json.loads(run.inputs["input"])) is not keeps:
            yield f"{run.name} has the wrong idea of what to keep: {run.inputs['input']}"


def seeder_is_the_serving_image(graph: Graph) -> Iterator[str]:
    """One image, two commands: the seeder costs no build of its own, and cannot be of another version."""
    for function in graph.of(":Function"):
        commands = function.inputs.get("imageConfig", {}).get("commands")
        expected = ["seeder.handler"] if "seeder" in function.name else None
        if commands != expected:
            yield f"{function.name} runs {commands}"


def no_wildcards(graph: Graph) -> Iterator[str]:
    """A wildcard grants what nobody meant to grant."""
    for resource, statement in _statements(graph):
        if statement["Effect"] == "Deny":
            continue
        actions, resources = _list(statement["Action"]), _list(statement.get("Resource", []))
        if any("*" in action for action in actions):
            yield f"{resource.name} allows {actions}"
        if "*" in resources and not set(actions) <= UNSCOPED:
            yield f"{resource.name} allows {actions} on everything"
        if "NotAction" in statement or "NotResource" in statement or "NotPrincipal" in statement:
            yield f"{resource.name} allows by exclusion"
        principal = statement.get("Principal")
        everybody = principal == "*" or (isinstance(principal, dict) and "*" in _list(principal.get("AWS", [])))
        if everybody and "aws:PrincipalAccount" not in json.dumps(statement.get("Condition", {})):
            yield f"{resource.name} allows everybody"


def bundle_is_readable_by_prefix_only(graph: Graph) -> Iterator[str]:
    """A function reads its bundle, and not whatever else a bucket that exists already may hold."""
    for resource, statement in _statements(graph):
        if resource.type.endswith(":RolePolicy") and "s3:GetObject" in _list(statement["Action"]):
            for arn in _list(statement["Resource"]):
                if not arn.endswith(f"/{graph.exports['bundleHash']}/*"):
                    yield f"{resource.name} reads {arn}"


def buckets_are_private(graph: Graph) -> Iterator[str]:
    """Model weights are nobody else's to read, and nobody's to change."""
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


def manifest_is_uploaded_last(graph: Graph) -> Iterator[str]:
    """Who finds a manifest finds a whole bundle; bundles are under their hashes, the new beside the old."""
    objects = graph.of(":BucketObjectv2")
    manifests = [item for item in objects if item.inputs["key"].endswith("/manifest.json")]
    for item in objects:
        if not item.inputs["key"].startswith(f"{graph.exports['bundleHash']}/"):
            yield f"{item.name} is at {item.inputs['key']}"
        if item not in manifests and not any(item.urn in graph.needs(manifest) for manifest in manifests):
            yield f"{item.name} may come after the manifest"
        if len(item.inputs.get("sourceHash", "")) != 64:
            yield f"{item.name} has no hash: changes above 16 MB would go unseen"
        if "etag" in item.inputs:
            yield f"{item.name} has an etag, which says nothing above 16 MB"


def file_system_is_guarded(graph: Graph) -> Iterator[str]:
    """Without a policy of its own a file system trusts everybody who can reach it."""
    for files in graph.of(":FileSystem"):
        if files.inputs.get("encrypted") is not True:
            yield f"{files.name} is not encrypted"
        policy = graph.one(":FileSystemPolicy").inputs["policy"]
        for condition in ("aws:SecureTransport", "elasticfilesystem:AccessPointArn", "aws:PrincipalArn"):
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
    """Two zones, so that one can fail; no public addresses; the way to S3 costs nothing; slow deletions are awaited."""
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
    for endpoint in graph.of(":VpcEndpoint"):
        if endpoint.inputs["vpcEndpointType"] != "Gateway" or "policy" not in endpoint.inputs:
            yield f"{endpoint.name} is {endpoint.inputs['vpcEndpointType']}, or open to every bucket"
    for slow in [*subnets, *graph.of(":SecurityGroup")]:
        if slow.delete_timeout != "60m":
            yield f"{slow.name} gives up before Lambda has given its interfaces back"


def routes_are_authorised(graph: Graph) -> Iterator[str]:
    """One route without authorisation is an open door; only CORS preflights come without credentials."""
    expected = AUTHORIZATION[graph.exports["authMode"]]
    for route in graph.of(":Route"):
        preflight = route.inputs["routeKey"].startswith("OPTIONS ")
        if route.inputs.get("authorizationType") != ("NONE" if preflight else expected):
            yield f"{route.inputs['routeKey']} is authorised by {route.inputs.get('authorizationType')}"
        if (expected == "JWT" and not preflight) is not ("authorizerId" in route.inputs):
            yield f"{route.inputs['routeKey']} has the wrong authorizer"


def routes_are_complete(graph: Graph) -> Iterator[str]:
    """Every known path of every backend, and a catch-all each, so that it is the function that says what is wrong."""
    keys = {route.inputs["routeKey"] for route in graph.of(":Route")}
    known = ("similar", "text-to-embed", "embed-to-db-similar", "text-to-db-similar")
    for prefix in ["", *(f"/{backend}" for backend in graph.exports["backends"])]:
        expected = {f"{method} {prefix}/{path}" for method in ("GET", "POST") for path in known}
        expected |= {f"GET {prefix}/health", f"ANY {prefix}/{{proxy+}}" if prefix else "$default"}
        if missing := expected - keys:
            yield f"missing: {sorted(missing)}"


def routes_may_invoke(graph: Graph) -> Iterator[str]:
    """A route without permission answers 500; a permission without a source lets every API in AWS call the function."""
    permissions = {permission.parent: permission for permission in graph.of(":Permission")}
    for route in graph.of(":Route"):
        permission = permissions.pop(route.urn, None)
        if permission is None:
            yield f"{route.inputs['routeKey']} may not invoke"
            continue
        method, _, path = route.inputs["routeKey"].partition(" ")
        end = f"/*/{'*' if method == 'ANY' else method}{path}" if path else "/*/$default"
        source = permission.inputs.get("sourceArn", "")
        if source != UNKNOWN and not (source.startswith("arn:aws:execute-api:") and source.endswith(end)):
            yield f"{route.inputs['routeKey']} may be invoked by {source or 'everybody'}"
        [integration] = [graph.by_urn()[urn] for urn in route.property_dependencies["target"] if "Integration" in urn]
        [called] = integration.property_dependencies["integrationUri"]
        if called not in permission.property_dependencies["function"]:
            yield f"{route.inputs['routeKey']} may invoke another function than it does"
    if permissions:
        yield f"permissions without a route: {sorted(item.name for item in permissions.values())}"


def the_api_is_throttled_and_logged(graph: Graph) -> Iterator[str]:
    """Without a limit anybody can spend the owner's money; without latencies in its log its own is unknown."""
    stage = graph.one(":Stage")
    limits = stage.inputs.get("defaultRouteSettings", {})
    if not limits.get("throttlingRateLimit") or not limits.get("throttlingBurstLimit"):
        yield f"the stage's limits are {limits}"
    text = stage.inputs.get("accessLogSettings", {}).get("format", "")
    if not {"$context.integrationLatency", "$context.responseLatency"} <= set(json.loads(text or "{}").values()):
        yield f"the access log is {text}"
    if stage.inputs.get("name") != "$default" or stage.inputs.get("autoDeploy") is not True:
        yield "the stage is not $default, or routes are not deployed"


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
    described = {json.dumps([function.inputs.get(key) for key in keys]) for function in _serving(graph)}
    if len(described) > 1:
        yield f"the serving functions differ: {described}"
    architecture = graph.exports["architecture"]
    for image in graph.of("awsx:ecr:Image"):
        if image.inputs["platform"] != PLATFORM[architecture] or image.inputs["args"] != {
            "ENGINE": graph.exports["engine"]
        }:
            yield f"{image.name} is built for {image.inputs['platform']} with {image.inputs['args']}"
    for function in graph.of(":Function"):
        if function.inputs["architectures"] != [architecture]:
            yield f"{function.name} runs on {function.inputs['architectures']}"


RULES: tuple[Rule, ...] = (
    only_known_kinds,
    children_have_parents,
    names_begin_with_the_components,
    components_are_complete,
    one_provider,
    nobody_waits_longer_than_the_gateway,
    log_group_before_function,
    images_by_digest,
    images_are_distinct,
    repositories_are_scanned_and_immutable,
    permissions_before_function,
    mount_targets_before_function,
    network_before_function,
    serving_reads_only,
    seeded_before_served_and_swept_after,
    seeder_is_the_serving_image,
    no_wildcards,
    bundle_is_readable_by_prefix_only,
    buckets_are_private,
    manifest_is_uploaded_last,
    file_system_is_guarded,
    only_named_groups_talk,
    network_is_private,
    routes_are_authorised,
    routes_are_complete,
    routes_may_invoke,
    the_api_is_throttled_and_logged,
    functions_know_their_storage,
    like_for_like,
)


def violations(graph: Graph) -> list[str]:
    """Return every violation of every rule."""
    return [f"{rule.__name__}: {violation}" for rule in RULES for violation in rule(graph)]


def _serving(graph: Graph) -> list[Recorded]:
    return [function for function in graph.of(":Function") if "seeder" not in function.name]


def _statements(graph: Graph) -> Iterator[tuple[Recorded, dict[str, Any]]]:
    """Yield every statement of every policy document, with the resource that has it."""
    for resource in graph.resources:
        for key in ("policy", "assumeRolePolicy"):
            if resource.inputs.get(key, UNKNOWN) != UNKNOWN:
                for statement in json.loads(resource.inputs[key]).get("Statement", []):
                    yield resource, statement


def _statements_of(graph: Graph, function: Recorded) -> Iterator[dict[str, Any]]:
    [role] = function.property_dependencies["role"]
    for resource, statement in _statements(graph):
        if role in resource.property_dependencies.get("role", frozenset()):
            yield statement


def _value(value: Any) -> Any:
    """Providers get their settings as JSON text."""
    return json.loads(value) if isinstance(value, str) else value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
