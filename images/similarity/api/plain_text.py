"""Converts text to ASCII, for an index whose incidents were embedded that way, as AIID's were."""

from __future__ import annotations


def to_ascii(text: str) -> str:
    """`text` transliterated by anyascii, at most 42 characters for each; ASCII comes back as it is.

    AIID's service uses unidecode, which is GPL. The two mostly agree on Latin, Greek and Cyrillic letters and on
    punctuation, and differ in detail elsewhere: `北京` is `BeiJing` here and `Bei Jing ` there.
    """
    if text.isascii():
        return text
    from anyascii import anyascii  # most texts never need it, so it is not imported at a cold start

    return anyascii(text)
