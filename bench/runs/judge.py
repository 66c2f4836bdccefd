"""Judges whether a sample is what it claims to be. Pure: the same records give the same judgement, always."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.runs.cold_starts import cold_start
from bench.runs.cold_starts.kind import PRIMER
from bench.runs.foreign import WITNESSES, witnesses_of
from bench.runs.log_lines import InitReportLine, ReportLine, parse_log_line
from bench.runs.recorded import recorded_bundle
from bench.runs.records import Observation, Sample
from bench.runs.store import Run
from contract.outputs import ENVIRONMENT_ID, INVOCATION, LOG_LINE, NONCE
from contract.phases import IDLE
from contract.run_modes import ON_DEMAND, PROVISIONED, RunMode

OK, INVALID, FAILED, CENSORED, PROACTIVE, SUPERSEDED = (
    "ok", "invalid", "failed", "censored", "proactive", "superseded",
)  # fmt: skip

PROACTIVE_IDLE_MS = 500.0  # INIT and first invocation of a true cold start follow each other within milliseconds
_LIMIT_TOLERANCE = 0.98  # a gateway's 30 s measure as a little less when sending the request itself took time


@dataclass(frozen=True)
class Judged:
    """A sample with its verdict. Only `ok` samples are measurements; `censored` ones count as "longer than this"."""

    sample: Sample
    status: str
    reasons: tuple[str, ...] = ()
    report: ReportLine | None = None
    second_init: bool = False

    @property
    def used(self) -> bool:
        """Whether the sample takes part in a latency distribution."""
        return self.status in (OK, CENSORED) and not self.sample.warm_up


@dataclass(frozen=True)
class _Logs:
    reports: dict[str, set[ReportLine]]
    init_reports: dict[tuple[str, int], tuple[InitReportLine, ...]]


@dataclass(frozen=True)
class _Expected:
    """What an answer must show: the deployed bundle, or of a function that is not ours the witnesses that it has."""

    bundle: str | None
    foreign: tuple[str, ...] | None = None

    def has(self, witness: str) -> bool:
        """Whether a function has this witness; ours have all, so that none of their faults can hide."""
        return witness in (WITNESSES if self.foreign is None else self.foreign)


def judge_run(run: Run) -> tuple[Judged, ...]:
    """Judge every sample of a run, in the order they were taken."""
    logs = _collect_logs(run)
    final = _final_sessions(run)
    sessions = {session.session: session for session in run.sessions}
    foreign = witnesses_of(run.first.target)
    seen: set[str] = set()
    named: set[str | None] = {None}
    judged = []
    for sample in run.samples:
        session, function = sessions.get(sample.session), sample.variant.function
        bundle = recorded_bundle(session, function).hash if session else None
        expected = _Expected(bundle, foreign.get(function))
        verdict = _judge(sample, logs, seen, expected)
        if sample.seen.request_id in named and verdict.status == OK and expected.has(LOG_LINE):
            verdict = Judged(sample, INVALID, ("another answer named the same request id",), verdict.report)
        named.add(sample.seen.request_id)
        if final[sample.visit] != sample.session:
            verdict = Judged(sample, SUPERSEDED, ("its visit was interrupted and made again",), verdict.report)
        if sample.seen.environment_id:
            seen.add(sample.seen.environment_id)
        judged.append(verdict)
    return tuple(judged)


def _judge(sample: Sample, logs: _Logs, seen_environments: set[str], expected: _Expected) -> Judged:
    seen = sample.seen
    reports = logs.reports.get(seen.request_id, set()) if seen.request_id else set()
    report = next(iter(reports)) if len(reports) == 1 else None
    inits = logs.init_reports.get((sample.visit, sample.session), ())
    second_init = _claims_cold(sample) and any(init.timed_out for init in inits)
    if _hit_the_limit(sample):
        return Judged(sample, CENSORED, (f"no answer within {sample.limit_ms:.0f} ms",), report, second_init)
    if seen.status != 200:
        reason = seen.error or f"HTTP status {seen.status}"
        return Judged(sample, FAILED, (reason,), report, second_init)
    reasons = list(_disagreements(sample, expected))
    if len(reports) > 1:  # the function's own output is in the same log: one of these lines may come from it
        reasons.append(f"its {len(reports)} REPORT lines contradict each other")
    is_cold = _claims_cold(sample)
    if is_cold:
        reasons += _cold_disagreements(sample, report, second_init, seen_environments, expected)
    else:
        reasons += _warm_disagreements(sample, report, expected)
    if reasons:
        return Judged(sample, INVALID, tuple(reasons), report, second_init)
    if is_cold and _mode(sample) is not PROVISIONED and (early := _initialised_early(sample, report)):
        return Judged(sample, PROACTIVE, (early,), report, second_init)
    return Judged(sample, OK, (), report, second_init)


def _claims_cold(sample: Sample) -> bool:
    """A primer does, a warm request does not, any other as its kind of cold start says."""
    if sample.cold_kind is None:
        return sample.state == PRIMER
    return cold_start(sample.cold_kind).claims_cold(sample.seen.invocation)


def _mode(sample: Sample) -> RunMode:
    """How the environment that answers must have been made."""
    made_by = cold_start(sample.cold_kind).made_by if sample.cold_kind else None
    return made_by or sample.variant.mode


def _disagreements(sample: Sample, expected: _Expected) -> Iterator[str]:
    """Disagreements among the witnesses that every answer must give."""
    seen, variant = sample.seen, sample.variant
    if expected.has(NONCE) and seen.nonce != sample.nonce:
        yield f"configuration nonce {seen.nonce!r} is not the one that was set ({sample.nonce!r})"
    if expected.foreign is not None:
        return  # what follows is what our own service says of itself
    if seen.backend != variant.storage:
        yield f"answered by backend {seen.backend!r}, not {variant.storage!r}"
    if (made := seen.initialization or ON_DEMAND.initialization) != _mode(sample).initialization:
        yield f"its environment was made by {made!r}, not by {_mode(sample).initialization!r}"
    if sample.version is not None and seen.initialization and seen.version != sample.version:
        yield f"answered by version {seen.version!r}, not {sample.version!r}"
    if seen.engine != variant.engine:
        yield f"answered by engine {seen.engine!r}, not {variant.engine!r}"
    if expected.bundle and seen.bundle_hash != expected.bundle:
        yield f"bundle {seen.bundle_hash!r} is not the deployed one"


def _cold_disagreements(
    sample: Sample, report: ReportLine | None, second_init: bool, seen_environments: set[str], expected: _Expected
) -> Iterator[str]:
    seen = sample.seen
    if expected.has(ENVIRONMENT_ID) and (not seen.environment_id or seen.environment_id in seen_environments):
        yield "the execution environment is not a new one"
    if expected.has(INVOCATION) and seen.invocation != 1:
        yield f"invocation {seen.invocation} of its environment, not the first"
    if not expected.has(LOG_LINE):
        return
    if report is None:
        yield "no REPORT line was found for it"
    elif _mode(sample) is PROVISIONED:
        if not _initialised_early(sample, report):
            yield "its environment was initialised while it waited: it spilled over what is kept ready"
    elif _mode(sample).restores:
        if report.restore_ms is None:
            yield "its REPORT line has no Restore Duration"
        if report.init_ms is not None or second_init:
            yield "its environment was initialised, not restored: Lambda reports an INIT"
    elif report.init_ms is None and not second_init:
        yield "its REPORT line has no Init Duration"


def _warm_disagreements(sample: Sample, report: ReportLine | None, expected: _Expected) -> Iterator[str]:
    seen = sample.seen
    if _mode(sample) is PROVISIONED:
        yield from _ready_again_disagreements(seen, report)
        return
    is_same = bool(seen.environment_id) and seen.environment_id == sample.previous_environment
    if expected.has(ENVIRONMENT_ID) and not is_same:
        yield "not the execution environment of the request before"
    follows = seen.invocation is not None and seen.invocation == (sample.previous_invocation or 0) + 1
    if expected.has(INVOCATION) and not follows:
        yield f"invocation {seen.invocation} does not follow {sample.previous_invocation}"
    if not expected.has(LOG_LINE):
        return
    if report is None:
        yield "no REPORT line was found for it"
    elif report.init_ms is not None:
        yield "its REPORT line has an Init Duration"
    elif report.restore_ms is not None:
        yield "its REPORT line has a Restore Duration"


def _ready_again_disagreements(seen: Observation, report: ReportLine | None) -> Iterator[str]:
    """Disagreements about a second request to what is kept ready; the nonce told already that it is of the visit."""
    if (seen.invocation or 0) < 2:
        yield f"invocation {seen.invocation} of an environment that is said to have answered before"
    if report is None:
        yield "no REPORT line was found for it"
    elif report.init_ms is not None:
        yield "its REPORT line has an Init Duration"


def _hit_the_limit(sample: Sample) -> bool:
    """Whether it timed out: at the client, or by a gateway's error without the function's headers when time was up."""
    seen = sample.seen
    gateway_gave_up = seen.environment_id is None and (seen.status or 0) >= 500
    return seen.timed_out or (gateway_gave_up and seen.request_ms >= _LIMIT_TOLERANCE * sample.limit_ms)


def _initialised_early(sample: Sample, report: ReportLine | None) -> str | None:
    """Whether Lambda initialised the environment early, before anybody asked, so that nobody waited for it."""
    idle = sample.seen.phases_ms.get(IDLE, 0.0)
    if idle >= PROACTIVE_IDLE_MS:
        return f"initialised {idle:.0f} ms before the request came"
    if report and report.init_ms is not None and report.init_ms > sample.seen.request_ms:
        return f"its INIT ({report.init_ms:.0f} ms) took longer than the request: it ran before"
    if report and report.restore_ms is not None and report.restore_ms > sample.seen.request_ms:
        return f"its restore ({report.restore_ms:.0f} ms) took longer than the request: it ran before"
    return None


def _collect_logs(run: Run) -> _Logs:
    reports: dict[str, set[ReportLine]] = {}
    inits: dict[tuple[str, int], tuple[InitReportLine, ...]] = {}
    for end in run.visits:
        parsed = [parse_log_line(line) for line in end.log_lines]
        for line in parsed:
            if isinstance(line, ReportLine):
                reports.setdefault(line.request_id, set()).add(line)
        inits[end.visit, end.session] = tuple(line for line in parsed if isinstance(line, InitReportLine))
    return _Logs(reports, inits)


def _final_sessions(run: Run) -> dict[str, int]:
    """For each visit the session whose attempt counts: the one that completed it, else the last that tried."""
    final = {sample.visit: sample.session for sample in run.samples}
    return final | {end.visit: end.session for end in run.visits if end.complete}
