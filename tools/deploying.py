"""Write the figures of docs/deploying.md: `python -m tools.deploying`.

The numbers of resources come from recorded runs of the program, the costs from the benchmark's own code and prices.
Nothing is typed in by hand: after a change, run this again.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bench.cost.estimate import DEFAULT_MEMORY_MB, estimate, guess
from bench.cost.keep_alive import published_keep_alive
from bench.cost.model import HOURS_PER_MONTH, Assumptions, Billed, Costs, Usage, request_usd
from bench.cost.month import month_of
from bench.cost.prices import Prices, read_prices
from bench.cost.traffic import ALL
from bench.runs.plan import Axes, build_plan
from bench.text.numbers import money
from contract.bucket import BUNDLE_BYTES, GET_BYTES
from contract.checkout import ROOT
from contract.storages import IMAGE, NAMES, S3, STORAGES, USUAL_NAMES
from tests.stacks.support import project, recorder
from tools.generated import insert, write

PAGE = ROOT / "docs" / "deploying.md"
NAME = "figures"  # of the markers
# Services that are not called by their abbreviation; the others are written in capitals.
_SERVICES = {"apigatewayv2": "API Gateway", "cloudwatch": "CloudWatch", "ec2": "VPC", "lambda": "Lambda"}
_ENGINE, _ARCHITECTURE = "onnx", "arm64"
# Careful guesses, like those in bench.cost.estimate: how long the seeder copies, and the requests of a first hour.
_SEED_S, _SEEDER_MB = 60.0, 1024
_FIRST_REQUESTS = 10
_GB = 2**30  # as AWS bills it


def block() -> str:
    """Return the text between the markers: the number of resources, and their cost."""
    prices = read_prices()
    return "\n".join([*_resources(), "", *_costs(prices), *_others(prices)])


def count(graph: recorder.Graph) -> Counter[str]:
    """Return how many things of each service a recorded run makes in AWS, including those of awsx's components."""
    return Counter(service for resource in graph.resources for service in _made(resource.type, resource.inputs))


def _made(kind: str, inputs: dict[str, Any]) -> Iterator[str]:
    if kind.startswith("aws:"):
        service = kind.split(":")[1].partition("/")[0]
        yield _SERVICES.get(service, service.upper())
    elif kind == "awsx:ecr:Repository":
        yield "ECR"
        if not inputs.get("lifecyclePolicy", {}).get("skip"):
            yield "ECR"
    elif kind == "awsx:ecr:Image":
        yield "ECR"


def _resources() -> Iterator[str]:
    whole, *single = _runs([USUAL_NAMES, *((name,) for name in USUAL_NAMES)])
    parts = ", ".join(f"{service} {number}" for service, number in sorted(whole.items()))
    alone = ", ".join(f"{name} {run.total()}" for name, run in zip(USUAL_NAMES, single, strict=True))
    yield f"With the defaults {whole.total()} things are made in AWS: {parts}. With one backend alone: {alone}."


def _others(prices: Prices) -> Iterator[str]:
    """What a storage that is not among the defaults makes and costs, alone."""
    names = [name for name in NAMES if name not in USUAL_NAMES]
    for name, run in zip(names, _runs((name,) for name in names), strict=True):
        cost = guess(_usage(name), _ENGINE, prices)
        yield (
            f"With {name} alone, which is not among the defaults, {run.total()} things are made; an idle month costs "
            f"{money(cost.idle_month)}, 1,000 cold starts {money(1000 * cost.cold_start)}."
        )


def _runs(chosen: Iterable[tuple[str, ...]]) -> list[Counter[str]]:
    with tempfile.TemporaryDirectory() as directory:
        made = project.make_project(Path(directory))
        configs = ({"backends": list(names), "defaultBackend": names[-1]} for names in chosen)
        return [count(recorder.run(made, config)) for config in configs]


def _costs(prices: Prices) -> Iterator[str]:
    each = expected_costs(prices)
    run, keep_alive = estimate(build_plan(Axes(USUAL_NAMES)), prices, _ARCHITECTURE), published_keep_alive()
    yield (
        f"At prices of {prices.region}, {prices.date}, for idle environments that stay {keep_alive.middle_min:g} "
        f"minutes ({keep_alive.words} were measured by others):"
    )
    yield ""
    yield f"| | {' | '.join(USUAL_NAMES)} | together |"
    yield f"| --- |{' --- |' * len(USUAL_NAMES)} --- |"
    yield _row(f"the first hour, with {_FIRST_REQUESTS} requests each", [first_hour(n, each[n], prices) for n in each])
    yield _row("an idle month", [cost.idle_month for cost in each.values()])
    yield _row("1,000 cold starts", [1000 * cost.cold_start for cost in each.values()])
    yield _row("1,000 warm requests", [1000 * cost.warm_request for cost in each.values()])
    for traffic in ALL:
        months = [month_of(cost, traffic, keep_alive).usd for cost in each.values()]
        yield _row(f"a month, {traffic.rate}", months)
    ready = [cost.ready.month if cost.ready else 0.0 for cost in each.values()]
    yield _row("more a month with one environment of provisioned concurrency", ready)
    yield ""
    yield (
        f"One benchmark run of all of them: {money(run.usd)} and about {run.seconds / 60:.0f} minutes, "
        f"{run.requests} requests, of which {run.cold_starts} are cold starts."
    )
    image = Assumptions().image_base_bytes / _GB * prices["ecr_storage_gb_month"]
    yield (
        f"Every update that needs new images keeps the old ones, up to ten, for {money(image)} a month each, "
        f"{money(each[IMAGE.name].idle_month)} for {IMAGE.name}."
    )


def expected_costs(prices: Prices) -> dict[str, Costs]:
    """Return what each storage is expected to cost, by its name."""
    return {name: guess(_usage(name), _ENGINE, prices) for name in USUAL_NAMES}


def first_hour(backend: str, cost: Costs, prices: Prices) -> float:
    """Return USD for an hour's storage, for copying the weights, and for the first requests, one of them cold."""
    usd = cost.idle_month / HOURS_PER_MONTH + cost.cold_start + (_FIRST_REQUESTS - 1) * cost.warm_request
    written = STORAGES[backend].charged(None).gb_written
    return usd + (seeding(prices[written], prices) if written else 0.0)


def seeding(gb_written: float, prices: Prices) -> float:
    """Return USD for copying the bundle from S3 once, to where writing costs so much a GB."""
    copying = Billed(_SEED_S * 1e3, BUNDLE_BYTES, math.ceil(BUNDLE_BYTES / GET_BYTES))
    copy = request_usd(Usage(S3.name, _ARCHITECTURE, _SEEDER_MB), copying, prices, Assumptions())
    return copy + BUNDLE_BYTES / _GB * gb_written


def _usage(backend: str) -> Usage:
    return Usage(backend, _ARCHITECTURE, DEFAULT_MEMORY_MB)


def _row(what: str, usd: list[float]) -> str:
    return f"| {what} | {' | '.join(money(value) for value in [*usd, sum(usd)])} |"


def main() -> int:
    """Put the figures into the page; return 1, with a message, if there is no place for them."""
    try:
        write(PAGE, insert(PAGE.read_text(), NAME, block()))
    except (OSError, ValueError) as error:
        print(f"{PAGE}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
