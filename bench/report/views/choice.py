"""Writes the choice of a storage as a page."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.choice import Choice, options_table
from bench.report.views.answer import Answer, answer_html


def choice_html(choice: Choice, about: str, notes: Sequence[str]) -> str:
    """The whole page: the answer, all storages, and what was assumed."""
    tables = [options_table(choice)]
    return answer_html(Answer("Which storage?", about, notes, [choice.sentence], tables, assumed=choice.assumed))
