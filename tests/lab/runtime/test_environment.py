"""Execution environments: one process each, frozen in between, limited, and gone afterwards."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab.host import cgroups, janitor, ports
from lab.host.errors import LabError
from lab.host.ports import free_ports
from lab.runtime import function, memory
from tests.lab.support.accounts import FUNCTIONS, Served, gone, serve, wait_until, witness
from tests.lab.support.left import processes_of

REPORT = re.compile(
    r"REPORT RequestId: (?P<id>[0-9a-f-]{36})\tDuration: (?P<duration>[\d.]+) ms\tBilled Duration: (?P<billed>\d+) ms\t"
    r"Memory Size: (?P<size>\d+) MB\tMax Memory Used: (?P<used>\d+) MB\t(Init Duration: (?P<init>[\d.]+) ms\t)?"
    r"(Status: (?P<status>\w+)\t)?(Error Type: (?P<error>[\w.]+)\t)?"
)


def invoke_with_log(served: Served, order: object, name: str = "witness") -> tuple[Any, str]:
    answer = served.aws.invoke(FunctionName=name, Payload=json.dumps(order), LogType="Tail")
    return answer, base64.b64decode(answer["LogResult"]).decode()


def report_of(log: str) -> dict[str, str | None]:
    match = REPORT.fullmatch(log.splitlines()[-1])
    assert match, log
    return match.groupdict()


def test_cold_start_is_a_new_process_and_a_warm_one_is_not() -> None:
    with serve(witness()) as served:
        first, cold = invoke_with_log(served, {})
        second, warm = invoke_with_log(served, {})
    before, after = (json.loads(answer["Payload"].read()) for answer in (first, second))
    assert (before["call"], after["call"]) == (1, 2)
    assert before["pid"] == after["pid"]
    assert report_of(cold)["init"] is not None
    assert report_of(warm)["init"] is None
    assert "imported" in cold.splitlines()
    assert "imported" not in warm
    assert "INIT" not in cold + warm, "the event that starts INIT must not show"


def waiting(served: Served) -> list[psutil.Process]:
    """The emulators that have not begun INIT."""
    emulators = [psutil.Process(pid) for pid in processes_of(served.root.parent, served.root.name)]
    return [one for one in emulators if "aws-lambda-rie" in one.name() and not one.children()]


def test_an_environment_stands_by_where_the_next_start_would_be_cold() -> None:
    with serve(witness()) as served:
        wait_until(lambda: len(waiting(served)) == 1)
        first = waiting(served)[0]
        warm = served.invoke({})
        assert psutil.Process(warm["pid"]).ppid() == first.pid, "it was the one that stood by"
        assert waiting(served) == []
        served.aws.update_function_configuration(FunctionName="witness", Timeout=9)
        second = served.invoke({})
        assert second["call"] == 1
        assert second["remaining_ms"] <= 9_000, "it stood by with the new configuration"


def test_an_environment_stands_by_when_the_last_one_was_idle_for_too_long() -> None:
    with serve(witness(), idle_s=0.4) as served:
        pid = served.invoke({})["pid"]
        wait_until(lambda: gone(pid))
        wait_until(lambda: len(waiting(served)) == 1)


def test_an_emulator_that_ended_while_it_stood_by_is_replaced() -> None:
    with serve(witness()) as served:
        wait_until(lambda: len(waiting(served)) == 1)
        waiting(served)[0].kill()
        assert served.invoke({})["call"] == 1


def test_log_of_an_invocation_is_what_lambda_writes(account: Served) -> None:
    account.invoke({})
    answer, log = invoke_with_log(account, {"do": "say", "value": "hello"})
    request_id = answer["ResponseMetadata"]["RequestId"]
    lines = log.splitlines()
    assert lines[0] == f"START RequestId: {request_id} Version: $LATEST"
    assert sorted(lines[1:3]) == ["hello", "hello"]
    assert lines[3] == f"END RequestId: {request_id}"
    report = report_of(log)
    assert report["id"] == request_id
    assert int(str(report["billed"])) >= float(str(report["duration"]))


def test_reported_durations_are_those_of_the_phases() -> None:
    with serve(witness()) as served:
        started = time.monotonic()
        _, log = invoke_with_log(served, {"do": "sleep", "value": "0.3"})
        elapsed_ms = (time.monotonic() - started) * 1000
    report = report_of(log)
    init, duration, billed = (float(str(report[name])) for name in ("init", "duration", "billed"))
    assert duration >= 300
    assert init > 20, "a Python process does not start faster"
    assert init + duration <= elapsed_ms, "both lie within the client's request"
    assert init + duration <= billed < init + duration + 1.01


def test_function_sees_what_lambda_sets(account: Served) -> None:
    state = account.invoke({})
    variables = state["variables"]
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "witness"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "3008"
    assert variables["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/witness"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", variables["AWS_LAMBDA_LOG_STREAM_NAME"])
    assert 19_000 < state["remaining_ms"] <= 20_000


def test_parallel_requests_scale_out_and_serial_ones_do_not() -> None:
    with serve(witness()) as served:
        with ThreadPoolExecutor(3) as pool:
            order = {"do": "sleep", "value": "0.5"}
            pids = {answer["pid"] for answer in pool.map(lambda _: served.invoke(order), range(3))}
        assert len(pids) == 3
        again = [served.invoke({})["pid"] for _ in range(4)]
    assert len(set(again)) == 1, "the environment used last is used again"
    assert set(again) <= pids


def test_environments_have_a_private_tmp_that_goes_with_them() -> None:
    with serve(witness(), idle_s=0.4) as served:
        path = Path(served.invoke({"do": "write", "value": "mine"}))
        assert path.read_text() == "mine"
        assert path.is_relative_to(served.root)
        pid = served.invoke({})["pid"]
        wait_until(lambda: gone(pid))  # it was idle for too long
        wait_until(lambda: not path.parent.exists())
        assert served.invoke({})["pid"] != pid


def test_no_thread_of_the_function_runs_between_invocations(account: Served) -> None:
    before = account.invoke({})
    process = psutil.Process(before["pid"])
    assert process.status() == psutil.STATUS_STOPPED
    time.sleep(1)
    after = account.invoke({})
    assert after["pid"] == before["pid"]
    assert after["ticks"] - before["ticks"] < 100, "a second would be two hundred ticks"


def test_timeout_kills_the_environment_in_lambdas_words() -> None:
    with serve(witness(timeout_s=3)) as served:
        pid = served.invoke({})["pid"]
        answer, log = invoke_with_log(served, {"do": "sleep", "value": "20"})
        message = json.loads(answer["Payload"].read())["errorMessage"]
        assert answer["FunctionError"] == "Unhandled"
        assert re.fullmatch(r"\S+Z [0-9a-f-]{36} Task timed out after 3\.00 seconds", message)
        assert message in log
        assert report_of(log)["status"] == "timeout"
        assert report_of(log)["duration"] == "3000.00"
        wait_until(lambda: gone(pid))
        assert served.invoke({})["call"] == 1


def test_children_of_the_function_end_with_its_environment() -> None:
    with serve(witness()) as served:
        child = served.invoke({"do": "spawn", "value": "300"})
        assert psutil.pid_exists(child)
    wait_until(lambda: gone(child))


@pytest.mark.parametrize("cgroup", [True, False], ids=["cgroup", "watched"])
def test_more_memory_than_the_size_is_killed(cgroup: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not cgroup:
        monkeypatch.setattr(cgroups, "MEMORY_GROUPS", Path("/nonexistent"))
        monkeypatch.setattr(cgroups, "UNIFIED_GROUPS", Path("/nonexistent"))
    with serve(witness(memory_mb=128)) as served:
        assert served.invoke({"do": "hoard", "value": "40"}) == 40
        answer, log = invoke_with_log(served, {"do": "hoard", "value": "2000"})
        error = json.loads(answer["Payload"].read())
        assert answer["FunctionError"] == "Unhandled"
        assert error["errorType"] == "Runtime.ExitError"
        assert error["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
        assert report_of(log)["error"] == "Runtime.ExitError"
        assert int(str(report_of(log)["used"])) > 100
        assert served.invoke({"do": "hoard", "value": "1"}) == 1, "a new environment serves the next event"


def test_max_memory_used_is_the_peak_of_the_process() -> None:
    with serve(witness()) as served:
        _, small = invoke_with_log(served, {})
        _, large = invoke_with_log(served, {"do": "hoard", "value": "100"})
        used = [int(str(report_of(log)["used"])) for log in (small, large)]
    assert 100 <= used[1] - used[0] < 130


def test_exit_of_the_process_is_an_error_and_the_next_invocation_is_cold(account: Served) -> None:
    answer, log = invoke_with_log(account, {"do": "exit", "value": "3"})
    error = json.loads(answer["Payload"].read())
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Runtime exited with error: exit status 3")
    assert report_of(log)["status"] == "error"
    assert account.invoke({})["call"] == 1


def test_failed_init_is_run_again_within_the_invocation() -> None:
    with serve(witness("broken.handler", name="broken")) as served:
        answer, log = invoke_with_log(served, {}, "broken")
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorMessage"] == "this function cannot be initialised"
    phases = re.findall(r"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: (\w+)\tStatus: (\w+)\tError Type: (\w+)", log)
    assert phases == [("init", "error", "RuntimeError"), ("invoke", "error", "RuntimeError")]
    assert report_of(log)["init"] is None


def test_init_that_takes_too_long_is_run_again_under_the_functions_timeout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(function, "INIT_S", 1.0)
    spec = witness("slow_once.handler", name="slow", environment={"FIRST": str(tmp_path / "first")})
    with serve(spec) as served:
        answer, log = invoke_with_log(served, {}, "slow")
    assert json.loads(answer["Payload"].read()) == "at last"
    assert re.search(
        r"^INIT_REPORT Init Duration: [1-9]\d{3}\.\d\d ms\tPhase: init\tStatus: timeout$", log, re.MULTILINE
    )
    report = report_of(log)
    assert report["init"] is None
    assert float(str(report["duration"])) > 20, "the second INIT is part of the invocation"


def test_nothing_is_left_when_the_account_closes() -> None:
    with serve(witness()) as served:
        pid = served.invoke({})["pid"]
        root = served.root
        assert (janitor.MEMORY_GROUPS / root.name).exists() or memory.enforcement(root.name) != "memory cgroup"
    wait_until(lambda: gone(pid))
    assert not root.exists()
    assert not any((group / root.name).exists() for group in janitor.CGROUP_ROOTS)


def test_functions_do_not_see_the_labs_own_variables(account: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = account.invoke({})["variables"]
    assert "HOME" in os.environ
    assert variables["HOME"] != os.environ["HOME"]
    assert "PYTEST_CURRENT_TEST" not in variables
    assert str(FUNCTIONS) in variables["PYTHONPATH"]


def test_ports_are_never_handed_out_twice() -> None:
    """Otherwise two cold starts at once could get one port, and one would answer for the other."""
    given = [port for _ in range(500) for port in free_ports(2)]
    assert len(set(given)) == len(given)


def test_no_free_port_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "_PORTS", range(port, port + 1))
        with pytest.raises(LabError, match=f"no free port from {port} to {port} on this machine"):
            free_ports(1)
