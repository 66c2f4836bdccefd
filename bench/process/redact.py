"""Keeps tokens, passwords and signatures out of everything that is written or printed, wherever they turn up.

A service may send back what it was sent: an API that refuses a signature quotes the whole header. So whatever goes into
a file or a message is searched for the secrets that this process knows, and for text in the form of one.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "[hidden]"
_SHORTEST = 4  # a shorter one would blot out ordinary words
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<=://)[^/?#\s\"'<>]*@",  # user and password of a URL
        r"AWS4-HMAC-SHA256[^\r\n\"<>]*?Signature=[0-9a-f]+",
        r"(?<=Signature=)[0-9a-f%/+=]+",
        r"(?<=X-Amz-Security-Token[=:])\s*[^\s&\"'<>]+",
        r"(?<=X-Amz-Credential=)[^\s&\"'<>]+",
        r"(?<=\bBearer )(?!tokens?\b)[A-Za-z0-9._~+/-]{4,}=*",
        r"(?<=\bBasic )[A-Za-z0-9+/]{6,}=*",
        r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?",  # a JWT
    )
)
_SIGN = re.compile("[ .:=]")  # every form has one of these, and most names and words have none
_known: set[str] = set()


def keep_secret(*values: str | None) -> None:
    """Hide these strings from now on, wherever they turn up."""
    _known.update(value for value in values if value and len(value) >= _SHORTEST)


def redact(text: str) -> str:
    """`text` with [hidden] for every known secret and for whatever has the form of one."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    if _SIGN.search(text):
        for form in _FORMS:
            text = form.sub(HIDDEN, text)
    return text


def redacted(value: Any) -> Any:
    """A JSON value with all its texts redacted, names included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redacted(key): redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    return value
