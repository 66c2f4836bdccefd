"""Asks AWS about the things that the settings name, before anything is made; takes nothing on trust."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from contract.bundle import MANIFEST
from stacks import given
from stacks.bundle import Bundle
from stacks.existing_network import ExistingNetwork
from stacks.network import DEFAULT_ZONES, suits
from stacks.settings import Settings

_CONCURRENCY_QUOTA = "L-B99A9384"  # Lambda's concurrent executions of the account in the region
_ZONE_ID = re.compile(r"[a-z]+\d-az\d")  # type of a zone of the region itself, not of a local or a wavelength zone
_UNRESERVED = 10  # what Lambda keeps back at least, even of the smallest limits


@dataclass
class Lookups:
    """Answers of one account and region; `problems` has a sentence with its remedy for each unsuitable one."""

    settings: Settings
    provider: aws.Provider
    problems: list[str] = field(default_factory=list)

    def account(self) -> str:
        """Return the account of the deployment, empty if AWS does not say."""
        found = self._ask("set credentials of the account to deploy to", aws.get_caller_identity)
        return found.account_id if found else ""

    def network(self) -> ExistingNetwork | None:
        """Return the existing network that the settings name, if any, with one subnet per zone for mount targets."""
        settings = self.settings
        if not settings.subnet_ids or any(settings.network_problems()):
            return None
        mend = "name subnets and a group of one VPC in " + settings.region
        subnets = [self._ask(f"subnetIds: {mend}", aws.ec2.get_subnet, id=each) for each in settings.subnet_ids]
        group = self._ask(f"securityGroupId: {mend}", aws.ec2.get_security_group, id=settings.security_group_id)
        found = [subnet for subnet in subnets if subnet]
        self.problems += _network_problems(found, group)
        by_zone = {subnet.availability_zone: subnet.id for subnet in reversed(found)}  # the first of each zone counts
        mounted = [subnet.id for subnet in found if by_zone[subnet.availability_zone] == subnet.id]
        return ExistingNetwork(settings.subnet_ids, mounted, settings.security_group_id)

    def zones(self) -> None:
        """Check that the zones for a VPC of our own exist."""
        if any(self.settings.network_problems()):
            return
        found = self._ask(
            "set credentials that may list zones",
            aws.get_availability_zones,
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
        )
        if not found:
            return
        usable = [name for name, zone_id in zip(found.names, found.zone_ids, strict=True) if suits(zone_id)]
        for zone in self.settings.availability_zones:
            if zone not in usable:
                self.problems.append(
                    f"availabilityZones names {zone!r}, which does not exist or lacks Lambda or EFS: "
                    f"choose from {', '.join(usable)}"
                )
        if len(usable) < DEFAULT_ZONES:
            self.problems.append(f"{self.settings.region} offers too few zones ({usable}): take another region")

    def key(self) -> None:
        """Check that the KMS key, if one is named, can encrypt everything."""
        arn = self.settings.kms_key_arn
        if not arn or any(given.key_problems(arn, self.settings.region)):
            return
        key = self._ask("kmsKeyArn: name a key that you may describe", aws.kms.get_key, key_id=arn)
        if key and not (key.enabled and (key.key_usage, key.key_spec) == ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")):
            self.problems.append(
                f"kmsKeyArn names a key that is {key.key_state}, for {key.key_usage}, {key.key_spec}: "
                "take an enabled, symmetric one for encryption"
            )

    def boundary(self, account: str) -> None:
        """Check that the permissions boundary, if one is named, is a policy of AWS or of this account."""
        arn = self.settings.permissions_boundary
        if not arn or any(given.boundary_problems(arn, self.settings.region)):
            return
        owner = arn.split(":")[4]
        if account and owner not in ("aws", account):
            self.problems.append(
                f"permissionsBoundary is a policy of account {owner}, and roles of {account} take only its own: "
                "name one of those, or set credentials of the other account"
            )
        else:
            self._ask("permissionsBoundary: name a policy that exists and you may read", aws.iam.get_policy, arn=arn)

    def bucket(self, bundles: Sequence[Bundle]) -> None:
        """Check that an existing bucket, if one is named, is in the region and holds the bundles."""
        bucket, prefix, region = self.settings.model_bucket, self.settings.model_prefix, self.settings.region
        if not bucket or any(self.settings.store_problems()):
            return
        found = self._ask("modelBucket: name a bucket that exists and you may list", aws.s3.get_bucket, bucket=bucket)
        if not found:
            return
        if found.bucket_region != region:
            self.problems.append(
                f"modelBucket is in {found.bucket_region}, and region is {region}: take one of {region}"
            )
            return
        for index, bundle in enumerate(bundles):
            key = f"{prefix if prefix and not index else bundle.source_hash}/{MANIFEST}"
            held = self._ask(f"modelBucket: upload {bundle.directory} there", aws.s3.get_object, bucket=bucket, key=key)
            if held and held.content_length != bundle.files[MANIFEST].size:
                self.problems.append(
                    f"s3://{bucket}/{key} is not the manifest of {bundle.directory}: upload it, or get that bundle here"
                )

    def concurrency(self, functions: int) -> int:
        """Return how many executions the account may run at once; check that the reservations leave some of them.

        0 if nobody needs to know.
        """
        reserved = self.settings.reserved_concurrency
        if reserved < 0 and not self.settings.monitoring:
            return 0
        found = self._ask(
            "set credentials that may read service quotas",
            aws.servicequotas.get_service_quota,
            service_code="lambda",
            quota_code=_CONCURRENCY_QUOTA,
        )
        limit = int(found.value) if found else 0
        if found and reserved * functions > limit - _UNRESERVED:
            self.problems.append(
                f"reservedConcurrency is {reserved} for each of {functions} functions, and the account has {limit} in "
                f"all, of which {_UNRESERVED} stay unreserved: set {max(limit - _UNRESERVED, 0) // functions} or less, "
                "or -1, or ask AWS for more"
            )
        return limit

    def _ask(self, mend: str, function: Callable[..., Any], **arguments: Any) -> Any:
        """Return AWS's answer; None, and add a problem, if it is an error."""
        try:
            return function(**arguments, opts=pulumi.InvokeOptions(provider=self.provider))
        except Exception as error:  # the SDK raises no narrower exception
            asked = ", ".join(str(value) for value in arguments.values() if isinstance(value, str))
            self.problems.append(f"{mend} ({asked or 'asked of AWS'}: {' '.join(str(error).split())})")
            return None


def _network_problems(subnets: Sequence[Any], group: Any) -> Iterator[str]:
    """Yield the reasons why subnets and a security group are not one network for functions and EFS."""
    vpcs = {subnet.vpc_id for subnet in subnets}
    if len(vpcs) > 1:
        where = ", ".join(f"{subnet.id} in {subnet.vpc_id}" for subnet in subnets)
        yield f"subnetIds names subnets of several VPCs ({where}): take those of one"
    if group and vpcs and group.vpc_id not in vpcs:
        yield (
            f"securityGroupId {group.id} is in {group.vpc_id}, the subnets are in {', '.join(sorted(vpcs))}: "
            "take a group of their VPC"
        )
    for subnet in subnets:
        if not (suits(subnet.availability_zone_id) and _ZONE_ID.fullmatch(subnet.availability_zone_id)):
            yield f"subnetIds names {subnet.id} in {subnet.availability_zone}, where EFS or Lambda is not: take another"
