"""Computes how long a cold start and a warm request take on Lambda: a pure function of situation and parameters.

A cold start is outside, boot, loading, answer, API. In loading, reading the weights, the imports and the tokenizer go
side by side (images/similarity/loading/loader.py): it takes as long as the longest of the fetch, the imports and what
follows them on one thread, and the core time of all of it divided by the cores. A fetch is slowed by what goes beside
it: when the quota of a period of 20 ms is used up, all wait for the next one, and a connection or a stream that was not
read meanwhile does not come faster afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy

from bench.predict.fetching import code_read_ms, fetch_core_ms, fetch_ms, fetch_once_more_ms
from bench.predict.parameters import Parameters
from bench.predict.situation import Situation
from bench.predict.spread import Values
from contract.engines import TRANSFORMERS
from contract.limits import INIT_S
from contract.storages import Storage

_LEAST_MS = 1e-6  # to divide by


@dataclass(frozen=True)
class ColdStart:
    """The parts of a cold start in ms; in this order they add up to what the caller waits.

    `load`: imports and making the model. `fetch`: what loading waits for the weights beyond that. `init_limit`: what it
    costs that INIT is limited: to run it again, or to go on in the request with that one's cores.
    """

    outside: Values
    boot: Values
    load: Values
    fetch: Values
    init_limit: Values
    answer: Values
    api: Values

    @property
    def parts(self) -> Mapping[str, Values]:
        """The parts by name, in their order."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def total(self) -> Values:
        """What the caller waits."""
        return numpy.asarray(sum(self.parts.values()))

    @property
    def init(self) -> Values:
        """What INIT would take without a limit."""
        return self.boot + self.load + self.fetch


@dataclass(frozen=True)
class _Loading:
    """What is loaded side by side. `fetch` and `code` wait for a storage (ms), the others are core time (ms).

    One thread imports and makes the model; `fetching` is the core time of the fetch. `after_imports` and `before_model`
    say whether the fetch begins after the imports only, and must end before the model can be made.
    """

    fetch: Values
    code: Values
    imports: Values
    model: Values
    fetching: Values
    tokenizer: Values
    after_imports: bool
    before_model: bool

    def without_fetch(self, cores: Values) -> Values:
        """How long it takes if the weights are there at once."""
        all_cores = self.imports + self.model + self.fetching + self.tokenizer
        return numpy.maximum(self._imported(cores) + self.model / _one(cores), all_cores / cores)

    def takes(self, cores: Values) -> Values:
        """How long it takes."""
        begins = self._imported(cores) if self.after_imports else 0.0
        follows = self.model / _one(cores) if self.before_model else 0.0
        return numpy.maximum(self.without_fetch(cores), begins + self._fetched(cores) + follows)

    def _fetched(self, cores: Values) -> Values:
        """How long the fetch takes beside the others: as much longer as all together want more cores than there are.

        Stretch by stretch: beside the thread and the tokenizer, beside the longer one of them, and alone. That the
        thread waits for its code relieves nobody: a slower read of the code would else make a cold start faster.
        """
        if self.after_imports:
            return numpy.maximum(self.fetch, self.fetching / cores)
        thread = self.imports if self.before_model else self.imports + self.model
        shorter, longer = numpy.minimum(thread, self.tokenizer), numpy.maximum(thread, self.tokenizer)
        alone = self.fetching / numpy.maximum(self.fetch, _LEAST_MS)
        both, one = numpy.minimum(self.fetch, shorter), numpy.minimum(self.fetch, longer)
        return numpy.asarray(
            both * numpy.maximum(1.0, (alone + 2.0) / cores)
            + (one - both) * numpy.maximum(1.0, (alone + 1.0) / cores)
            + (self.fetch - one) * numpy.maximum(1.0, alone / cores)
        )

    def _imported(self, cores: Values) -> Values:
        return self.code + self.imports / _one(cores)


def cold(situation: Situation, parameters: Parameters) -> ColdStart:
    """A cold start: each part as an array with a number for each draw, in ms."""
    cores = situation.memory_mb / parameters.mb_per_core
    init_cores = numpy.maximum(parameters.init_cores, cores)
    work = _work(situation, parameters)
    loading = _loading(situation, parameters, work)
    boot = work["boot"] / _one(init_cores)
    load, whole = loading.without_fetch(init_cores), loading.takes(init_cores)
    return ColdStart(
        outside=parameters.outside_ms + (parameters.vpc_ms if _mounted(situation.storage) else 0.0),
        boot=boot,
        load=load,
        fetch=whole - load,
        init_limit=_beyond_limit(situation, parameters, loading, boot, whole),
        answer=_answer(situation, parameters, work, "first_encode"),
        api=parameters.api_ms,
    )


def warm(situation: Situation, parameters: Parameters) -> Values:
    """A warm request, in ms, with a number for each draw."""
    answer = _answer(situation, parameters, _work(situation, parameters), "encode")
    return parameters.invoke_ms + answer + parameters.api_ms


def _mounted(storage: Storage) -> bool:
    return storage.opened == "directory" and not storage.baked


def _one(cores: Values) -> Values:
    """The cores that one thread gets."""
    return numpy.minimum(1.0, cores)


def _work(situation: Situation, parameters: Parameters) -> dict[str, Values]:
    """The measured work in ms of one core of Lambda, the encodings on one core."""
    measured_on = situation.work.cores
    share = parameters.parallel_share
    per_core = 1 - share + share / measured_on if measured_on >= 1 else 1 / measured_on
    found = situation.work.at(parameters.measured)
    of_requests = ("tokenize", "rank", "handler")
    return {
        name: value
        * parameters.core_time
        / (per_core if name.endswith("encode") else 1.0)
        * (min(1.0, measured_on) if name in of_requests else 1.0)
        for name, value in found.items()
    }


def _loading(situation: Situation, parameters: Parameters, work: Mapping[str, Values]) -> _Loading:
    tokenizer = parameters.tokenizer_ms * parameters.core_time
    return _Loading(
        fetch=fetch_ms(situation, parameters),
        code=code_read_ms(situation, parameters),
        imports=work["imports"],
        model=work["load"],
        fetching=fetch_core_ms(situation, parameters) * parameters.core_time,
        tokenizer=numpy.zeros_like(tokenizer) if situation.one_after_the_other else tokenizer,
        after_imports=situation.one_after_the_other,
        before_model=situation.one_after_the_other or situation.engine == TRANSFORMERS,
    )


def _beyond_limit(
    situation: Situation, parameters: Parameters, loading: _Loading, boot: Values, whole: Values
) -> Values:
    """What INIT's limit adds.

    A function that ends INIT by itself goes on in the first request, with that one's cores. Any other is started again
    when 10 s are over (AWS: "If exceeded, Lambda retries at first invocation"). What was read of the image by then is
    in the caches: in published starts (`image-first-rate`) the time grows with the bytes alike, with and without a
    time-out. The second INIT has the cores of the first: it took as long at 0.58 of a core as at 3
    (`torch-second-init`).
    """
    cores = situation.memory_mb / parameters.mb_per_core
    init = boot + whole
    if situation.ends_init_ms is not None:
        rest = numpy.clip((init - situation.ends_init_ms) / whole, 0.0, 1.0)
        return rest * (loading.takes(cores) - whole)
    limit = INIT_S * 1e3
    read = numpy.clip((limit - boot) / whole, 0.0, 1.0)
    again = replace(
        loading,
        fetch=fetch_once_more_ms(situation, parameters, loading.fetch, read),
        code=code_read_ms(situation, parameters, known=read),
    ).takes(numpy.maximum(parameters.init_cores, cores))
    return numpy.where(init > limit, limit + boot + again - init, 0.0)


def _answer(situation: Situation, parameters: Parameters, work: Mapping[str, Values], encode: str) -> Values:
    """A request's computing with the cores of its memory: an encoding shares them (Amdahl), the rest has one thread."""
    cores = situation.memory_mb / parameters.mb_per_core
    share = parameters.parallel_share
    encoding = work[encode] * numpy.where(cores >= 1, 1 - share + share / cores, 1 / cores)
    return encoding + (work["tokenize"] + work["rank"] + work["handler"]) / _one(cores)
