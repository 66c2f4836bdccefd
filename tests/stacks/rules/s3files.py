"""Rules for the storage s3files: what S3 Files needs of bucket and role, and that nobody can write through it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.stacks.rules.reading import as_list, served
from tests.stacks.support.recorder import UNKNOWN, Graph

# S3 Files refuses a bucket without versions, and its direct reads ask for one:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-files-prereq-policies.html
TRUSTED = {"aws:SourceAccount", "aws:SourceArn"}


def mounted_buckets_have_versions(graph: Graph) -> Iterator[str]:
    """Every object has a version that a file can be read from, the file system comes after, and old ones go."""
    for files in graph.of(":FilesFileSystem"):
        states = {each.urn: each.inputs["versioningConfiguration"]["status"] for each in graph.of(":BucketVersioning")}
        if list(states.values()) != ["Enabled"]:
            yield f"the bucket of {files.name} has no versions"
        for item in [files, *graph.of(":BucketObjectv2")]:
            if not set(states) <= graph.needs(item):
                yield f"{item.name} may come before the bucket's versions"
        for lifecycle in graph.of(":BucketLifecycleConfiguration"):
            if not any("noncurrentVersionExpiration" in rule for rule in lifecycle.inputs["rules"]):
                yield f"{lifecycle.name} keeps old versions for ever"


def s3_files_reads_only(graph: Graph) -> Iterator[str]:
    """S3 Files takes its role for this account only, may not change the bucket, and may when the mount is made."""
    for files in graph.of(":FilesFileSystem"):
        [role] = [role for role in graph.of(":Role") if role.urn in files.property_dependencies["roleArn"]]
        if role.inputs["assumeRolePolicy"] != UNKNOWN:
            [trust] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
            keys = {key for operands in trust.get("Condition", {}).values() for key in operands}
            if keys != TRUSTED:
                yield f"{role.name} does not ask for {sorted(TRUSTED - keys)}"
        for grant in [each for each in graph.of(":RolePolicy") if role.urn in each.property_dependencies["role"]]:
            if grant.urn not in graph.needs(files):
                yield f"{files.name} may come before {grant.name}"
            if grant.inputs["policy"] != UNKNOWN:
                for statement in json.loads(grant.inputs["policy"])["Statement"]:
                    for action in as_list(statement["Action"]):
                        if action.startswith("s3:") and not action.startswith(("s3:Get", "s3:List")):
                            yield f"{grant.name} allows {action}"


def s3_files_are_guarded(graph: Graph) -> Iterator[str]:
    """Without a policy of its own a file system lets every role in through any access point."""
    for files in graph.of(":FilesFileSystem"):
        [guard] = list(graph.of(":FilesFileSystemPolicy")) or [None]
        if guard is None:
            yield f"{files.name} has no policy"
            continue
        for pair in served(graph):
            for function in pair.functions if pair.backend == "s3files" else ():
                if guard.urn not in graph.needs(function):
                    yield f"{function.name} may mount before {guard.name}"
        if guard.inputs["policy"] != UNKNOWN:
            denied = json.loads(guard.inputs["policy"])["Statement"]
            if not any("s3files:ClientWrite" in each["Action"] and "Condition" not in each for each in denied):
                yield f"{guard.name} lets somebody write"
            if not any("s3files:AccessPointArn" in json.dumps(each.get("Condition", {})) for each in denied):
                yield f"{guard.name} lets clients in through any access point"


def s3_files_functions_read_directly(graph: Graph) -> Iterator[str]:
    """Without the versions in its grant a function's large reads fall back to S3 Files' own, dearer storage."""
    for pair in served(graph):
        for function in pair.functions if pair.backend == "s3files" else ():
            [role] = function.property_dependencies["role"]
            grants = [each for each in graph.of(":RolePolicy") if role in each.property_dependencies["role"]]
            texts = [each.inputs["policy"] for each in grants]
            if UNKNOWN not in texts and not any("s3:GetObjectVersion" in text for text in texts):
                yield f"{function.name} may not read directly"
            for manifest in graph.of(":BucketObjectv2"):
                if manifest.urn not in graph.needs(function):
                    yield f"{function.name} does not wait for {manifest.name}"


RULES = (mounted_buckets_have_versions, s3_files_reads_only, s3_files_are_guarded, s3_files_functions_read_directly)
