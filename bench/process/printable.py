"""Makes text safe to show: controls and characters that turn the writing direction appear as their codes."""

from __future__ import annotations

import unicodedata

_SPELLED_OUT = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, formats (bidi overrides among them), surrogates, separators


def printable(text: str) -> str:
    """`text` with blanks for line breaks and tabs, and a code for every other control or invisible character."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\n\r\t":
        return " "
    if unicodedata.category(character) in _SPELLED_OUT:
        return f"\\u{ord(character):04x}"
    return character
