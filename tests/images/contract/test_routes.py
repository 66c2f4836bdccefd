"""Each function has an answer for the routes that it serves, and keys of the HTTP API lead to it."""

from __future__ import annotations

import pytest

from contract.route_keys import encoder_keys, search_keys
from contract.routes import HEALTH, METHODS, NEED_INDEX, ROUTES
from similarity import encoder, search


def test_every_route_but_health_is_answered_by_the_function_that_serves_it() -> None:
    assert set(encoder.ANSWERS) == set(ROUTES) - {HEALTH.name}
    assert set(search.ANSWERS) == set(NEED_INDEX) - {HEALTH.name}


def test_other_origins_may_send_every_method_that_a_route_takes() -> None:
    assert {method for route in ROUTES.values() for method in route.methods} == set(METHODS)


@pytest.mark.parametrize("prefix", ["", "/s3", "/minilm/s3"])
def test_every_route_has_a_key_for_each_of_its_methods_and_just_one_function(prefix: str) -> None:
    keys = [*encoder_keys(prefix), *search_keys(prefix)]
    expected = {f"{method} {prefix}/{route.name}" for route in ROUTES.values() for method in route.methods}

    assert sorted(keys) == sorted({*expected, f"ANY {prefix}/{{proxy+}}" if prefix else "$default"})
