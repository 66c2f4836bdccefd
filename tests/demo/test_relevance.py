"""With real weights rankings mean something: people's words for an incident find it, over HTTP.

The queries were written from the incidents' titles alone, before any answer was seen, and were not changed after.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.conftest import Lab

QUERIES = {
    "A pedestrian was struck and killed by a self-driving car while crossing the road at night": 4,
    "Innocent man jailed after facial recognition software confused him with a shoplifter": 74,
    "Attorney submitted a legal brief citing court decisions that an AI had made up": 541,
    "Résumé screening AI rated women lower than men for engineering jobs": 37,
    "Finance worker tricked into wiring millions by a fake video conference with the chief financial officer": 634,
    "Airline bot promised a bereavement refund that the company then refused to pay": 639,
    "Car with driver assistance switched on drove under a lorry and its driver died": 52,
    "An AI programming assistant wiped our live data although it was told not to change anything": 1152,
    "Students' grades were lowered by a formula during the pandemic": 374,
    "Automated trading made share prices collapse and recover within minutes": 28,
    "Fake phone calls imitating the president discouraged people from voting in the primary": 628,
    "A robot grabbed and broke a boy's finger during a game": 241,
    "Man killed himself after weeks of conversation with an AI companion about climate fears": 505,
    "Tax authority wrongly accused thousands of parents of fraud over child care allowances": 101,
    "Hospital software for predicting blood poisoning missed most patients": 123,
    "Bot for people with anorexia recommended counting calories and losing weight": 545,
    "Police took a man in because his post was translated wrongly": 72,
    "House-flipping business lost money because its price predictions were off": 149,
    "Website rejected my passport picture because it thought my eyes were shut": 48,
    "Customer service bot insulted its own firm": 631,
}
BAR = 0.95  # share of right first answers


@pytest.fixture(scope="module")
def answers(two_models: Lab) -> dict[str, list[dict[str, Any]]]:
    """The three nearest incidents of each query."""
    found = {}
    for text in QUERIES:
        reply = requests.post(f"{two_models.url}/minilm/s3/similar", json={"text": text, "num": 3}, timeout=60)
        assert reply.status_code == 200, reply.text
        assert reply.headers["X-Weights"] == "package"
        found[text] = reply.json()["body"]["results"]
    return found


def test_a_pedestrian_struck_by_a_self_driving_car_is_the_incident_in_tempe(
    answers: dict[str, list[dict[str, Any]]],
) -> None:
    text = next(iter(QUERIES))
    assert answers[text][0]["title"] == "Uber self-driving test car killed a pedestrian in Tempe"


def test_the_first_answer_is_most_often_the_right_one(
    answers: dict[str, list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    right = [text for text, wanted in QUERIES.items() if answers[text][0]["incident_id"] == wanted]
    with capsys.disabled():
        print(f"\nright first answers: {len(right)} of {len(QUERIES)} ({len(right) / len(QUERIES):.0%})")
        for text in QUERIES.keys() - set(right):
            print(f"  not first: {text!r}; first is {answers[text][0]['title']!r}")
    assert len(right) / len(QUERIES) >= BAR


def test_right_answers_stand_out_from_the_others(answers: dict[str, list[dict[str, Any]]]) -> None:
    """A Longformer without fine-tuning differs: its similarities are all 0.98 or more."""
    for text, wanted in QUERIES.items():
        first, second = answers[text][:2]
        if first["incident_id"] == wanted:
            assert second["similarity"] < first["similarity"] < 0.98
