"""The Lambda API, as boto3 sees it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from botocore.exceptions import ClientError

from contract.limits import PAYLOAD
from tests.lab.support.accounts import Served, gone, serve, wait_until, witness


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_get_function_describes_the_configuration(account: Served) -> None:
    described = account.aws.get_function(FunctionName="witness")["Configuration"]
    assert described["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:witness"
    assert (described["MemorySize"], described["Timeout"]) == (3008, 20)
    assert (described["State"], described["LastUpdateStatus"]) == ("Active", "Successful")
    assert described["LoggingConfig"]["LogGroup"] == "/aws/lambda/witness"
    assert account.aws.get_function_configuration(FunctionName=described["FunctionArn"])["RevisionId"]


def test_unknown_function(account: Served) -> None:
    for call in (account.aws.get_function, account.aws.get_function_configuration, account.aws.invoke):
        with pytest.raises(ClientError) as error:
            call(FunctionName="nobody")
        assert code(error) == ("ResourceNotFoundException", 404)
        assert "function:nobody" in str(error.value)


def test_error_of_the_function_is_marked(account: Served) -> None:
    answer = account.aws.invoke(FunctionName="witness", Payload=json.dumps({"do": "raise", "value": "boo"}))
    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    error = json.loads(answer["Payload"].read())
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "boo")


def test_result_that_looks_like_an_error_is_none(account: Served) -> None:
    result = {"errorType": "ValueError", "errorMessage": "boo", "requestId": "another", "stackTrace": []}
    assert account.invoke({"do": "answer", "value": json.dumps(result)}) == result


def test_event_arrives_as_sent(account: Served) -> None:
    event = {"do": "echo", "text": "Grüße, 世界", "none": None, "list": [1, 2.5, "\x00"]}
    assert account.invoke(event) == event


@pytest.mark.parametrize(
    "event", [b"INIT", b'{"num": NaN}', b"[-Infinity]", b"[" * 100_000], ids=["word", "nan", "infinity", "deep"]
)
def test_event_must_be_json(account: Served, event: bytes) -> None:
    with pytest.raises(ClientError) as error:
        account.aws.invoke(FunctionName="witness", Payload=event)
    assert code(error) == ("InvalidRequestContentException", 400)


def test_payload_limit_in_both_directions(account: Served) -> None:
    with pytest.raises(ClientError) as error:
        account.aws.invoke(FunctionName="witness", Payload=json.dumps("x" * PAYLOAD))
    assert code(error) == ("RequestTooLargeException", 413)
    answer = account.aws.invoke(FunctionName="witness", Payload=json.dumps({"do": "big", "value": str(PAYLOAD + 1000)}))
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"
    assert account.invoke({})["call"] == 1


@pytest.fixture
def slow_update() -> Iterator[tuple[Served, threading.Event, list[int]]]:
    """An account whose updates last until the event is set, and the list that its preparation fills."""
    release, preparations = threading.Event(), []

    async def prepare() -> None:
        preparations.append(1)
        while not release.is_set():
            await asyncio.sleep(0.01)

    with serve(witness(environment={"KEEP": "this"}), prepare=prepare) as served:
        yield served, release, preparations


def test_update_retires_prepares_and_then_is_successful(
    slow_update: tuple[Served, threading.Event, list[int]],
) -> None:
    served, release, preparations = slow_update
    before = served.aws.get_function_configuration(FunctionName="witness")
    pid = served.invoke({})["pid"]
    variables = {**before["Environment"]["Variables"], "CONFIG_NONCE": "n1"}
    updated = served.aws.update_function_configuration(
        FunctionName="witness", Environment={"Variables": variables}, MemorySize=512, Timeout=7
    )
    assert updated["LastUpdateStatus"] == "InProgress"
    assert updated["RevisionId"] != before["RevisionId"]
    wait_until(lambda: bool(preparations))
    assert gone(pid), "the storage is prepared when no environment has its files open any more"
    with pytest.raises(ClientError) as error:
        served.aws.update_function_configuration(FunctionName="witness", Timeout=8)
    assert code(error) == ("ResourceConflictException", 409)
    with ThreadPoolExecutor(1) as pool:
        invocation = pool.submit(served.invoke, {})
        time.sleep(0.1)
        assert not invocation.done(), "an invocation waits for the update, or it would warm the cache"
        release.set()
        state = invocation.result()
    served.aws.get_waiter("function_updated_v2").wait(FunctionName="witness", WaiterConfig={"Delay": 1})
    after = served.aws.get_function_configuration(FunctionName="witness")
    assert after["LastUpdateStatus"] == "Successful"
    assert (after["MemorySize"], after["Timeout"]) == (512, 7)
    assert (state["variables"]["KEEP"], state["variables"]["CONFIG_NONCE"]) == ("this", "n1")
    assert state["pid"] != pid
    assert 6_000 < state["remaining_ms"] <= 7_000


def test_update_waits_for_a_running_invocation() -> None:
    with serve(witness()) as served, ThreadPoolExecutor(1) as pool:
        process = psutil.Process(served.invoke({})["pid"])
        running = pool.submit(served.invoke, {"do": "sleep", "value": "0.7"})
        wait_until(lambda: process.status() != psutil.STATUS_STOPPED)
        served.aws.update_function_configuration(FunctionName="witness", Timeout=9)
        assert running.result()["call"] == 2
        assert served.invoke({})["call"] == 1


def test_failed_preparation_fails_the_update() -> None:
    async def prepare() -> None:
        raise OSError("no such disk")

    with serve(witness(), prepare=prepare) as served:
        served.aws.update_function_configuration(FunctionName="witness", Timeout=9)

        def described() -> dict[str, str]:
            return dict(served.aws.get_function_configuration(FunctionName="witness"))

        wait_until(lambda: described()["LastUpdateStatus"] != "InProgress")
        assert described()["LastUpdateStatus"] == "Failed"
        assert "no such disk" in described()["LastUpdateStatusReason"]


@pytest.mark.parametrize(
    "change",
    [
        {"MemorySize": 127},
        {"MemorySize": 10_241},
        {"Timeout": 0},
        {"Timeout": 901},
        {"Environment": {"Variables": {"CONFIG_NONCE": "x" * 4096}}},
        {"Environment": {"Variables": {"CONFIG_NONCE": 1}}},
        {"Description": "the lab cannot"},
    ],
)
def test_update_refuses_what_lambda_refuses(account: Served, change: dict[str, object]) -> None:
    before = account.aws.get_function_configuration(FunctionName="witness")
    with pytest.raises(ClientError) as error:
        account.aws.update_function_configuration(FunctionName="witness", **change)
    assert code(error) == ("InvalidParameterValueException", 400)
    assert account.aws.get_function_configuration(FunctionName="witness")["RevisionId"] == before["RevisionId"]


@pytest.mark.parametrize("body", ["[]", '"x"', "{", '{"Environment": null}', '{"Environment": {"Variables": 1}}'])
def test_update_that_is_no_object_is_told_so(account: Served, body: str) -> None:
    answer = account.request("PUT", "/2015-03-31/functions/witness/configuration", body)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "SerializationException")


def test_stale_revision_is_refused(account: Served) -> None:
    with pytest.raises(ClientError) as error:
        account.aws.update_function_configuration(FunctionName="witness", Timeout=9, RevisionId="old")
    assert code(error) == ("PreconditionFailedException", 412)


def test_asynchronous_invocation_is_not_offered(account: Served) -> None:
    with pytest.raises(ClientError) as error:
        account.aws.invoke(FunctionName="witness", InvocationType="Event")
    assert code(error) == ("InvalidParameterValueException", 400)
