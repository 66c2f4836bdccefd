"""Situations and parameters for the tests of the calculator."""

from dataclasses import replace

import numpy
from hypothesis import strategies as st

from bench.predict.parameters import PARAMETERS, Parameters
from bench.predict.situation import INIT_BUDGET_MS, Fetch, Situation, Work, fetch_of
from bench.predict.spread import between, fixed
from contract.engines import ENGINES, ONNX
from contract.storages import S3, STORAGES

PREDICTED = [each for each in STORAGES.values() if each.published]
WORK = Work(
    boot=between(80, 90, 100),
    imports=between(110, 120, 300),
    load=between(20, 30, 60),
    tokenize=fixed(1),
    first_encode=between(60, 70, 90),
    encode=between(40, 45, 60),
    rank=fixed(0.4),
    handler=fixed(1),
    cores=2.0,
)


def situation(storage, **changes):
    """Our function with 340 MB of weights at 1,769 MB of memory."""
    ours = Situation(
        storage=storage,
        memory_mb=1769,
        first_deploy=False,
        engine=ONNX,
        fetch=Fetch((340e6 / 52,) * 52, 8),
        work=WORK,
        code_bytes=60e6,
    )
    return replace(ours, **changes)


def at(quantiles):
    """The parameters at these quantiles, by name."""
    return Parameters(**{name: PARAMETERS[name].spread.at(numpy.array([float(q)])) for name, q in quantiles.items()})


quantiles = st.fixed_dictionaries({name: st.floats(0, 1) for name in PARAMETERS})
parameters = quantiles.map(at)
sizes = st.integers(0, 2 * 10**9).map(float)
fetches = st.builds(
    lambda bytes_, engine, readers: replace(fetch_of(S3, engine, bytes_), readers=readers),
    sizes,
    st.sampled_from(ENGINES),
    st.integers(1, 64),
)
situations = st.builds(
    Situation,
    storage=st.sampled_from(PREDICTED),
    memory_mb=st.integers(128, 10_240),
    first_deploy=st.booleans(),
    engine=st.sampled_from(ENGINES),
    fetch=fetches,
    work=st.builds(replace, st.just(WORK), cores=st.floats(0.1, 16)),
    code_bytes=st.floats(0, 1e9),
    ends_init_ms=st.sampled_from([None, INIT_BUDGET_MS]),
    one_after_the_other=st.booleans(),
)
