"""Derives the report of a run: the one typed thing that tables, figures and summary.json show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.cost.traffic import ALL, Traffic
from bench.process.errors import UsageError
from bench.report.answers import Agreement, compare_answers
from bench.report.comparisons import Comparison, compare_backends, compare_precisions
from bench.report.costing import Costing, costing
from bench.report.drift import Drift, drifts
from bench.report.engines import EngineRatio, engine_ratios
from bench.report.grounds import Evidence
from bench.report.keep_alive import IdleSeries, keep_alive
from bench.report.kept import keep_alive_of
from bench.report.measured import Measured, measured
from bench.report.names import variant_name
from bench.report.notes import run_notes
from bench.report.other_cold_starts import OtherColdStarts, other_cold_starts
from bench.report.other_ways import Known, OtherWays, other_ways
from bench.report.precisions import Precision, precisions_of
from bench.report.predicting import Wanted, predicted_run
from bench.report.prediction import PredictedRun
from bench.report.recommendation import Advice
from bench.report.recommending import Findings, advise
from bench.report.rounding import median_known
from bench.report.stopping import stage_of
from bench.report.trust import reasons, warnings
from bench.runs.judge import SUPERSEDED, Judged, judge_run
from bench.runs.memory_sizes import beyond_the_machine
from bench.runs.plan import Axes, Variant, build_plan, requests_in
from bench.runs.recorded import RecordedTarget, recorded_target
from bench.runs.records import Session
from bench.runs.store import Run
from bench.stats.verdict import Verdict


@dataclass(frozen=True)
class Meta:
    """How the run was made: its first session, its plan by now, how many requests were planned and made.

    `ended` is the reason of its end, `torn_lines` how many lines of its records a kill tore, `notes` what must be known
    before a figure is believed.
    """

    session: Session
    axes: Axes
    sessions: int
    ended: str
    planned: int
    made: int
    torn_lines: int
    notes: tuple[str, ...]

    @property
    def target(self) -> RecordedTarget:
        """The deployment that was measured."""
        return recorded_target(self.session)


@dataclass(frozen=True)
class Report:
    """Everything that a run says, the `advice` first. `judged` are the samples that its figures come from.

    `untrusted` says why the figures must not be used, if so; `beyond` are the variants whose memory size
    asks for more cores than the machine of the lab has; `ping_ms` is a request that a warm function refuses.
    `other_ways` are priced beside what was measured.
    `precisions` say how far answers agree with fp32, which `precision_comparisons` compare times with.
    `on_aws` is predicted from a run in the lab; None where that does not say enough, and for a run on AWS itself.
    """

    meta: Meta
    advice: Advice
    judged: tuple[Judged, ...]
    untrusted: tuple[str, ...]
    variants: tuple[Measured, ...]
    beyond: tuple[Variant, ...]
    drifts: tuple[Drift, ...]
    comparisons: tuple[Comparison, ...]
    answers: Agreement
    precisions: tuple[Precision, ...]
    precision_comparisons: tuple[Comparison, ...]
    engine_ratios: tuple[EngineRatio, ...]
    other_cold_starts: tuple[OtherColdStarts, ...]
    keep_alive: IdleSeries | None
    ping_ms: float | None
    costs: Costing | None
    other_ways: tuple[OtherWays, ...]
    on_aws: PredictedRun | None

    @property
    def verdicts(self) -> tuple[tuple[str, Verdict], ...]:
        """Every verdict on a pair, with what it is about: `cold`, `warm` or `cost`."""
        times = ((item.state, item.verdict) for item in self.comparisons)
        precisions = ((f"{item.state}, precision", item.verdict) for item in self.precision_comparisons)
        return (*times, *precisions, *(("cost", item.verdict) for item in self.advice.prices))

    @property
    def evidence(self) -> Evidence:
        """What a prediction stands on."""
        return Evidence(self.meta.session, self.judged, self.variants, self.comparisons, self.other_cold_starts)

    @property
    def compared(self) -> tuple[Variant, ...]:
        """The variants that were compared, in the order of the plan."""
        return tuple(item.variant for item in self.variants)


def report_of(run: Run, traffics: Sequence[Traffic] = ALL) -> Report:
    """The whole report, with advice for these traffics; the run is judged once. The same run gives the same report."""
    judged, first = judge_run(run), run.first
    stage = stage_of(run, judged)
    axes = stage.axes
    variants, storages = axes.variants(), recorded_target(first).storages
    items = tuple(measured(judged, variant, storages.get(variant.function, "not stated")) for variant in variants)
    answers, drifting = compare_answers(judged), drifts(judged, variants)
    planned, made = requests_in(build_plan(axes)), sum(item.status != SUPERSEDED for item in judged)
    untrusted = reasons(items, planned, made, axes.warm > 0, answers.problems)
    comparisons, others = compare_backends(judged, variants, stage.rule), other_cold_starts(judged, axes)
    pauses = keep_alive(judged, axes)
    precisions = precisions_of(judged, variants, first)
    costs = costing(judged, first, traffics, keep_alive_of(pauses, first))
    on_aws = _on_aws(Evidence(first, judged, items, comparisons, others))
    notes = [*warnings(untrusted), *(drift.note for drift in drifting), *stage.notes, *run_notes(run, judged)]
    notes += [each.sentence for each in precisions]
    return Report(
        meta=_meta(run, axes, planned, made, notes),
        advice=advise(Findings(first, judged, items, others, costs, on_aws, untrusted)),
        judged=judged,
        untrusted=tuple(untrusted),
        variants=items,
        beyond=tuple(beyond_the_machine(first)),
        drifts=drifting,
        comparisons=comparisons,
        answers=answers,
        precisions=precisions,
        precision_comparisons=compare_precisions(judged, variants, stage.rule),
        engine_ratios=engine_ratios(judged, variants),
        other_cold_starts=others,
        keep_alive=pauses,
        ping_ms=median_known(end.ping_ms for end in run.visits),
        costs=costs,
        other_ways=tuple(_other_ways(costs, items, others, recorded_target(first).is_lab)) if costs else (),
        on_aws=on_aws,
    )


def _other_ways(
    costs: Costing, items: Sequence[Measured], others: Sequence[OtherColdStarts], in_lab: bool
) -> Iterator[OtherWays]:
    """For every variant over HTTP that is priced."""
    measured_as = {item.variant: item for item in items}
    among = [item.variant for item in costs.variants]
    for item in costs.variants:
        if item.variant.arm == "http":
            name, found = variant_name(item.variant, among), Known(measured_as[item.variant], others)
            yield other_ways(name, in_lab, item.costs, found, costs.traffics, costs.rates.keep_alive)


def _on_aws(run: Evidence) -> PredictedRun | None:
    if not recorded_target(run.session).is_lab:
        return None
    try:
        return predicted_run(run, Wanted())
    except UsageError:  # an earlier version did not record what it takes, or nothing was answered
        return None


def _meta(run: Run, axes: Axes, planned: int, made: int, notes: Sequence[str]) -> Meta:
    return Meta(
        session=run.first,
        axes=axes,
        sessions=len(run.sessions),
        ended=run.ends[-1].reason if run.ends else "without a word (killed?)",
        planned=planned,
        made=made,
        torn_lines=run.torn_lines,
        notes=tuple(notes),
    )
