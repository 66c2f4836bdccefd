"""Text is embedded as ASCII, as AIID does it, whatever a caller sends."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity.api.plain_text import to_ascii


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("A robot", "A robot"),
        ("Café Zürich naïve", "Cafe Zurich naive"),
        ("“quoted” – and… it’s", '"quoted" - and... it\'s'),
        ("Привет", "Privet"),
        ("北京", "BeiJing"),
        ("😀", ":grinning:"),
        ("a\u00a0b\n", "a b\n"),
        ("\ue000", ""),
    ],
)
def test_letters_of_all_scripts_become_ascii(text: str, ascii_text: str) -> None:
    assert to_ascii(text) == ascii_text


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_becomes_ascii_once_and_for_all(text: str) -> None:
    written = to_ascii(text)
    assert written.isascii()
    assert len(written) <= 42 * len(text)
    assert to_ascii(written) == written


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_comes_back_as_it_is(text: str) -> None:
    assert to_ascii(text) is text


def test_no_character_becomes_longer_than_the_text_limit_was_made_for() -> None:
    characters = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    assert max(len(to_ascii(character)) for character in characters) == 42
