"""Reads the fields of a request strictly: each has a limit, and no client text is ever evaluated."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from typing import Any

from contract.limits import MAX_DIMENSIONS, MAX_EMBED, MAX_TEXT
from similarity.base.errors import BadRequest

MAX_QUOTES = 10  # times that a string may be quoted before it is a list, as in AIID's function
DEFAULT_NUM = 3
LONGEST_NUM = 64  # characters of `num` as text
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
SEND_TEXT = 'send GET ?text=… or POST {"text": "…", "num": 3}'
SEND_EMBED = 'send GET ?embed=[…] or POST {"embed": [0.1, …], "num": 3}'


class Malformed(ValueError):
    """The text is not JSON, or JSON that can be read in two ways."""


def load(text: str) -> Any:
    """Strict JSON: no NaN, no infinity, no name twice; raises Malformed."""
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object)
    except Malformed:
        raise
    except (ValueError, RecursionError):
        raise Malformed("is not JSON") from None


def text(value: object) -> str:
    """The field `text`; raises BadRequest."""
    if value is None:
        raise BadRequest(f"text is missing: {SEND_TEXT}")
    if not isinstance(value, str):
        raise BadRequest(f"text is not a string: {SEND_TEXT}")
    check_length(value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRequest("text holds a lone surrogate, which is not a Unicode character: send valid UTF-8") from None
    if not value.strip():
        raise BadRequest(f"text is empty: {SEND_TEXT}")
    return value


def check_length(value: str) -> None:
    """Raise BadRequest for a text that is too long, as it was sent or as it was transliterated."""
    if len(value) > MAX_TEXT:
        raise BadRequest(f"text is too large: at most {MAX_TEXT} characters, also when written in ASCII", 413)


def embed(value: object) -> tuple[float, ...]:
    """The field `embed`: a list of finite numbers, or one as a string, quoted up to MAX_QUOTES times."""
    if value is None:
        raise BadRequest(f"embed is missing: {SEND_EMBED}")
    for _ in range(MAX_QUOTES):
        if not isinstance(value, str):
            break
        if len(value) > MAX_EMBED:
            raise BadRequest(f"embed is too large: at most {MAX_EMBED} characters", 413)
        value = _unquoted(value.strip())
    if isinstance(value, str):
        raise BadRequest(f"embed is quoted more than {MAX_QUOTES} times: {SEND_EMBED}")
    if not isinstance(value, list):
        raise BadRequest(f"embed is not a list: {SEND_EMBED}")
    if not value:
        raise BadRequest(f"embed is empty: {SEND_EMBED}")
    if len(value) > MAX_DIMENSIONS:
        raise BadRequest(f"embed is too large: at most {MAX_DIMENSIONS} numbers", 413)
    return tuple(_number(item, place) for place, item in enumerate(value))


def num(value: object) -> tuple[int, list[str]]:
    """The field `num` with warnings. AIID's rule: what int() does not take means the default, 0 means none.

    It drops the fraction of a number, counts true as 1, and takes a string with blanks, a sign, 3_0 or other digits.
    """
    wanted = None
    if isinstance(value, int | float) or (isinstance(value, str) and len(value) <= LONGEST_NUM):
        with suppress(ValueError, OverflowError):
            wanted = int(value)
    if wanted is None:
        return DEFAULT_NUM, [f'Provided value for "num" invalid, using default of {DEFAULT_NUM}.']
    if wanted == 0:
        return 0, ['Zero results requested with the "num" value of 0. Use value <0 for maximum possible.']
    return wanted, []


def _unquoted(value: str) -> object:
    """Remove one level of quotes, or return the list. Python's single quotes are accepted, too, as by AIID."""
    if len(value) > 1 and value[0] == value[-1] == "'":
        return ESCAPED.sub(r"\1", value[1:-1])
    try:
        return load(value)
    except Malformed as error:
        raise BadRequest(f"embed {error}: {SEND_EMBED}") from None


def _number(item: object, place: int) -> float:
    if isinstance(item, bool) or not isinstance(item, int | float):
        raise BadRequest(f"embed[{place}] is not a number: {SEND_EMBED}")
    try:
        number = float(item)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadRequest(f"embed[{place}] is not a finite number: {SEND_EMBED}")
    return number


def _integer(digits: str) -> int | float:
    """Python refuses integers of more than 4,300 digits, which are valid JSON; a float stands for such a number."""
    return int(digits) if len(digits) < 100 else math.inf


def _constant(name: str) -> None:
    raise Malformed(f"is not JSON: it has no {name}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise Malformed("gives a name twice")
    return read
