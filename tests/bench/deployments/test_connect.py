"""Every way to reach a target, over real sockets: stacks, signatures, tokens, direct invocations, failures."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.deployments.answer import parse_server_timing
from bench.deployments.auth import make_signer
from bench.deployments.doctor import clock_check, like_for_like
from bench.deployments.functions import Functions
from bench.deployments.outputs import parse_outputs, read_outputs
from bench.process.errors import EXIT_USAGE, StorageError, TargetError, UsageError
from bench.runs.records import End
from bench.runs.store import RESULTS, Recorder, read_run
from contract.checkout import ROOT
from tests.bench.support.command import RUN, bench, write_outputs
from tests.bench.support.simulator import Account, Truth, outputs, serve

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture
def account() -> Account:
    return Account(Truth(cold=lambda backend, engine, rng: 20.0, warm=lambda backend, engine, rng: 4.0))


@pytest.fixture
def url(account: Account) -> Iterator[str]:
    with serve(account) as address:
        yield address


@pytest.fixture
def outputs_file(account: Account, url: str, tmp_path: Path) -> Callable[..., Path]:
    def write(**changes: Any) -> Path:
        return write_outputs(tmp_path, url, account, **changes)

    return write


def test_a_first_cold_start_that_a_deployment_has_made_already_is_not_measured(
    outputs_file: Callable[..., Path], tmp_path: Path
) -> None:
    done = bench(
        "run", "--outputs", outputs_file(primed=True), "--first-deploy", "1", "--out", tmp_path / "run", **KEYS
    )
    assert done.returncode == EXIT_USAGE
    assert "`pulumi config set prime false`" in done.stderr
    assert not (tmp_path / "run" / RESULTS).exists()


def test_the_key_of_a_lab_is_used_and_neither_recorded_nor_shown(account: Account, url: str) -> None:
    key = {"accessKeyId": "LAB0", "secretAccessKey": "not for files"}
    deployment = parse_outputs({**outputs(url, url, account), **key})
    credentials = Functions(deployment).session.get_credentials()
    assert (credentials.access_key, credentials.secret_key) == ("LAB0", "not for files")
    for shown in (repr(deployment), json.dumps(deployment.recorded())):
        assert "not for files" not in shown
        assert "LAB0" not in shown


def test_a_stack_is_read_with_pulumi(account: Account, outputs_file: Callable[..., Path], tmp_path: Path) -> None:
    stand_in = tmp_path / "bin" / "pulumi"
    stand_in.parent.mkdir()
    log = tmp_path / "asked"
    stand_in.write_text(f'#!/bin/sh\necho "$@" > {log}\ncat {outputs_file()}\n')
    stand_in.chmod(0o755)
    path = f"{stand_in.parent}:{os.environ['PATH']}"
    done = bench("--stack", "dev", "--cold", 1, "--warm", 1, "--out", tmp_path / "run", PATH=path)
    assert done.returncode == 0, done.stderr
    assert log.read_text().strip() == "stack output --json --stack dev"
    stand_in.write_text("#!/bin/sh\necho no stack named dev >&2\nexit 255\n")
    refused = bench("--stack", "dev", "--out", tmp_path / "other", PATH=path)
    assert refused.returncode == 3
    assert "no stack named dev" in refused.stderr
    missing = bench("--stack", "dev", "--out", tmp_path / "third", PATH="/nonexistent")
    assert missing.returncode == 3
    assert "pulumi is not installed" in missing.stderr


def test_requests_to_an_iam_api_carry_a_valid_signature(
    account: Account, url: str, outputs_file: Callable[..., Path], tmp_path: Path
) -> None:
    options = ("--backends", "s3", "--cold", 1, "--warm", 1, "--out", tmp_path / "run")
    done = bench("--outputs", outputs_file(authMode="iam"), *options, **KEYS)
    assert done.returncode == 0, done.stderr
    signed = [headers for headers in account.seen_headers if "/execute-api/" in headers.get("Authorization", "")]
    assert len(signed) >= 4


def test_the_signature_is_the_one_botocore_would_check() -> None:
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI")
    sign = make_signer("iam", "us-east-1", lambda: credentials)
    request = requests.Request(
        "POST", "http://api.example/s3/similar", data=b'{"text":"x"}', headers={"Content-Type": "application/json"}
    ).prepare()
    sign(request)
    again = AWSRequest("POST", request.url, data=request.body, headers={"Content-Type": "application/json"})
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    signer = SigV4Auth(credentials, "execute-api", "us-east-1")
    again.headers["X-Amz-Date"] = request.headers["X-Amz-Date"]
    expected = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    assert request.headers["Authorization"].endswith(f"Signature={expected}")
    assert "content-type;host;x-amz-date" in request.headers["Authorization"]


def test_auth_that_lacks_something_says_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCH_TOKEN", raising=False)
    with pytest.raises(TargetError, match="BENCH_TOKEN"):
        make_signer("jwt", "us-east-1", lambda: None)
    with pytest.raises(TargetError, match="no AWS credentials"):
        make_signer("iam", "us-east-1", lambda: None)
    with pytest.raises(TargetError, match="unknown auth mode"):
        make_signer("magic", "us-east-1", lambda: None)


def test_requests_to_a_jwt_api_carry_the_token(
    account: Account, outputs_file: Callable[..., Path], tmp_path: Path
) -> None:
    options = ("--backends", "s3", "--cold", 1, "--warm", 0, "--out", tmp_path / "run")
    done = bench("--outputs", outputs_file(authMode="jwt"), *options, BENCH_TOKEN="abc.def")
    assert done.returncode == 0, done.stderr
    assert "Bearer abc.def" in {headers.get("Authorization") for headers in account.seen_headers}
    assert "abc.def" not in (tmp_path / "run" / "results.jsonl").read_text()


def test_both_arms_memory_sizes_and_bursts_in_one_run(
    account: Account, outputs_file: Callable[..., Path], tmp_path: Path
) -> None:
    axes = ("--backends", "s3", "--arms", "http,invoke", "--memory", "1024,2048", "--cold", 2, "--warm", 2)
    done = bench("--outputs", outputs_file(), *axes, "--bursts", "1", "--out", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    shown = {(item["arm"], item["memory_mb"]): item["cold"]["n"] for item in summary["variants"]}
    assert shown == {(arm, memory): 2 for arm in ("http", "invoke") for memory in (1024, 2048)}
    bursts = [(item["kind"], item["requests"], item["cold"]) for item in summary["other_cold_starts"]]
    assert bursts == [("scale-out", 2, 0)] * 2
    assert {sample.seen.log_tail == () for sample in read_run(tmp_path / "run").samples} == {True, False}
    assert account.functions["s3"].memory_mb == 2048
    assert summary["ping_ms"] is not None


def test_a_run_that_is_broken_off_is_resumed_from_the_command_line(
    outputs_file: Callable[..., Path], tmp_path: Path
) -> None:
    out, file = tmp_path / "run", outputs_file()
    assert bench("--outputs", file, "--out", out, "--cold", 3, "--warm", 3).returncode == 0
    lines = (out / "results.jsonl").read_bytes().splitlines(keepends=True)
    (out / "results.jsonl").write_bytes(b"".join(lines[:14]))
    assert bench("report", out, "--json").returncode in (0, 4)
    done = bench("--outputs", file, "--resume", out, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["meta"]["sessions"] == 2
    assert [(item["cold"]["n"], item["warm"]["n"]) for item in summary["variants"]] == [(3, 3)] * 3
    again = bench("--outputs", file, "--resume", out, "--json")
    assert json.loads(again.stdout) == summary


def test_spending_is_asked_for_before_anything_is_sent(
    account: Account, outputs_file: Callable[..., Path], tmp_path: Path
) -> None:
    file, options = outputs_file(target="aws"), ("--cold", 1, "--warm", 0, "--backends", "s3")
    refused = bench("--outputs", file, *options, "--spend", 0.0001, "--out", tmp_path / "no", **KEYS)
    assert refused.returncode == 2
    assert "--spend" in refused.stderr
    assert account.updates == 0
    allowed = bench("--outputs", file, *options, "--spend", 0.0001, "--yes", "--out", tmp_path / "yes", **KEYS)
    assert allowed.returncode == 0, allowed.stderr
    assert "not AWS figures" not in allowed.stdout


def test_compare_and_choose_read_runs(outputs_file: Callable[..., Path], tmp_path: Path) -> None:
    options = ("--cold", 6, "--warm", 6, "--backends", "s3,oci")
    for name, target in (("a", "lab"), ("b", "lab"), ("c", "aws")):
        file = outputs_file(target=target)
        assert bench("--outputs", file, *options, "--out", tmp_path / name, "--yes", **KEYS).returncode == 0
    same = bench("compare", tmp_path / "a", tmp_path / "b", "--json")
    assert same.returncode == 0, same.stderr
    assert len(json.loads(same.stdout)["changes"]) == 4
    refused = bench("compare", tmp_path / "a", tmp_path / "c")
    assert refused.returncode == 2
    assert "--anyway" in refused.stderr
    assert bench("compare", tmp_path / "a", tmp_path / "c", "--anyway").returncode == 0
    asked = ("choose", tmp_path / "a", "--requests-per-hour", 60, "--objective", 20_000, "--json")
    undecided = bench(*asked)  # six visits cannot show that 95 % are in time
    assert undecided.returncode == 1
    assert {option["verdict"] for option in json.loads(undecided.stdout)["options"]} == {"undecided"}
    met = bench(*asked, "--share", 0.5)
    assert met.returncode == 0, met.stderr
    assert all(option["meets"] for option in json.loads(met.stdout)["options"])
    trace = tmp_path / "trace"
    trace.write_text("\n".join(str(100 * number) for number in range(50)))
    unmet = bench("choose", tmp_path / "a", "--trace", trace, "--objective", 0.001)
    assert unmet.returncode == 1
    assert "No storage" in unmet.stdout


def test_doctor_overhead_and_load_drive_a_target(outputs_file: Callable[..., Path], tmp_path: Path) -> None:
    healthy = bench("doctor", "--outputs", outputs_file())
    assert healthy.returncode == 0, healthy.stdout
    assert healthy.stdout.count("answers with the deployed bundle") == 3
    other = bench("doctor", "--outputs", outputs_file(bundleHash="e" * 64))
    assert other.returncode == 1
    assert "seed" in other.stdout
    overhead = bench("overhead", "--outputs", outputs_file())
    assert overhead.returncode == 0, overhead.stderr
    assert "of 299 requests" in overhead.stdout
    load = bench("load", "--outputs", outputs_file(), "--rate", 20, "--duration", 1, "--out", tmp_path / "load")
    assert load.returncode == 0, load.stderr
    derived = (tmp_path / "load" / "load.json").read_bytes()
    assert bench("report", tmp_path / "load").returncode == 0
    assert (tmp_path / "load" / "load.json").read_bytes() == derived


def test_doctor_finds_a_target_that_is_not_there(tmp_path: Path, account: Account) -> None:
    done = bench("doctor", "--outputs", write_outputs(tmp_path, "http://127.0.0.1:9", account))
    assert done.returncode == 1
    assert "is it deployed?" in done.stdout


def test_clock_and_likeness_are_judged() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert clock_check(format_datetime(now), now).level == "ok"
    assert clock_check(format_datetime(now - timedelta(minutes=6)), now).level == "fail"
    assert [check.level for check in like_for_like({"a": {"MemorySize": 1}, "b": {"MemorySize": 2}})] == ["fail"]
    assert list(like_for_like({"a": {"MemorySize": 1}, "b": {"MemorySize": 1}})) == []


def test_a_full_disk_ends_the_run_and_keeps_what_was_measured(
    outputs_file: Callable[..., Path], tmp_path: Path
) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    out = tmp_path / "run"
    command = [*RUN, "--outputs", str(outputs_file()), "--out", str(out), "--cold", "50"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, preexec_fn=small_files)
    assert done.returncode == 5
    assert "--resume" in done.stderr
    assert len(read_run(out).samples) >= 5
    assert bench("report", out).returncode in (0, 4)
    assert (out / "report.html").exists()


def test_a_recorder_says_that_the_disk_is_full() -> None:
    recorder = Recorder(Path("/dev/full"))
    with pytest.raises(StorageError, match="No space left"):
        recorder.append(End(1, "now", "complete"))


@pytest.mark.parametrize("missing", ["apiUrl", "backends", "bundleHash"])
def test_outputs_that_lack_something_say_what(missing: str, account: Account, tmp_path: Path) -> None:
    given = outputs("http://x", None, account)
    del given[missing]
    with pytest.raises(UsageError, match=missing):
        parse_outputs(given)
    file = tmp_path / "outputs.json"
    file.write_text("[]")
    with pytest.raises(UsageError, match="no JSON object"):
        read_outputs(file)
    file.write_text("{")
    with pytest.raises(UsageError, match="is not JSON"):
        read_outputs(file)


def test_server_timing_is_read_as_far_as_it_can_be() -> None:
    header = 'boot;dur=12.5, init;desc="x";dur=3, broken;dur=abc, bare, handler;dur="7.25"'
    assert parse_server_timing(header) == {"boot": 12.5, "init": 3.0, "handler": 7.25}
    assert parse_server_timing("") == {}
    both = "boot;dur=12.5;start=0;core=9.25, handler;dur=1;core=-1"
    assert parse_server_timing(both, "core") == {"boot": 9.25}
