"""The outages that tests make are real ones, and end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.conftest import Lab
from tests.lab.support.outages import down, held


def ask(lab: Lab, backend: str) -> requests.Response:
    return requests.get(f"{lab.url}/{backend}/similar", params={"text": "a robot ran over a dog"}, timeout=60)


@pytest.mark.parametrize("backend", ["efs", "oci"])
def test_a_backend_without_its_model_is_down_and_the_others_are_not(lab: Lab, backend: str) -> None:
    other = "oci" if backend == "efs" else "efs"
    with down(lab.outputs, backend):
        answer = ask(lab, backend)
        assert (answer.status_code, answer.headers["X-Storage-Backend"]) == (503, backend)
        assert "is missing" in answer.text
        assert ask(lab, other).status_code == 200
    assert ask(lab, backend).status_code == 200


def test_a_held_backend_answers_when_it_is_released(lab: Lab) -> None:
    with held(lab.outputs) as release, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, lab, "s3")
        assert ask(lab, "efs").status_code == 200
        assert not waiting.done()
        release()
        assert waiting.result().status_code == 200
    assert ask(lab, "s3").headers["X-Invocation"] == "1", "the functions are as they were, and so started again"
