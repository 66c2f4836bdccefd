"""Writes the choice of a storage as a page."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.choice import Choice, options_table, predicted_table, ready_table, ways_table
from bench.report.figures.options import figure
from bench.report.views.answer import Answer, answer_html


def choice_html(choice: Choice, about: str, notes: Sequence[str]) -> str:
    """The whole page: the answer, all storages, other ways, what is predicted for AWS, and what was assumed."""
    made = (options_table(choice), ready_table(choice), ways_table(choice), predicted_table(choice))
    tables = [table for table in made if table]
    return answer_html(
        Answer("Which storage?", about, notes, [choice.sentence], tables, [figure(choice)], choice.assumed)
    )
