"""The settings of a deployment: read once from the Pulumi configuration, validated, and frozen.

Defaults and descriptions are in Pulumi.yaml and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from contract import limits, names
from contract.auth import JWT, MODES
from contract.cors import ORIGIN
from contract.engines import ENGINES, ONNX, TRANSFORMERS
from contract.routes import ROUTES
from contract.run_modes import SNAPSTART, has_snapshots, path_segment
from contract.storages import EFS, STORAGES
from stacks import cidr, given
from stacks.errors import DeploymentError

ARCHITECTURES = ("arm64", "x86_64")
PLACEMENTS = ("efs-only", "all")
THROUGHPUTS = EFS.modes
# Measured peaks with longformer-base-4096 are 540 and 1,100 MB; a function with less memory dies while it loads.
MIN_MEMORY_MB = {ONNX: 768, TRANSFORMERS: 1536}
# Enough to read a checkpoint of 600 MB within a request's 30 s; seeding it may take 900 s.
MIN_PROVISIONED_MIBPS = 24
# CloudWatch Logs accepts only these.
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-z]")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]*(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*")
_MAX_PREFIX = 900  # a key has at most 1,024 bytes, and the files' names need some of them
_ISSUER = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[^\s?#]*)?")


class Source(Protocol):
    """The part of `pulumi.Config` that is used."""

    def require(self, key: str) -> str: ...
    def require_int(self, key: str) -> int: ...
    def require_bool(self, key: str) -> bool: ...
    def require_object(self, key: str) -> Any: ...


@dataclass(frozen=True)
class Settings:
    """All settings of Pulumi.yaml under snake_case names; sizes in MB, times in seconds unless the name says days."""

    region: str
    backends: tuple[str, ...]
    default_backend: str
    snap_start: tuple[str, ...]
    more_models: tuple[str, ...]
    architecture: str
    engine: str
    memory_mb: int
    timeout_seconds: int
    ephemeral_storage_mb: int
    reserved_concurrency: int
    prime: bool
    tracing: bool
    log_retention_days: int
    vpc_placement: str
    vpc_cidr: str
    availability_zones: tuple[str, ...]
    efs_throughput: str
    efs_provisioned_mibps: int
    model_bucket: str
    model_prefix: str
    auth: str
    jwt_issuer: str
    jwt_audiences: tuple[str, ...]
    cors_origins: tuple[str, ...]
    throttle_rate: int
    throttle_burst: int
    subnet_ids: tuple[str, ...]
    security_group_id: str
    kms_key_arn: str
    permissions_boundary: str
    tags: tuple[tuple[str, str], ...]
    monitoring: bool
    alarm_topic_arn: str

    @classmethod
    def read(cls, source: Source) -> Settings:
        """Read the values, which `problems` then checks; raises DeploymentError for an invalid list or object."""
        return cls(
            region=source.require("region"),
            backends=_strings(source, "backends"),
            default_backend=source.require("defaultBackend"),
            snap_start=_strings(source, "snapStart"),
            more_models=_strings(source, "moreModels"),
            architecture=source.require("architecture"),
            engine=source.require("engine"),
            memory_mb=source.require_int("memoryMb"),
            timeout_seconds=source.require_int("timeoutSeconds"),
            ephemeral_storage_mb=source.require_int("ephemeralStorageMb"),
            reserved_concurrency=source.require_int("reservedConcurrency"),
            prime=source.require_bool("prime"),
            tracing=source.require_bool("tracing"),
            log_retention_days=source.require_int("logRetentionDays"),
            vpc_placement=source.require("vpcPlacement"),
            vpc_cidr=source.require("vpcCidr"),
            availability_zones=_strings(source, "availabilityZones"),
            efs_throughput=source.require("efsThroughput"),
            efs_provisioned_mibps=source.require_int("efsProvisionedMibps"),
            model_bucket=source.require("modelBucket"),
            model_prefix=source.require("modelPrefix"),
            auth=source.require("auth"),
            jwt_issuer=source.require("jwtIssuer"),
            jwt_audiences=_strings(source, "jwtAudiences"),
            cors_origins=_strings(source, "corsOrigins"),
            throttle_rate=source.require_int("throttleRate"),
            throttle_burst=source.require_int("throttleBurst"),
            subnet_ids=_strings(source, "subnetIds"),
            security_group_id=source.require("securityGroupId"),
            kms_key_arn=source.require("kmsKeyArn"),
            permissions_boundary=source.require("permissionsBoundary"),
            tags=_tags(source),
            monitoring=source.require_bool("monitoring"),
            alarm_topic_arn=source.require("alarmTopicArn"),
        )

    @property
    def everything_in_vpc(self) -> bool:
        """Whether every function is in the VPC, and not only those that must be."""
        return self.vpc_placement == "all"

    @property
    def platform(self) -> str:
        """Docker's name of the functions' architecture."""
        return {"arm64": "linux/arm64", "x86_64": "linux/amd64"}[self.architecture]

    def problems(self, known_backends: Collection[str]) -> Iterator[str]:
        """Yield a sentence with its remedy for everything that could not be deployed."""
        yield from self.region_problems()
        yield from self._choice_problems()
        yield from self._range_problems()
        yield from self._backend_problems(known_backends)
        yield from self._snapshot_problems()
        yield from self.network_problems()
        yield from self.store_problems()
        yield from self.model_problems(known_backends)
        yield from self._api_problems()
        yield from self._monitoring_problems()
        yield from given.key_problems(self.kms_key_arn, self.region)
        yield from given.boundary_problems(self.permissions_boundary, self.region)
        yield from given.tag_problems(self.tags)

    def _choice_problems(self) -> Iterator[str]:
        yield from _choice("architecture", self.architecture, ARCHITECTURES)
        yield from _choice("engine", self.engine, ENGINES)
        yield from _choice("vpcPlacement", self.vpc_placement, PLACEMENTS)
        yield from _choice("efsThroughput", self.efs_throughput, THROUGHPUTS)
        yield from _choice("auth", self.auth, MODES)
        yield from _choice("logRetentionDays", self.log_retention_days, RETENTION_DAYS)

    def region_problems(self) -> Iterator[str]:
        """Yield the faults in the region, without which AWS cannot be asked anything."""
        if not _REGION.fullmatch(self.region):
            yield f"region is {self.region!r}: set the name of an AWS region, such as us-east-1"

    def _range_problems(self) -> Iterator[str]:
        least = MIN_MEMORY_MB.get(self.engine, limits.MIN_MEMORY_MB)
        yield from _range("memoryMb", self.memory_mb, least, limits.MAX_MEMORY_MB)
        yield from _range("timeoutSeconds", self.timeout_seconds, 1, limits.API_TIMEOUT_S)
        least, most = limits.MIN_SCRATCH_MB, limits.MAX_SCRATCH_MB
        yield from _range("ephemeralStorageMb", self.ephemeral_storage_mb, least, most, or_else=0)
        yield from _range("reservedConcurrency", self.reserved_concurrency, 1, 1000, or_else=-1)
        yield from _range("throttleRate", self.throttle_rate, 1, 10000)
        yield from _range("throttleBurst", self.throttle_burst, 1, 5000)
        if self.efs_throughput == "provisioned":
            yield from _range("efsProvisionedMibps", self.efs_provisioned_mibps, MIN_PROVISIONED_MIBPS, 3414)
        elif self.efs_provisioned_mibps != 0:
            yield "efsProvisionedMibps is set: set efsThroughput to provisioned, or efsProvisionedMibps to 0"

    def _backend_problems(self, known: Collection[str]) -> Iterator[str]:
        if not self.backends:
            yield f"backends is empty: name at least one of {', '.join(known)}"
        for unknown in sorted(set(self.backends) - set(known)):
            yield f"backends names {unknown!r}, which does not exist: choose from {', '.join(known)}"
        if len(set(self.backends)) < len(self.backends):
            yield f"backends is {list(self.backends)}: name each backend once"
        if self.default_backend not in self.backends:
            yield f"defaultBackend is {self.default_backend!r}: set it to one of backends ({', '.join(self.backends)})"

    def _snapshot_problems(self) -> Iterator[str]:
        """Yield what SnapStart excludes; a backend adds what it does (`Backend.problems`)."""
        if len(set(self.snap_start)) < len(self.snap_start):
            yield f"snapStart is {list(self.snap_start)}: name each backend once"
        for name in sorted(set(self.snap_start)):
            if name not in self.backends:
                yield f"snapStart names {name!r}: name backends of this deployment ({', '.join(self.backends)})"
            elif name in STORAGES and not has_snapshots(name):
                yield (
                    f"snapStart names {name!r}, which mounts a file system: Lambda makes no snapshots of such "
                    "functions, so take it out of snapStart"
                )

    def network_problems(self) -> Iterator[str]:
        """Yield the faults in the VPC to make, or in the one that is named."""
        if problem := cidr.problem(self.vpc_cidr):
            yield f"vpcCidr is {self.vpc_cidr!r}, {problem}"
        zones = self.availability_zones
        if zones and not 2 <= len(set(zones)) == len(zones) <= cidr.MAX_SUBNETS:
            yield f"availabilityZones is {list(zones)}: name two to {cidr.MAX_SUBNETS} different zones, or none"
        for zone in zones:
            if not (_ZONE.fullmatch(zone) and zone[:-1] == self.region):
                yield f"availabilityZones names {zone!r}: name zones of {self.region}, such as {self.region}a"
        yield from given.network_problems(self.subnet_ids, self.security_group_id)
        if self.subnet_ids and (zones or self.vpc_cidr != cidr.DEFAULT):
            yield "vpcCidr or availabilityZones is set for a VPC to be made, but subnetIds names one: clear one of them"

    def model_problems(self, known_backends: Collection[str]) -> Iterator[str]:
        """Yield the reasons why further models' names cannot be parts of paths and names."""
        if len(set(self.more_models)) < len(self.more_models):
            yield f"moreModels is {list(self.more_models)}: name each model once"
        segments = {path_segment(name, SNAPSTART) for name in known_backends}
        taken = {*known_backends, *segments, *ROUTES}
        for name in self.more_models:
            if not names.MODEL.fullmatch(name):
                yield f"moreModels names {name!r}: a lower-case letter, then up to 15 letters, digits and hyphens"
            elif name in taken:
                yield f"moreModels names {name!r}, which is a path already: any name but {', '.join(sorted(taken))}"

    def store_problems(self) -> Iterator[str]:
        """Yield the faults in the bucket that is named."""
        if self.model_bucket and not _BUCKET.fullmatch(self.model_bucket):
            yield f"modelBucket is {self.model_bucket!r}: set the name of a bucket, not a URL or an ARN"
        if self.model_prefix and not self.model_bucket:
            yield "modelPrefix is set without modelBucket: set both, or neither to upload the bundle"
        if not _PREFIX.fullmatch(self.model_prefix or "-") or len(self.model_prefix) > _MAX_PREFIX:
            yield (
                f"modelPrefix is {self.model_prefix!r}: use letters, digits and ._=-, slashes between them, "
                f"{_MAX_PREFIX} characters at most"
            )

    def _api_problems(self) -> Iterator[str]:
        if self.auth == JWT and not _ISSUER.fullmatch(self.jwt_issuer):
            yield f"jwtIssuer is {self.jwt_issuer!r}: auth jwt needs the https URL of the token issuer"
        if self.auth == JWT and not all([self.jwt_audiences, *self.jwt_audiences]):
            yield f"jwtAudiences is {list(self.jwt_audiences)}: auth jwt needs at least one audience"
        if self.auth != JWT and (self.jwt_issuer or self.jwt_audiences):
            yield f"jwtIssuer or jwtAudiences is set, but auth is {self.auth}: set auth to jwt, or clear them"
        for origin in self.cors_origins:
            if not ORIGIN.fullmatch(origin):
                yield f"corsOrigins names {origin!r}: an origin is scheme://host[:port] without a path, or *"

    def _monitoring_problems(self) -> Iterator[str]:
        yield from given.topic_problems(self.alarm_topic_arn, self.region)
        if self.alarm_topic_arn and not self.monitoring:
            yield "alarmTopicArn is set, but there are no alarms: set monitoring to true, or clear it"


def _strings(source: Source, key: str) -> tuple[str, ...]:
    value = source.require_object(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DeploymentError.of([f"{key} is {value!r}: set a list of strings (pulumi config set --path '{key}[0]' …)"])
    return tuple(value)


def _tags(source: Source) -> tuple[tuple[str, Any], ...]:
    value = source.require_object("tags")
    if not isinstance(value, dict):
        raise DeploymentError.of(
            [f"tags is {value!r}: set names and values (pulumi config set --path tags.NAME VALUE)"]
        )
    return tuple(value.items())


def _choice(key: str, value: object, choices: Collection[object]) -> Iterator[str]:
    if value not in choices:
        yield f"{key} is {value!r}: set one of {', '.join(map(str, choices))}"


def _range(key: str, value: int, low: int, high: int, *, or_else: int | None = None) -> Iterator[str]:
    if value != or_else and not low <= value <= high:
        yield f"{key} is {value}: set {low} to {high}" + ("" if or_else is None else f", or {or_else}")
