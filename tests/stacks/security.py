"""Scans the recorded deployment with checkov: `python -m tests.stacks.security [path of checkov]`.

Checkov's dependencies conflict with ours, so it has its own environment (`make check` makes it). The scan passes
if every finding is accepted below, every acceptance is still needed, and every fault that is seeded is found.
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tests.stacks.support.project import ROOT, make_project
from tests.stacks.support.recorder import Graph, run
from tests.stacks.support.scenarios import EVERYTHING
from tests.stacks.support.terraform import plan

CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"


class Accepted(NamedTuple):
    """A finding that stays: which check, on which resources (a pattern), and why."""

    check: str
    resources: str
    reason: str


_OWN_KEY = "encrypted at rest with keys that AWS manages; a key of one's own costs 1 USD a month and every call to it"
ACCEPTED = (
    Accepted(
        "CKV2_AWS_11",
        "aws_vpc",
        "no flow logs: the VPC has no way in or out but to S3 and EFS; the logs cost more than it",
    ),
    Accepted("CKV2_AWS_62", "aws_s3_bucket", "no event notifications: only deployments write to the bucket"),
    Accepted(
        "CKV_AWS_18", "aws_s3_bucket", "no access log: it needs a second bucket, and CloudTrail can log data events"
    ),
    Accepted(
        "CKV_AWS_21", "aws_s3_bucket", "no versioning: every bundle has a prefix of its own and can be built again"
    ),
    Accepted(
        "CKV_AWS_51",
        "aws_ecr_repository",
        "tags can be pushed again: functions run digests, and a refused push would end going back to an older commit",
    ),
    Accepted("CKV_AWS_116", "aws_lambda_function", "no dead-letter queue: all invocations are synchronous"),
    Accepted(
        "CKV_AWS_117", "aws_lambda_function", "only EFS needs the VPC; vpcPlacement all puts every function there"
    ),
    Accepted("CKV_AWS_136", "aws_ecr_repository", _OWN_KEY),
    Accepted("CKV_AWS_144", "aws_s3_bucket", "no copy in another region: the bundle can be built again"),
    Accepted("CKV_AWS_145", "aws_s3_bucket", _OWN_KEY),
    Accepted("CKV_AWS_158", "aws_cloudwatch_log_group", _OWN_KEY),
    Accepted("CKV_AWS_173", "aws_lambda_function", "the environment holds names and paths, no secrets"),
    Accepted("CKV_AWS_184", "aws_efs_file_system", _OWN_KEY),
    Accepted(
        "CKV_AWS_272",
        "aws_lambda_function",
        "images are given by digest; the page's archive is of this repository, and may do nothing",
    ),
    Accepted(
        "CKV_AWS_309", r"aws_apigatewayv2_route\.api_(minilm_)?options_", "CORS preflights come without credentials"
    ),
    Accepted(
        "CKV_AWS_338", "aws_cloudwatch_log_group", "how long logs are kept is the user's choice (logRetentionDays)"
    ),
)
# kind, input, value that is wrong, the check that must find it
FAULTS: tuple[tuple[str, str, Any, str], ...] = (
    (":BucketPublicAccessBlock", "blockPublicPolicy", False, "CKV_AWS_54"),
    (":FileSystem", "encrypted", False, "CKV_AWS_42"),
    (":Repository", "imageScanningConfiguration", {"scanOnPush": False}, "CKV_AWS_163"),
    (":Route", "authorizationType", "NONE", "CKV_AWS_309"),
    (":Stage", "accessLogSettings", {}, "CKV_AWS_76"),
    (":Subnet", "mapPublicIpOnLaunch", True, "CKV_AWS_130"),
    (":SecurityGroupIngressRule", "cidrIpv4", "0.0.0.0/0", "CKV_AWS_24"),
    (
        ":RolePolicy",
        "policy",
        json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}),
        "CKV_AWS_62",
    ),
)


def seed(graph: Graph) -> Graph:
    """Return a copy of the graph with all faults in it."""
    resources = []
    for known in graph.resources:
        wrong = {key: value for kind, key, value, _ in FAULTS if known.type.endswith(kind)}
        if "cidrIpv4" in wrong:
            wrong |= {"fromPort": 0, "toPort": 65535}
        resources.append(dataclasses.replace(known, inputs={**known.inputs, **wrong}))
    return Graph(resources=resources)


def scan(checkov: Path, graphs: dict[str, Graph]) -> dict[str, set[tuple[str, str]]]:
    """Return the findings, (check, resource), for each graph. Raises RuntimeError where checkov scanned nothing."""
    with tempfile.TemporaryDirectory() as directory:
        files = []
        for name, graph in graphs.items():
            files.append(Path(directory, f"{name}.json"))
            files[-1].write_text(json.dumps(plan(graph)))
        command = [str(checkov), "--framework", "terraform_plan", "--output", "json", "--quiet", "--compact"]
        command += ["--skip-download", *(part for file in files for part in ("--file", str(file)))]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory)
    try:
        report = json.loads(done.stdout)
        failed, errors = report["results"]["failed_checks"], report["summary"]["parsing_errors"]
    except (ValueError, KeyError, TypeError) as error:
        raise RuntimeError(f"checkov gave no report ({error!r}): {done.stdout[-500:]}{done.stderr[-2000:]}") from error
    if errors or {Path(found["file_path"]).stem for found in failed} != set(graphs):
        raise RuntimeError(f"checkov did not read every plan: {report['summary']}")
    return {
        name: {(found["check_id"], found["resource"]) for found in failed if Path(found["file_path"]).stem == name}
        for name in graphs
    }


def problems(found: set[tuple[str, str]], faulty: set[tuple[str, str]]) -> list[str]:
    """Return the reasons why the scan does not pass."""
    used: set[Accepted] = set()
    lines = []
    for check, resource in sorted(found):
        fitting = [item for item in ACCEPTED if item.check == check and re.match(item.resources, resource)]
        used.update(fitting)
        if not fitting:
            lines.append(
                f"finding: {check} on {resource}: mend it, or accept it with a reason in {Path(__file__).name}"
            )
    lines += [
        f"stale: {item.check} on {item.resources} is accepted, but no longer found" for item in {*ACCEPTED} - used
    ]
    caught = {check for check, _ in faulty}
    return lines + [
        f"blind: {check} does not find {key} {value!r}" for _, key, value, check in FAULTS if check not in caught
    ]


def main(arguments: list[str]) -> int:
    """Scan; 0 if it passes, 1 with the reasons if not, 2 if checkov is missing."""
    checkov = Path(arguments[0]) if arguments else CHECKOV
    if not checkov.exists():
        print(f"there is no {checkov}: run `make check`, which installs it", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as directory:
        project = make_project(Path(directory))
        default, everything, opened = run(project, {}), run(project, EVERYTHING), run(project, {"auth": "none"})
    # Of the open stack only the page is scanned: the stack's routes are open on purpose.
    page = Graph([known for known in opened.resources if known.name.startswith("page-")])
    found = scan(checkov, {"default": default, "everything": everything, "page": page, "faulty": seed(everything)})
    lines = problems(found["default"] | found["everything"] | found["page"], found["faulty"])
    print(
        "\n".join(lines)
        or f"checkov: {len(ACCEPTED)} accepted findings, {len(FAULTS)} seeded faults found, nothing else"
    )
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
