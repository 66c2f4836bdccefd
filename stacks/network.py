"""The VPC: private subnets only, no NAT, no internet gateway; S3 through a gateway endpoint, which is free."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks import cidr, policies
from stacks.account import Place, policy_json

DEFAULT_ZONES = 2
NFS_PORT = 2049
# Old zones that are known to refuse other services' network interfaces. Only older accounts see some of them; an ID of
# another region excludes nothing.
_UNSUITABLE_ZONE_IDS = ["use1-az3", "usw1-az2", "cac1-az3", "apne1-az3"]
# Lambda gives network interfaces back 20 to 45 minutes after a function is deleted; until then these cannot be deleted.
_SLOW_DELETE = pulumi.CustomTimeouts(delete="60m")


@dataclass(frozen=True)
class NetworkArgs:
    """The settings of a network; empty `zones` mean the first two of the region."""

    place: Place
    cidr: str
    zones: tuple[str, ...]
    bucket_arn: pulumi.Input[str] | None


class Network(pulumi.ComponentResource):
    """A VPC in which functions reach the model bucket and what other components add, and nothing reaches them."""

    vpc_id: pulumi.Output[str]
    subnet_ids: list[pulumi.Output[str]]
    mount_subnet_ids: list[pulumi.Output[str]]
    """The subnets for mount targets."""
    functions_group_id: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """Resources that a function must wait for before it can work inside."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-storage:index:Network", name, None, opts)
        self._name = name
        self._vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": f"{pulumi.get_project()}-{pulumi.get_stack()}"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.vpc_id = self._vpc.id
        # The group that AWS makes with every VPC allows everything between its members, so it is emptied.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default", vpc_id=self.vpc_id, opts=pulumi.ResourceOptions(parent=self._vpc)
        )
        routes = aws.ec2.RouteTable(f"{name}-routes", vpc_id=self.vpc_id, opts=pulumi.ResourceOptions(parent=self._vpc))
        subnets, associations = self._subnets(args, routes)
        self.subnet_ids = self.mount_subnet_ids = [subnet.id for subnet in subnets]
        self._functions = self._security_group("functions", "Functions of the deployment")
        self.functions_group_id = self._functions.id
        self.ready = [*associations, *(self._s3(args, routes, args.bucket_arn) if args.bucket_arn else [])]
        self.register_outputs({"vpcId": self.vpc_id, "subnetIds": self.subnet_ids})

    def open_nfs(self, name: str, parent: pulumi.Resource) -> tuple[pulumi.Output[str], list[pulumi.Resource]]:
        """Make a group for mount targets and open it to the functions; return it and what a mount must wait for."""
        targets = self._security_group(f"{name}-targets", "Mount targets of the file system")
        ingress = aws.vpc.SecurityGroupIngressRule(
            f"{name}-from-functions",
            description="NFS from the functions",
            security_group_id=targets.id,
            referenced_security_group_id=self.functions_group_id,
            ip_protocol="tcp",
            from_port=NFS_PORT,
            to_port=NFS_PORT,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        egress = aws.vpc.SecurityGroupEgressRule(
            f"{name}-to-targets",
            description="NFS to the mount targets",
            security_group_id=self.functions_group_id,
            referenced_security_group_id=targets.id,
            ip_protocol="tcp",
            from_port=NFS_PORT,
            to_port=NFS_PORT,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        return targets.id, [ingress, egress]

    def _security_group(self, suffix: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-{suffix}",
            description=description,
            vpc_id=self.vpc_id,
            opts=pulumi.ResourceOptions(parent=self._vpc, custom_timeouts=_SLOW_DELETE),
        )

    def _subnets(
        self, args: NetworkArgs, routes: aws.ec2.RouteTable
    ) -> tuple[list[aws.ec2.Subnet], list[pulumi.Resource]]:
        zones: list[pulumi.Input[str]] = [*args.zones]
        if not zones:
            found = aws.get_availability_zones_output(
                state="available",
                exclude_zone_ids=_UNSUITABLE_ZONE_IDS,
                filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
                opts=pulumi.InvokeOutputOptions(parent=self),
            )
            zones = [found.names[index] for index in range(DEFAULT_ZONES)]
        subnets, associations = [], list[pulumi.Resource]()
        for index, (zone, block) in enumerate(zip(zones, cidr.subnets(args.cidr, len(zones)), strict=True)):
            subnet = aws.ec2.Subnet(
                f"{self._name}-private-{index}",
                vpc_id=self.vpc_id,
                cidr_block=block,
                availability_zone=zone,
                map_public_ip_on_launch=False,
                opts=pulumi.ResourceOptions(parent=self._vpc, custom_timeouts=_SLOW_DELETE),
            )
            subnets.append(subnet)
            associations.append(
                aws.ec2.RouteTableAssociation(
                    f"{self._name}-private-{index}",
                    subnet_id=subnet.id,
                    route_table_id=routes.id,
                    opts=pulumi.ResourceOptions(parent=subnet),
                )
            )
        return subnets, associations

    def _s3(
        self, args: NetworkArgs, routes: aws.ec2.RouteTable, bucket_arn: pulumi.Input[str]
    ) -> list[pulumi.Resource]:
        endpoint = aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self.vpc_id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{args.place.region}.s3",
            route_table_ids=[routes.id],
            policy=policy_json(policies.endpoint_to_bucket, bucket_arn=bucket_arn, account=args.place.account),
            opts=pulumi.ResourceOptions(parent=self._vpc),
        )
        rule = aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-functions-to-s3",
            description="HTTPS to S3",
            security_group_id=self.functions_group_id,
            prefix_list_id=endpoint.prefix_list_id,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            opts=pulumi.ResourceOptions(parent=self._functions),
        )
        return [endpoint, rule]


def suits(zone_id: str) -> bool:
    """Whether functions and mount targets can be in a zone, given by its ID, which is the same for all accounts."""
    return zone_id not in _UNSUITABLE_ZONE_IDS
