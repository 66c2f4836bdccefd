"""Writes report.html: verdicts first, then figures, then tables and how it was measured."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.figures import figures
from bench.report.method import method
from bench.report.on_aws import orders
from bench.report.recommendation import TITLE as RECOMMENDED
from bench.report.recommendation import Advice
from bench.report.repeating import about_again, command_again
from bench.report.report import Meta, Report
from bench.report.tables import tables
from bench.report.views.page import Section, command_in_html, figure_in_html, list_in_html, page, table_in_html
from bench.stats.verdict import Verdict
from bench.text.escape import in_html

TITLE = "Where should the model live?"


def html(report: Report) -> str:
    """The whole page."""
    meta = report.meta
    latency, *others = tables(report)
    body: list[str | Section] = [
        Section(RECOMMENDED, _advice(report.advice)),
        list_in_html(meta.notes, "notes"),
        Section("Verdicts", _verdicts(report.verdicts) + _orders(report)),
        table_in_html(latency),
        Section("Figures", "".join(map(figure_in_html, figures(report)))),
        *map(table_in_html, others),
        Section("How it was measured", list_in_html(method(meta))),
        Section("Do it again", _again(meta)),
    ]
    return page(f"{TITLE} {meta.session.utc[:10]}", TITLE, _subtitle(meta), body)


def _subtitle(meta: Meta) -> str:
    axes = meta.axes
    return (
        f"{', '.join(axes.backends)} · {', '.join(axes.engines)} · {axes.cold} cold and {axes.warm} warm "
        f"samples each · {meta.target.kind} · {meta.session.utc[:16].replace('T', ' ')} UTC"
    )


def _advice(advice: Advice) -> str:
    """The sentences of the advice, those on a traffic with the answer set off from what it rests on."""
    if advice.withheld:
        return list_in_html(advice.sentences, "advice")
    answers = "".join(
        f'<li><p class="soft">{in_html(f"{item.traffic}: {item.words}")}</p>'
        f'<p class="sentence">{in_html(item.answer)}</p>'
        f'<p class="soft">{in_html(" ".join((item.sure, *item.changes)))}</p></li>'
        for item in advice.recommendations
    )
    others = "".join(f"<li>{in_html(sentence)}</li>" for sentence in advice.sentences[len(advice.recommendations) :])
    return f'<ul class="advice">{answers}{others}</ul>'


def _orders(report: Report) -> str:
    return list_in_html(orders(report.on_aws)) if report.on_aws else ""


def _again(meta: Meta) -> str:
    said = "".join(f"<p>{in_html(sentence)}</p>" for sentence in about_again(meta.session))
    return said + command_in_html(command_again(meta.session, meta.axes))


def _verdicts(verdicts: Sequence[tuple[str, Verdict]]) -> str:
    if not verdicts:
        return "<p>Only one storage was measured: there is nothing to compare.</p>"
    items = "".join(
        f'<li class="{"resolved" if verdict.resolved else "open"}"><span class="state">{about}</span> '
        f'<span class="sentence">{in_html(verdict.sentence)}</span></li>'
        for about, verdict in verdicts
    )
    return f'<ul class="verdicts">{items}</ul>'
