"""There are as many environments as the machine has room for; requests beyond that are throttled."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import requests
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lab.runtime.capacity import MAX_ENVIRONMENTS, Capacity, Need
from tests.lab.support.accounts import Served, serve, witness

SLEEP = {"do": "sleep", "value": "1.5"}


@dataclass
class Tenant:
    need: Need
    size: int = 0


@pytest.fixture
def served() -> Iterator[Served]:
    """Room for three environments of 400 MB beside one of another function that takes 100 MB."""
    big = witness(need=Need(400, 10))
    small = witness(name="small", need=Need(100))
    with serve(big, small, capacity=Capacity(1_300, 1_000)) as served:
        yield served


def invoke(served: Served, name: str) -> str:
    try:
        served.aws.invoke(FunctionName=name, Payload=json.dumps(SLEEP))
    except ClientError as error:
        return f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Code']}"
    return "answered"


def test_what_the_machine_has_no_room_for_is_throttled_and_said(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.invoke({}, "small")
    with caplog.at_level(logging.WARNING), ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: invoke(served, "witness"), range(8)))
    assert sorted(said) == ["429 TooManyRequestsException"] * 5 + ["answered"] * 3
    assert (
        "witness is throttled: its 3 environments are busy, and another one's 400 MB of memory do not fit"
        in caplog.text
    )
    assert served.invoke({})["call"] == 2, "what is idle is used again"


def test_idle_environments_of_another_function_make_room() -> None:
    with serve(witness(need=Need(400)), witness(name="other", need=Need(400)), capacity=Capacity(1_300, 1_000)) as both:
        for name in ("other", "witness"):
            with ThreadPoolExecutor(3) as pool:
                assert list(pool.map(lambda _, name=name: invoke(both, name), range(3))) == ["answered"] * 3
        assert both.invoke({})["call"] == 2, "those of the function itself are kept"


def test_over_http_it_is_503_as_api_gateway_says(served: Served) -> None:
    def ask(_: int) -> int:
        return requests.get(f"{served.api_url}/similar", params=SLEEP, timeout=60).status_code

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(ask, range(5))) == [200] * 3 + [503] * 2


def test_copies_in_tmp_count() -> None:
    tenant = Tenant(Need(1, 600), 1)
    assert "600 MB of disk do not fit" in Capacity(10_000, 1_000).refusal(tenant, [tenant])
    assert Capacity(10_000, 1_200).refusal(tenant, [tenant]) == ""


@given(st.lists(st.builds(Need, st.integers(1, 900), st.integers(0, 900)), min_size=1, max_size=4), st.data())
def test_no_order_of_requests_takes_more_than_there_is_beyond_one_each(needs: list[Need], data: st.DataObject) -> None:
    capacity = Capacity(data.draw(st.integers(0, 5_000)), data.draw(st.integers(0, 5_000)))
    tenants = [Tenant(need) for need in needs]
    for _ in range(100):
        tenant = data.draw(st.sampled_from(tenants))
        tenant.size += not capacity.refusal(tenant, tenants)
        assert tenant.size <= MAX_ENVIRONMENTS
    for member in ("memory_mb", "disk_mb"):
        beyond = [tenant for tenant in tenants if tenant.size > 1 and getattr(tenant.need, member)]
        taken = sum(getattr(tenant.need, member) * tenant.size for tenant in tenants)
        firsts = sum(getattr(tenant.need, member) for tenant in tenants)
        assert not beyond or taken <= getattr(capacity, member) + firsts


def test_a_machine_has_some_room(tmp_path_factory: pytest.TempPathFactory) -> None:
    capacity = Capacity.of_machine(tmp_path_factory.getbasetemp())
    assert capacity.memory_mb > 0 < capacity.disk_mb
    assert f"{capacity.memory_mb} MB of memory" in capacity.sentence
