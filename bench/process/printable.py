"""Text that shows as what it is: what would drive a terminal or turn the writing direction is spelled out."""

from __future__ import annotations

import unicodedata

_SPELLED_OUT = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, formats (bidi overrides among them), surrogates, separators


def printable(text: str) -> str:
    """`text` with line breaks and tabs as blanks, and every other control or invisible character as its code."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\n\r\t":
        return " "
    if unicodedata.category(character) in _SPELLED_OUT:
        return f"\\u{ord(character):04x}"
    return character
