"""Maps recorded inputs to CloudFormation, and checks them against AWS's own schemas, which cfn-lint bundles.

The mapping is mechanical: camelCase becomes PascalCase, and a table per type holds the names that differ, or a small
function where the shape does. Nothing is dropped silently: a property that the schema does not know is an error there,
and a type that is not in the tables is an error here.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.session
from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.match import Match
from cfnlint.runner import Runner

from tests.stacks.support.recorder import REGION, Graph, Recorded

# Settings of Pulumi's provider, not of AWS.
PROVIDER_ONLY = {
    "aws:lambda/function:Function": {"publish"},
    "aws:lambda/permission:Permission": {"qualifier"},  # in CloudFormation a part of FunctionName
    "aws:s3/bucket:Bucket": {"forceDestroy"},
    "awsx:ecr:Repository": {"forceDelete", "lifecyclePolicy"},
}
# No such type in CloudFormation.
NO_COUNTERPART = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:lambda/invocation:Invocation",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "awsx:ecr:Image",
}
TYPES = {
    "aws:apigatewayv2/api:Api": "AWS::ApiGatewayV2::Api",
    "aws:apigatewayv2/authorizer:Authorizer": "AWS::ApiGatewayV2::Authorizer",
    "aws:apigatewayv2/integration:Integration": "AWS::ApiGatewayV2::Integration",
    "aws:apigatewayv2/route:Route": "AWS::ApiGatewayV2::Route",
    "aws:apigatewayv2/stage:Stage": "AWS::ApiGatewayV2::Stage",
    "aws:cloudwatch/dashboard:Dashboard": "AWS::CloudWatch::Dashboard",
    "aws:cloudwatch/logGroup:LogGroup": "AWS::Logs::LogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "AWS::CloudWatch::Alarm",
    "aws:ec2/routeTable:RouteTable": "AWS::EC2::RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "AWS::EC2::SubnetRouteTableAssociation",
    "aws:ec2/securityGroup:SecurityGroup": "AWS::EC2::SecurityGroup",
    "aws:ec2/subnet:Subnet": "AWS::EC2::Subnet",
    "aws:ec2/vpc:Vpc": "AWS::EC2::VPC",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "AWS::EC2::VPCEndpoint",
    "aws:efs/accessPoint:AccessPoint": "AWS::EFS::AccessPoint",
    "aws:efs/fileSystem:FileSystem": "AWS::EFS::FileSystem",
    "aws:efs/mountTarget:MountTarget": "AWS::EFS::MountTarget",
    "aws:iam/role:Role": "AWS::IAM::Role",
    "aws:iam/rolePolicy:RolePolicy": "AWS::IAM::RolePolicy",
    "aws:lambda/alias:Alias": "AWS::Lambda::Alias",
    "aws:lambda/function:Function": "AWS::Lambda::Function",
    "aws:lambda/permission:Permission": "AWS::Lambda::Permission",
    "aws:s3/bucket:Bucket": "AWS::S3::Bucket",
    "aws:s3/bucketPolicy:BucketPolicy": "AWS::S3::BucketPolicy",
    "aws:s3/filesAccessPoint:FilesAccessPoint": "AWS::S3Files::AccessPoint",
    "aws:s3/filesFileSystem:FilesFileSystem": "AWS::S3Files::FileSystem",
    "aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy": "AWS::S3Files::FileSystemPolicy",
    "aws:s3/filesMountTarget:FilesMountTarget": "AWS::S3Files::MountTarget",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "AWS::EC2::SecurityGroupEgress",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "AWS::EC2::SecurityGroupIngress",
    "awsx:ecr:Repository": "AWS::ECR::Repository",
}
# Where Pulumi's provider and CloudFormation call the same thing by different names.
RENAMED: dict[str, dict[str, str]] = {
    "AWS::ApiGatewayV2::Authorizer": {"identitySources": "IdentitySource", "audiences": "Audience"},
    "AWS::ApiGatewayV2::Integration": {"timeoutMilliseconds": "TimeoutInMillis"},
    "AWS::ApiGatewayV2::Stage": {"name": "StageName"},
    "AWS::CloudWatch::Alarm": {
        "name": "AlarmName",
        "okActions": "OKActions",
        "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
    },
    "AWS::EC2::SecurityGroup": {"description": "GroupDescription"},
    "AWS::EC2::SecurityGroupEgress": {
        "securityGroupId": "GroupId",
        "prefixListId": "DestinationPrefixListId",
        "referencedSecurityGroupId": "DestinationSecurityGroupId",
    },
    "AWS::EC2::SecurityGroupIngress": {
        "securityGroupId": "GroupId",
        "referencedSecurityGroupId": "SourceSecurityGroupId",
    },
    "AWS::EC2::VPCEndpoint": {"policy": "PolicyDocument"},
    "AWS::ECR::Repository": {"name": "RepositoryName", "encryptionConfigurations": "EncryptionConfiguration"},
    "AWS::IAM::Role": {"assumeRolePolicy": "AssumeRolePolicyDocument"},
    "AWS::IAM::RolePolicy": {"policy": "PolicyDocument", "role": "RoleName"},
    "AWS::Lambda::Function": {"name": "FunctionName", "commands": "Command"},
    "AWS::Lambda::Permission": {"function": "FunctionName"},
    "AWS::Logs::LogGroup": {"name": "LogGroupName"},
    "AWS::S3::BucketPolicy": {"policy": "PolicyDocument"},
    "AWS::S3Files::AccessPoint": {"posixUsers": "PosixUser", "rootDirectories": "RootDirectory"},
}
_session = botocore.session.get_session()

JSON_TEXT = {"assumeRolePolicy", "policy"}
VERBATIM = {"dimensions", "variables", "tags"}  # maps whose keys are the user's own


def template(graph: Graph) -> dict[str, Any]:
    """Return a CloudFormation template with the properties of everything recorded that has a counterpart there."""
    resources: dict[str, Any] = {}
    names: dict[str, str] = {}
    for resource in graph.resources:
        if resource.type.startswith(("model-storage:", "pulumi:")) or resource.type in {*NO_COUNTERPART, *SATELLITES}:
            continue
        kind = TYPES[resource.type]
        names[resource.urn] = _logical(resource)
        resources[_logical(resource)] = {"Type": kind, "Properties": _properties(resource, kind)}
    for resource in graph.resources:
        if attach := SATELLITES.get(resource.type):
            owner, added = attach(graph, resource)
            resources[names[owner.urn]]["Properties"].update(added)
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def problems(graph: Graph) -> list[str]:
    """Return the complaints of AWS's schemas and API models about the recorded inputs."""
    mapped = template(graph)
    # Hints are about templates, as is W3010, which wants no names of zones in one.
    matches = findings(mapped, ignored=("I", "W3010"))
    found = [f"{'/'.join(map(str, match.path or []))}: {match.message} [{match.rule.id}]" for match in matches]
    for name, resource in mapped["Resources"].items():
        found += [f"{name}/{problem}" for problem in _api_problems(resource["Type"], resource["Properties"])]
    return found


def findings(checked: dict[str, Any], ignored: tuple[str, ...] = (), included: tuple[str, ...] = ()) -> list[Match]:
    """Return what cfn-lint's checks say about a template, without the ignored ones and with further ones."""
    decoded, _ = decode_str(json.dumps(checked))
    return list(_linter(ignored, included).validate_template(decoded))


@functools.cache
def _linter(ignored: tuple[str, ...], included: tuple[str, ...]) -> Runner:
    """Return cfn-lint, read once a process: its rules and schemas take as long as checking a template."""
    return Runner(ConfigMixIn(regions=[REGION], ignore_checks=[*ignored], include_checks=[*included]))


def _api_problems(kind: str, properties: dict[str, Any]) -> Iterator[str]:
    """Check enumerations and ranges that a schema lacks against the model of the API itself, which botocore bundles."""
    _, service, noun = kind.split("::")
    if service in ("ApiGatewayV2", "Lambda") and noun != "Permission":
        model = _session.get_service_model(service.lower())
        yield from _against(model.operation_model(f"Create{noun}").input_shape, properties, noun)


def _against(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for key, inner in value.items():
            if key in shape.members:
                yield from _against(shape.members[key], inner, f"{path}/{key}")
    elif enum := getattr(shape, "enum", None):
        if value not in enum:
            yield f"{path}: {value!r} is not one of {enum}"
    elif isinstance(value, int) and not shape.metadata.get("min", value) <= value <= shape.metadata.get("max", value):
        yield f"{path}: {value} is not within {shape.metadata}"


def _logical(resource: Recorded) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", f"{resource.type.rsplit(':')[-1]}{resource.name.title()}")


def _properties(resource: Recorded, kind: str) -> dict[str, Any]:
    skipped = PROVIDER_ONLY.get(resource.type, set())
    inputs = {key: value for key, value in resource.inputs.items() if key not in skipped}
    mapped = _rename(inputs, RENAMED.get(kind, {}))
    return SHAPED.get(kind, lambda properties, _: properties)(mapped, resource)


def _rename(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {
            renamed.get(key, key[0].upper() + key[1:]): json.loads(inner)
            if key in JSON_TEXT
            else inner
            if key in VERBATIM
            else _rename(inner, renamed)
            for key, inner in value.items()
        }
    return [_rename(item, renamed) for item in value] if isinstance(value, list) else value


def _function(properties: dict[str, Any], _: Recorded) -> dict[str, Any]:
    archive = {"ZipFile": "the archive"} if "Code" in properties else None
    properties["Code"] = archive or {"ImageUri": properties.pop("ImageUri")}
    if properties.get("ReservedConcurrentExecutions") == -1:  # the provider's word for: none reserved
        del properties["ReservedConcurrentExecutions"]
    if mount := properties.pop("FileSystemConfig", None):
        properties["FileSystemConfigs"] = [mount]
    return properties


def _tag_list(properties: dict[str, Any], _: Recorded) -> dict[str, Any]:
    properties["Tags"] = [{"Key": key, "Value": value} for key, value in properties["Tags"].items()]
    return properties


def _file_system(properties: dict[str, Any], resource: Recorded) -> dict[str, Any]:
    tags = _tag_list(properties, resource).pop("Tags")
    return {**properties, "FileSystemTags": tags}


def _access_point(properties: dict[str, Any], _: Recorded) -> dict[str, Any]:
    for part in (properties["PosixUser"], properties["RootDirectory"]["CreationInfo"]):
        part.update({key: str(value) for key, value in part.items()})
    return properties


def _files_access_point(properties: dict[str, Any], _: Recorded) -> dict[str, Any]:
    """Unpack the lists, of one each, that the provider makes of two blocks; the ids are text here."""
    [user], [root] = properties["PosixUser"], properties["RootDirectory"]
    return {**properties, "PosixUser": {key: str(value) for key, value in user.items()}, "RootDirectory": root}


def _alarm(properties: dict[str, Any], _: Recorded) -> dict[str, Any]:
    properties["Dimensions"] = [{"Name": key, "Value": value} for key, value in properties["Dimensions"].items()]
    return properties


def _repository(properties: dict[str, Any], _: Recorded) -> dict[str, Any]:
    if encryption := properties.pop("EncryptionConfiguration", None):
        [properties["EncryptionConfiguration"]] = encryption
    return properties


def _policy_name(properties: dict[str, Any], resource: Recorded) -> dict[str, Any]:
    return {"PolicyName": resource.name, **properties}


SHAPED: dict[str, Callable[[dict[str, Any], Recorded], dict[str, Any]]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::EC2::VPC": _tag_list,
    "AWS::ECR::Repository": _repository,
    "AWS::EFS::AccessPoint": _access_point,
    "AWS::EFS::FileSystem": _file_system,
    "AWS::IAM::RolePolicy": _policy_name,
    "AWS::Lambda::Function": _function,
    "AWS::S3Files::AccessPoint": _files_access_point,
    "AWS::S3Files::FileSystem": _tag_list,
}


def _owner(graph: Graph, resource: Recorded, property_name: str) -> Recorded:
    [urn] = resource.property_dependencies[property_name]
    return graph.by_urn()[urn]


def _of_bucket(name: str, build: Callable[[dict[str, Any]], Any]) -> Callable[[Graph, Recorded], tuple[Recorded, Any]]:
    def attach(graph: Graph, resource: Recorded) -> tuple[Recorded, dict[str, Any]]:
        inputs = {key: value for key, value in resource.inputs.items() if key != "bucket"}
        return _owner(graph, resource, "bucket"), {name: build(inputs)}

    return attach


def _encryption(inputs: dict[str, Any]) -> dict[str, Any]:
    renamed = {
        "applyServerSideEncryptionByDefault": "ServerSideEncryptionByDefault",
        "sseAlgorithm": "SSEAlgorithm",
        "kmsMasterKeyId": "KMSMasterKeyID",
    }
    return {"ServerSideEncryptionConfiguration": _rename(inputs["rules"], renamed)}


def _lifecycle(inputs: dict[str, Any]) -> dict[str, Any]:
    rules = _rename(inputs["rules"], {})
    for rule in rules:
        rule.update(rule.pop("Filter"))
    return {"Rules": rules}


def _file_system_policy(graph: Graph, resource: Recorded) -> tuple[Recorded, dict[str, Any]]:
    return _owner(graph, resource, "fileSystemId"), {"FileSystemPolicy": json.loads(resource.inputs["policy"])}


def _repository_policy(graph: Graph, resource: Recorded) -> tuple[Recorded, dict[str, Any]]:
    return _owner(graph, resource, "repository"), {"RepositoryPolicyText": json.loads(resource.inputs["policy"])}


# Resources of their own in Pulumi that are properties of another resource in CloudFormation.
SATELLITES: dict[str, Callable[[Graph, Recorded], tuple[Recorded, dict[str, Any]]]] = {
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _repository_policy,
    "aws:efs/fileSystemPolicy:FileSystemPolicy": _file_system_policy,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of_bucket(
        "LifecycleConfiguration", _lifecycle
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _of_bucket(
        "OwnershipControls", lambda inputs: {"Rules": [_rename(inputs["rule"], {})]}
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of_bucket(
        "PublicAccessBlockConfiguration", lambda inputs: _rename(inputs, {})
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _of_bucket(
        "VersioningConfiguration", lambda inputs: _rename(inputs["versioningConfiguration"], {})
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _of_bucket(
        "BucketEncryption", _encryption
    ),
}
