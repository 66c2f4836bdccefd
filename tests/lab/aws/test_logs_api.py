"""CloudWatch Logs, as boto3 sees it."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from tests.lab.support.accounts import Served

GROUP = "/aws/lambda/witness"


def messages(served: Served, **query: object) -> list[str]:
    return [event["message"] for event in served.logs.filter_log_events(logGroupName=GROUP, **query)["events"]]


def test_report_is_found_by_request_id_and_stream(account: Served) -> None:
    state = account.invoke({})
    stream, request_id = state["variables"]["AWS_LAMBDA_LOG_STREAM_NAME"], state["request_id"]
    found = messages(account, logStreamNames=[stream], filterPattern=f'"{request_id}"')
    assert [message.split()[0] for message in found] == ["START", "END", "REPORT"]
    report = messages(account, filterPattern=f'REPORT "{request_id}"')
    assert len(report) == 1
    assert report[0].startswith(f"REPORT RequestId: {request_id}\tDuration: ")
    assert messages(account, logStreamNames=["another"], filterPattern=f'"{request_id}"') == []


def test_pages_are_complete_and_in_order(account: Served) -> None:
    for number in range(3):
        account.invoke({"do": "say", "value": f"line {number}"})
    everything = messages(account)
    pages = account.logs.get_paginator("filter_log_events").paginate(
        logGroupName=GROUP, PaginationConfig={"PageSize": 2}
    )
    assert [event["message"] for page in pages for event in page["events"]] == everything
    said = [message for message in everything if message.startswith("line")]
    assert said == sorted(said)


def test_times_limit_the_events(account: Served) -> None:
    account.invoke({"do": "say", "value": "early"})
    time.sleep(0.01)
    now = int(time.time() * 1000)
    account.invoke({"do": "say", "value": "late"})
    assert "early\n" in messages(account, endTime=now)
    assert "late\n" not in messages(account, endTime=now)
    assert "early\n" not in messages(account, startTime=now)
    assert "late\n" in messages(account, startTime=now)


def test_unknown_group(account: Served) -> None:
    with pytest.raises(ClientError) as error:
        account.logs.filter_log_events(logGroupName="/aws/lambda/nobody")
    assert error.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_unknown_operation(account: Served) -> None:
    with pytest.raises(ClientError) as error:
        account.logs.describe_log_groups()
    assert error.value.response["Error"]["Code"] == "UnknownOperationException"


@pytest.mark.parametrize("body", ["x", "[]"])
def test_query_that_is_no_object_is_told_so(account: Served, body: str) -> None:
    target = {"X-Amz-Target": "Logs_20140328.FilterLogEvents"}
    answer = account.request("POST", "/", body, "logs", **target)
    assert (answer.status_code, answer.json()["__type"]) == (400, "SerializationException")
