"""Lists the parameters of Lambda that a time depends on, and draws them from the published figures.

All parameters are drawn independently of each other, once for all situations of a prediction: two storages are compared
under the same burst rate, the same core and the same API. What the figures say of one thing is one parameter: the time
outside REPORT, for example, is one draw for the images of all storages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy

from bench.predict.spread import Spread, Values, between
from published.read import number

DRAWS = 2_000
SEED = 20_261_128  # fixed: the same run must give the same prediction, byte for byte
_MB, _MIB, _KIB = 1e6, float(1 << 20), float(1 << 10)


@dataclass(frozen=True)
class Parameters:
    """Lambda, as numbers: each field is an array with a number for each draw. In ms, bytes, and bytes a second.

    - `mb_per_core`, `init_cores`: the memory that buys a core; the least cores during INIT
    - `core_time`: how long a core of Lambda takes for what takes the measuring machine's core one
    - `parallel_share`: the share of an encoding that more cores make shorter
    - `measured`: which quantile of the run's own times holds; the same for all of them
    - `outside_ms`, `vpc_ms`, `api_ms`, `invoke_ms`: what a caller waits outside REPORT: at a cold start, more in a VPC,
      in the HTTP API, and at a warm request
    - `burst`, `burst_bytes`, `steady`: an environment's network: `burst_bytes` come at `burst`, the rest at `steady`
    - `connect_ms`, `first_byte_ms`, `connection`, `bucket_core_ms`: S3: opening a connection, the wait for an answer,
      the rate of a connection, and the core time of receiving a MB
    - `file_ms`, `stream`, `client`, `stream_gain`: EFS: opening a small file, one stream, all streams at most; and how
      much of a further stream's rate comes on top (0: all streams share one's, 1: they add up)
    - `chunk`, `chunk_first_ms`, `chunk_later_ms`, `depth_gain`, `new_code`: the image: a chunk, its time when it was
      never read since a deployment and later; how much a further read at the same time gains; and which share of the
      code's chunks is new after a deployment (all of the weights' are)
    - `file_core_ms`, `tokenizer_ms`: the core time of reading a MB of a file system, and of the tokenizer's process
    """

    mb_per_core: Values
    init_cores: Values
    core_time: Values
    parallel_share: Values
    measured: Values
    outside_ms: Values
    vpc_ms: Values
    api_ms: Values
    invoke_ms: Values
    burst: Values
    burst_bytes: Values
    steady: Values
    connect_ms: Values
    first_byte_ms: Values
    connection: Values
    bucket_core_ms: Values
    file_ms: Values
    stream: Values
    client: Values
    stream_gain: Values
    chunk: Values
    chunk_first_ms: Values
    chunk_later_ms: Values
    depth_gain: Values
    new_code: Values
    file_core_ms: Values
    tokenizer_ms: Values


@dataclass(frozen=True)
class Parameter:
    """A parameter: what it is `called` in reports, the published `figures` it comes from (by key), and its spread."""

    called: str
    figures: tuple[str, ...]
    spread: Spread


def parameter(name: str) -> Parameter:
    """The parameter of a field of Parameters. Raises KeyError for another name."""
    return PARAMETERS[name]


def drawn() -> tuple[str, ...]:
    """The names of the parameters that are uncertain."""
    return tuple(name for name, found in PARAMETERS.items() if len({value for _, value in found.spread.points}) > 1)


def draw(count: int = DRAWS, seed: int = SEED, fibonacci_ms: float | None = None) -> Parameters:
    """So many draws of all parameters, evenly over the quantiles of each (a Latin hypercube).

    `fibonacci_ms`: what a core of the measuring machine takes for the task of `core-fibonacci`. Without it nothing is
    known of that machine, and the wide assumption `core-time` holds.
    """
    known = {} if fibonacci_ms is None else _calibrated(fibonacci_ms)
    generator = numpy.random.default_rng(seed)

    def quantiles() -> Values:
        return (generator.permutation(count) + generator.random(count)) / count

    spreads = {name: known.get(name, found.spread) for name, found in PARAMETERS.items()}
    return Parameters(**{name: spread.at(quantiles()) for name, spread in spreads.items()})


def _calibrated(fibonacci_ms: float) -> dict[str, Spread]:
    """The spreads of what depends on the measuring machine's core, which takes so long for the task."""
    measured = {name: PARAMETERS[name].spread.scaled(fibonacci_ms / _OURS_FIBONACCI_MS) for name in _OURS}
    return {"core_time": core_time(fibonacci_ms), **measured}


def core_time(fibonacci_ms: float) -> Spread:
    """What a core of Lambda takes for what takes the measuring machine's core one, if that takes so long for a task.

    The task is calls of a Python function. A start also reads and writes memory, and a machine can be faster at one
    than at the other: `_OTHER_WORK`.
    """
    return _OTHER_WORK.scaled(number("core-fibonacci").value / fibonacci_ms)


def middle() -> Parameters:
    """Every parameter at its median."""
    return Parameters(**{name: found.spread.at(numpy.array([0.5])) for name, found in PARAMETERS.items()})


def lab_parameters(*, fast_file_system: bool = True) -> Parameters:
    """The lab in Lambda's shape: what it is given (lab/shape/shape.py), no time outside REPORT, this machine's cores.

    Its reads of a file system add up without loss, and its token bucket is full with the published bytes and refills
    while it is emptied, so that a little more than these come at the burst rate.
    """
    found = middle()
    nothing, whole = numpy.array([0.0]), numpy.array([1.0])
    burst, steady, full = found.burst, found.steady, _value("network-bucket", _MB)
    return replace(
        found,
        core_time=whole,
        outside_ms=nothing,
        vpc_ms=nothing,
        api_ms=nothing,
        invoke_ms=nothing,
        burst_bytes=full * burst / (burst - steady),
        connect_ms=nothing,  # a fraction of a millisecond, without TLS
        connection=_value("s3-connection", _MB),
        file_ms=nothing,
        stream=_value("efs-stream-fast" if fast_file_system else "efs-stream-slow", _MIB),
        stream_gain=whole,
        depth_gain=whole,
        new_code=nothing,
    )


# What a vCPU takes for other work, by what the calls alone let expect. Sorting 100 MiB (`core-sort`) is at the lower
# end: a machine whose calls took 0.39 of Lambda's time sorted in 0.53 to 0.61 of it while it was quiet. So a vCPU
# took 0.64 to 0.73 of what its calls let expect, and 0.62 in the fastest published series. At the upper end work is
# like the calls at their slowest (1.035), in an environment that is as slow beside the others as the last hundredth of
# those that sorted (1.067; published starts were compared before this was added, and 8 of 11 were covered).
_OTHER_WORK = between(0.62, 0.85, 1.1)


def _value(key: str, unit: float) -> Values:
    return numpy.array([number(key).value * unit])


def _published(called: str, key: str, unit: float = 1.0) -> Parameter:
    found = number(key)
    return Parameter(called, (key,), between(found.low * unit, found.value * unit, found.high * unit))


def _connection() -> Parameter:
    """AWS documents 85-90 MB/s for a connection; a Python client in Lambda was seen to reach 54 MB/s."""
    documented, seen = number("s3-connection"), number("s3-connection-python")
    spread = between(seen.value, documented.value, documented.high).scaled(_MB)
    return Parameter("the rate of an S3 connection", ("s3-connection", "s3-connection-python"), spread)


def _stream() -> Parameter:
    """The two modes that reads of EFS were seen in, with their shares: nothing lies between them."""
    slow, fast, share = number("efs-stream-slow"), number("efs-stream-fast"), number("efs-stream-fast-share")
    between_modes = 1 - share.value
    points = (
        *((0.0, slow.low), (between_modes / 2, slow.value), (between_modes, slow.high)),
        *((between_modes, fast.low), (between_modes + share.value / 2, fast.value), (1.0, fast.high)),
    )
    return Parameter(
        "the rate of an EFS stream",
        ("efs-stream-slow", "efs-stream-fast", "efs-stream-fast-share"),
        Spread(points).scaled(_MIB),
    )


PARAMETERS: Mapping[str, Parameter] = {
    "mb_per_core": _published("the memory that buys a core", "mb-per-vcpu"),
    "init_cores": _published("the cores during INIT", "init-vcpu"),
    # The spread of the first: draw() has the others, for a run with a record of its machine's speed.
    "core_time": replace(
        _published("the speed of Lambda's cores", "core-time"), figures=("core-time", "core-fibonacci", "core-sort")
    ),
    "parallel_share": _published("the share of an encoding that cores share", "parallel-share"),
    "measured": Parameter("the spread of the measured work", (), between(0.0, 0.5, 1.0)),
    "outside_ms": _published("the time outside REPORT", "outside-image"),
    "vpc_ms": _published("what a VPC adds", "vpc-penalty"),
    "api_ms": _published("the HTTP API's time", "http-api"),
    "invoke_ms": _published("the time around a warm invocation", "invoke-overhead"),
    "burst": _published("the burst rate of the network", "network-burst", _MB),
    "burst_bytes": _published("the bytes at the burst rate", "network-bucket", _MB),
    "steady": _published("the steady rate of the network", "network-steady", _MB),
    "connect_ms": _published("opening a connection to S3", "s3-connect"),
    "first_byte_ms": _published("S3's first byte", "s3-first-byte"),
    "connection": _connection(),
    # Measured by `make limits` (docs/performance.md): a bare reader, ours, and room for TLS, which the lab lacks.
    "bucket_core_ms": Parameter("the core time of receiving from S3", (), between(0.44, 1.02, 1.6)),
    "file_ms": _published("opening a file on EFS", "efs-small-file"),
    "stream": _stream(),
    "client": _published("EFS's limit of a client", "efs-client", _MIB),
    "stream_gain": _published("what further EFS streams gain", "efs-stream-gain"),
    "chunk": _published("the size of an image's chunk", "image-chunk", _KIB),
    "chunk_first_ms": _published("a new image's chunk", "image-chunk-first"),
    "chunk_later_ms": _published("a known image's chunk", "image-chunk-later"),
    "depth_gain": _published("what further reads of the image gain", "image-depth-gain"),
    "new_code": _published("the share of new code chunks", "image-new-code"),
    # Likewise: cached pages without a copy, a copy, and a copy into memory that the machine never touched before.
    "file_core_ms": Parameter("the core time of reading files", (), between(0.03, 0.25, 1.2)),
    # Python, the library, and a vocabulary of 50,265 tokens.
    "tokenizer_ms": Parameter("the core time of the tokenizer's process", (), between(187, 200, 282)),
}
#: Core times that this project measured on one machine, and that a run does not measure again.
_OURS = ("bucket_core_ms", "file_core_ms", "tokenizer_ms")
# What that machine would take for the task of `core-fibonacci`, which was not known then: it took 1.5 to 1.7 times as
# long for the starts of docs/validation.md as one that takes 339 ms.
_OURS_FIBONACCI_MS = 550.0
if set(PARAMETERS) != {field.name for field in fields(Parameters)}:
    raise TypeError("PARAMETERS and the fields of Parameters are not the same")
