"""Faults to seed into the program, each of which some check must catch; and the run that shows which one does."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.stacks import cloudformation, recorder
from tests.stacks.invariants import violations
from tests.stacks.recorder import ROOT, make_project
from tests.stacks.scenarios import EVERYTHING, JWT

SCHEMA = "schema"
# Everything on, but the smallest deployment that has every kind of resource.
_CONFIG = {
    **EVERYTHING,
    **{"backends": ["efs"], "defaultBackend": "efs", "corsOrigins": []},
    **{"auth": "iam", "jwtIssuer": "", "jwtAudiences": []},
}
_CORS = {"corsOrigins": ["https://incidentdatabase.ai"]}  # with auth iam
_TWO = {"backends": ["efs", "s3"], "defaultBackend": "s3"}


@dataclass(frozen=True)
class Fault:
    """In `file`, `old` becomes `new`; `caught_by` is the rule of tests.stacks.invariants, or SCHEMA for AWS's own."""

    what: str
    file: str
    old: str
    new: str
    caught_by: str
    config: dict[str, Any] = field(default_factory=dict)


FAULTS = (
    Fault("a wrong enum", "efs.py", "settings.efs_throughput,", '"elastik",', SCHEMA),
    Fault("a misspelt action", "policies.py", '"Action": "s3:GetObject"', '"Action": "s3:GetObjekt"', SCHEMA),
    Fault("a misspelt authorisation", "api.py", '"iam": "AWS_IAM"', '"iam": "IAM"', SCHEMA),
    Fault("a gateway time-out of 31 s", "api.py", "30_000", "31_000", SCHEMA),
    Fault("a retention that does not exist", "function.py", "args.settings.log_retention_days", "8", SCHEMA),
    Fault("too little memory", "backend.py", "memory_mb=settings.memory_mb", "memory_mb=64", SCHEMA),
    Fault("too little /tmp", "function.py", "size=args.scratch_mb", "size=256", SCHEMA),
    Fault(
        "a policy of no effect",
        "policies.py",
        '"Sid": "Mount",\n        "Effect": "Allow"',
        '"Sid": "Mount",\n        "Effect": "Permit"',
        SCHEMA,
    ),
    Fault(
        "a 31 s time-out",
        "backend.py",
        "timeout_seconds=settings.timeout_seconds",
        "timeout_seconds=31",
        "nobody_waits_longer_than_the_gateway",
    ),
    Fault(
        "the seed is not awaited",
        "efs.py",
        "ready=[*mountable, seed]",
        "ready=mountable",
        "seeded_before_served_and_swept_after",
    ),
    Fault("swept while in use", "efs.py", "[serve.function],", "[],", "seeded_before_served_and_swept_after"),
    Fault(
        "the seed removes bundles",
        "efs.py",
        '"seed", {}',
        '"seed", {"keep": []}',
        "seeded_before_served_and_swept_after",
    ),
    Fault(
        "the old bundle goes at once",
        "backend.py",
        "hooks=pulumi.ResourceHookBinding(after_update=[wait]),",
        "",
        "the_old_bundle_outlives_its_requests",
    ),
    Fault(
        "no seed for a new bundle",
        "efs.py",
        '"bundle": bundle.source_hash, ',
        "",
        "seeded_before_served_and_swept_after",
    ),
    Fault(
        "no retry until the seeder is ready",
        "efs.py",
        "on_error=[retry]",
        "on_error=[]",
        "seeded_before_served_and_swept_after",
    ),
    Fault("seeded before S3 has it", "efs.py", ", *self._store.complete", "", "seeded_before_served_and_swept_after"),
    Fault(
        "mount targets are not awaited",
        "efs.py",
        "return [*targets, ingress",
        "return [ingress",
        "mount_targets_before_function",
    ),
    Fault(
        "the rules are not awaited", "efs.py", "[*targets, ingress, egress]", "targets", "mount_targets_before_function"
    ),
    Fault("routes are not awaited", "network.py", "[*associations, *(", "[*(", "network_before_function"),
    Fault(
        "a tag instead of a digest",
        "image.py",
        "self.uri = image.image_uri",
        'self.uri = repository.url.apply(lambda url: f"{url}:latest")',
        "images_by_digest",
    ),
    Fault("tags that move", "image.py", '"IMMUTABLE"', '"MUTABLE"', "repositories_are_scanned_and_immutable"),
    Fault(
        "unscanned images",
        "image.py",
        "scan_on_push=True",
        "scan_on_push=False",
        "repositories_are_scanned_and_immutable",
    ),
    Fault(
        "one name for all images", "image.py", 'f"{args.variant}-{content}"', '"latest"', "images_are_distinct", _TWO
    ),
    Fault("an old digest under a new tag", "image.py", ', "TAG": tag', "", "a_new_tag_is_a_new_image"),
    Fault(
        "another platform",
        "image.py",
        "platform=settings.platform,",
        'platform="linux/arm64",',
        "like_for_like",
        {"architecture": "x86_64"},
    ),
    Fault("a wildcard action", "policies.py", '"Action": "s3:GetObject"', '"Action": "s3:*"', "no_wildcards"),
    Fault(
        "a wildcard resource",
        "policies.py",
        '"Resource": f"{bucket_arn}/{prefix}/*"',
        '"Resource": "*"',
        "no_wildcards",
    ),
    Fault(
        "everybody may read the bucket",
        "policies.py",
        '"Effect": "Deny",\n            "Principal": {"AWS": "*"},\n            "Action": "s3:*"',
        '"Effect": "Allow",\n            "Principal": {"AWS": "*"},\n            "Action": "s3:GetObject"',
        "no_wildcards",
    ),
    Fault(
        "the whole bucket is readable",
        "policies.py",
        'f"{bucket_arn}/{prefix}/*"',
        'f"{bucket_arn}/*"',
        "bundle_is_readable_by_prefix_only",
    ),
    Fault(
        "the server may write",
        "efs.py",
        "self._mount_grant(write=False)",
        "self._mount_grant(write=True)",
        "serving_reads_only",
    ),
    Fault(
        "a public bucket",
        "model_store.py",
        "block_public_policy=True",
        "block_public_policy=False",
        "buckets_are_private",
    ),
    Fault("the manifest first", "model_store.py", "depends_on=after", "depends_on=[]", "manifest_is_uploaded_last"),
    Fault(
        "objects without a hash",
        "model_store.py",
        "source_hash=bundle.files[file].sha256,",
        "",
        "manifest_is_uploaded_last",
    ),
    Fault(
        "objects outside the prefix",
        "model_store.py",
        'key=f"{self.prefix}/{file}"',
        "key=file",
        "manifest_is_uploaded_last",
    ),
    Fault("an unencrypted file system", "efs.py", "encrypted=True", "encrypted=False", "file_system_is_guarded"),
    Fault(
        "NFS without TLS",
        "policies.py",
        'deny("NotWithoutTls", _EFS_CLIENT_ACTIONS, {"Bool": {"aws:SecureTransport": "false"}}),',
        "",
        "file_system_is_guarded",
    ),
    Fault(
        "NFS from anywhere",
        "efs.py",
        "referenced_security_group_id=network.functions_group_id",
        'cidr_ipv4="0.0.0.0/0"',
        "only_named_groups_talk",
    ),
    Fault("all ports to S3", "network.py", "from_port=443", "from_port=0", "only_named_groups_talk"),
    Fault(
        "public addresses",
        "network.py",
        "map_public_ip_on_launch=False",
        "map_public_ip_on_launch=True",
        "network_is_private",
    ),
    Fault(
        "subnets in one zone",
        "network.py",
        "availability_zone=zone",
        'availability_zone="us-east-1a"',
        "network_is_private",
    ),
    Fault("an impatient destroy", "network.py", 'delete="60m"', 'delete="5m"', "network_is_private"),
    Fault("an interface endpoint, by the hour", "network.py", '"Gateway"', '"Interface"', "network_is_private"),
    Fault(
        "a child without parent",
        "efs.py",
        "opts=pulumi.ResourceOptions(parent=self._files),\n        )\n\n    def _mount_targets",
        ")\n\n    def _mount_targets",
        "children_have_parents",
    ),
    Fault(
        "a child with a fixed name", "function.py", 'f"{name}-role"', '"role" + name', "names_begin_with_the_components"
    ),
    Fault(
        "outputs never registered",
        "api.py",
        'self.register_outputs({"url": self.url})',
        "pass",
        "components_are_complete",
    ),
    Fault(
        "outputs registered twice",
        "efs.py",
        "self._register()",
        "self._register(), self._register()",
        "components_are_complete",
    ),
    Fault(
        "the default provider",
        "__main__.py",
        "ResourceOptions(providers=[provider])",
        "ResourceOptions()",
        "one_provider",
    ),
    Fault("no tags", "__main__.py", "default_tags=aws.ProviderDefaultTagsArgs(tags=tags)", "", "one_provider"),
    Fault(
        "a log group of Lambda's own",
        "function.py",
        "log_group=logs.name",
        "log_group=self.log_group",
        "log_group_before_function",
    ),
    Fault(
        "logs for ever",
        "api.py",
        "retention_in_days=self._settings.log_retention_days,",
        "",
        "log_group_before_function",
    ),
    Fault(
        "grants that are not awaited",
        "function.py",
        "[*grants, *args.ready",
        "[*args.ready",
        "permissions_before_function",
    ),
    Fault("a pull that is not awaited", "function.py", ", args.image.pullable]", "]", "permissions_before_function"),
    Fault("a seeder that serves", "efs.py", 'command="seeder.handler",', "", "seeder_is_the_serving_image"),
    Fault(
        "an open route",
        "api.py",
        "authorization_type=authorization",
        'authorization_type="NONE"',
        "routes_are_authorised",
    ),
    Fault(
        "an authorizer that is not asked",
        "api.py",
        'if self._authorizer and authorization == "JWT"',
        "if False",
        "routes_are_authorised",
        {"auth": "jwt", **JWT},
    ),
    Fault(
        "preflights without credentials refused",
        "api.py",
        "if self._settings.cors_origins and ",
        "if False and ",
        "web_pages_may_ask",
        _CORS,
    ),
    Fault(
        "headers that no page may read",
        "api.py",
        "expose_headers=list(_EXPOSED),",
        "",
        "web_pages_may_ask",
        _CORS,
    ),
    Fault("a route that is missing", "api.py", '"text-to-embed", ', "", "routes_are_complete"),
    Fault(
        "a permission for every API",
        "api.py",
        "source_arn=pulumi.Output.concat(self._api.execution_arn, permitted_path(key)),",
        "",
        "routes_may_invoke",
    ),
    Fault("a permission for another path", "api.py", "permitted_path(key)", '"/*/GET/"', "routes_may_invoke"),
    Fault(
        "no limit",
        "api.py",
        "throttling_rate_limit=self._settings.throttle_rate,",
        "",
        "the_api_is_throttled_and_logged",
    ),
    Fault(
        "latencies unlogged",
        "api.py",
        '"integrationLatency": "$context.integrationLatency",',
        "",
        "the_api_is_throttled_and_logged",
    ),
    Fault(
        "a model in the wrong place",
        "efs.py",
        '{"MODEL_DIR": f"{MOUNT_PATH}/{args.bundle.source_hash}"}',
        '{"MODEL_DIR": MOUNT_PATH}',
        "functions_know_their_storage",
    ),
    Fault(
        "more memory for one",
        "backend.py",
        "memory_mb=settings.memory_mb",
        'memory_mb=settings.memory_mb + (self._name == "s3")',
        "like_for_like",
        _TWO,
    ),
    Fault(
        "something public",
        "network.py",
        "aws.ec2.DefaultSecurityGroup(",
        "aws.ec2.InternetGateway(",
        "only_known_kinds",
    ),
)


def checks_that_catch(fault: Fault) -> list[str]:
    """Seed one fault into a copy of the program, run it with everything on, and return what the checks say.

    To be called in a process of its own: it loads another `stacks` than the real one.
    """
    with tempfile.TemporaryDirectory() as directory:
        program = make_project(Path(directory))
        shutil.copytree(ROOT / "stacks", program / "stacks", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("__main__.py", "Pulumi.yaml"):
            shutil.copy(ROOT / name, program)
        patched = program / fault.file if fault.file == "__main__.py" else program / "stacks" / fault.file
        source = patched.read_text()
        if fault.old not in source:
            return [f"stale fault: {fault.old!r} is not in {fault.file}"]
        patched.write_text(source.replace(fault.old, fault.new))
        return _checked(program, fault)


def _checked(program: Path, fault: Fault) -> list[str]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "stacks"]:
        del sys.modules[name]
    sys.path.insert(0, str(program))
    recorder.ROOT = program
    try:
        graph = recorder.run(program, {**_CONFIG, **fault.config})
        against_schemas = cloudformation.problems(graph) if fault.caught_by == SCHEMA else []
        return [*violations(graph), *(f"{SCHEMA}: {problem}" for problem in against_schemas)]
    except Exception as error:  # whatever a fault may do to the program
        return [f"the program stops: {error!r}"]
    finally:
        recorder.ROOT = ROOT
        sys.path.remove(str(program))
