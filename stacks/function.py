"""A Lambda function: its log group, role and configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from contract.limits import MIN_SCRATCH_MB
from contract.names import log_group
from contract.run_modes import SNAPSTART
from stacks import policies
from stacks.account import Place, policy_json
from stacks.existing_network import AnyNetwork
from stacks.image import Image
from stacks.settings import Settings


@dataclass(frozen=True)
class Mount:
    """An EFS access point, and the path at which the function sees it."""

    access_point_arn: pulumi.Input[str]
    path: str


@dataclass(frozen=True)
class FunctionArgs:
    """A function's configuration; sizes in MB, time-out in seconds.

    `grants` are policy statements (stacks.policies) under names that become part of the resources' names. The function
    waits for `ready` as well as for its inputs. With `snapshots` each change is published as a version, of which Lambda
    takes one. `hooks` run around the function's own steps.
    """

    settings: Settings
    place: Place
    function_name: str
    description: str
    environment: Mapping[str, pulumi.Input[str]]
    memory_mb: int
    timeout_seconds: int
    scratch_mb: int = MIN_SCRATCH_MB
    network: AnyNetwork | None = None
    mount: Mount | None = None
    grants: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    reserved_concurrency: int = -1
    snapshots: bool = False
    ready: Sequence[pulumi.Resource] = ()
    hooks: pulumi.ResourceHookBinding | None = None


@dataclass(frozen=True)
class Code:
    """The code of a function: the inputs that name it, and the resources that Lambda needs before it accepts it."""

    inputs: Mapping[str, Any]
    ready: Sequence[pulumi.Resource] = ()


class LambdaFunction(pulumi.ComponentResource):
    """A Lambda function with its role and its log group, which exists before the function can write a line."""

    args: FunctionArgs
    function: aws.lambda_.Function
    role: aws.iam.Role
    log_group: str
    alias: aws.lambda_.Alias | None
    """Of the latest published version, which answers from its snapshot; None without snapshots."""

    def __init__(self, name: str, args: FunctionArgs, code: Code, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"model-storage:index:{type(self).__name__}", name, None, opts)
        self._name, self.args = name, args
        self.log_group = log_group(args.function_name)
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=self.log_group,
            retention_in_days=args.settings.log_retention_days,
            kms_key_id=args.settings.kms_key_arn or None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=pulumi.Output.json_dumps(policies.lambda_trust()),
            description=f"What {args.function_name} may do",
            permissions_boundary=args.settings.permissions_boundary or None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        grants = self._grants(args, logs)
        self.function = self._function(args, code, logs, [*grants, *args.ready, *code.ready])
        self.alias = self._alias() if args.snapshots else None
        self.register_outputs({"functionName": self.function.name, "logGroup": self.log_group})

    def _alias(self) -> aws.lambda_.Alias:
        return aws.lambda_.Alias(
            f"{self._name}-{SNAPSTART.alias}",
            name=SNAPSTART.alias,
            description="The latest published version, restored from its snapshot",
            function_name=self.function.name,
            function_version=self.function.version,
            opts=pulumi.ResourceOptions(parent=self.function),
        )

    def _grants(self, args: FunctionArgs, logs: aws.cloudwatch.LogGroup) -> list[pulumi.Resource]:
        documents: dict[str, pulumi.Output[str]] = {
            "logs": policy_json(lambda arn: policies.document(policies.write_logs(arn)), arn=logs.arn),
            **args.grants,
        }
        if args.settings.tracing:
            documents["tracing"] = pulumi.Output.json_dumps(policies.document(policies.trace()))
        if args.network:
            documents["vpc"] = policy_json(
                lambda account, function: policies.document(
                    *policies.attach_to_vpc(args.place.partition, args.place.region, account, function)
                ),
                account=args.place.account,
                function=args.place.function_arn(args.function_name),
            )
        return [
            aws.iam.RolePolicy(
                f"{self._name}-{grant}",
                role=self.role.id,
                policy=document,
                opts=pulumi.ResourceOptions(parent=self.role),
            )
            for grant, document in documents.items()
        ]

    def _function(
        self, args: FunctionArgs, code: Code, logs: aws.cloudwatch.LogGroup, ready: Sequence[pulumi.Resource]
    ) -> aws.lambda_.Function:
        network, mount = args.network, args.mount
        return aws.lambda_.Function(
            f"{self._name}-function",
            name=args.function_name,
            description=args.description,
            **code.inputs,
            architectures=[args.settings.architecture],
            role=self.role.arn,
            memory_size=args.memory_mb,
            publish=args.snapshots or None,
            snap_start=aws.lambda_.FunctionSnapStartArgs(apply_on="PublishedVersions") if args.snapshots else None,
            timeout=args.timeout_seconds,
            ephemeral_storage=aws.lambda_.FunctionEphemeralStorageArgs(size=args.scratch_mb),
            reserved_concurrent_executions=args.reserved_concurrency,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=args.environment),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                log_format="JSON", application_log_level="INFO", system_log_level="INFO", log_group=logs.name
            ),
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(
                mode="Active" if args.settings.tracing else "PassThrough"
            ),
            vpc_config=aws.lambda_.FunctionVpcConfigArgs(
                subnet_ids=network.subnet_ids, security_group_ids=[network.functions_group_id]
            )
            if network
            else None,
            file_system_config=aws.lambda_.FunctionFileSystemConfigArgs(
                arn=mount.access_point_arn, local_mount_path=mount.path
            )
            if mount
            else None,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*ready, *(network.ready if network else [])],
                custom_timeouts=_slow(network),
                hooks=args.hooks,
            ),
        )


class ContainerFunction(LambdaFunction):
    """A Lambda function that runs a container image; `command` replaces the image's own."""

    def __init__(
        self,
        name: str,
        args: FunctionArgs,
        image: Image,
        command: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        config = aws.lambda_.FunctionImageConfigArgs(commands=[command]) if command else None
        inputs = {"package_type": "Image", "image_uri": image.uri, "image_config": config}
        super().__init__(name, args, Code(inputs, [image.pullable]), opts)


def _slow(network: AnyNetwork | None) -> pulumi.CustomTimeouts | None:
    return pulumi.CustomTimeouts(create="20m", update="20m", delete="60m") if network else None
