"""Builds the answers: AIID's envelope with machine-readable results, and the HTTP status that is true."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from similarity.bundle.ranking import Match

JSON = {"Content-Type": "application/json"}
# An answer is data: nothing may render it, frame it, guess its type, keep it or pass it on.
SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
MAX_SHOWN = 3_500_000  # characters of titles, urls and dates in one answer, which Lambda limits to 6 MB
OVERHEAD = 150  # characters of everything else in one result


@dataclass(frozen=True)
class Health:
    """The state of the function that answers; None for what it has not read yet.

    `model_hash` names the model without its incidents: deployments with the same one embed an ASCII text alike.
    `precision` is that of its weights; unless it is fp32, `origin` is the `model_hash` of the same model in fp32.
    `title` names what the incidents are taken from, and `transliterates` tells that texts are written in ASCII first.
    """

    status: str
    backend: str
    serves: str
    engine: str
    model: str | None
    revision: str | None
    bundle_hash: str | None
    model_hash: str | None
    precision: str | None
    origin: str | None
    weights: str | None
    incidents: int | None
    title: str | None
    transliterates: bool | None
    encoder_loaded: bool
    index_loaded: bool


def similar(matches: Sequence[Match], best_url: str | None, warnings: Sequence[str]) -> dict[str, Any]:
    """The envelope for a list of matches, best first; `msg` is in Python tuple syntax, as AIID's site reads it.

    `best_url` is the address of the first one, if it has any.
    """
    body: dict[str, Any] = {
        "warnings": list(warnings),
        "msg": str([(match.similarity, match.incident_id) for match in matches]),
    }
    if best_url:
        body["best_url"] = best_url
    body["results"] = [vars(match) for match in matches]
    return envelope(200, body)


def passable(matches: Sequence[Match]) -> int:
    """How many of the matches fit into one answer, however long their titles are."""
    size = 0
    for number, match in enumerate(matches):
        size += OVERHEAD + sum(len(json.dumps(words)) for words in (match.title, match.url, match.date))
        if size > MAX_SHOWN:
            return number
    return len(matches)


def embedding(vector: Sequence[float], text_hash: str, warnings: Sequence[str]) -> dict[str, Any]:
    """The envelope for a vector; AIID's `msg` is beside the body here, not in it."""
    body = {"warnings": list(warnings), "embedding": {"vector": list(vector), "from_text_hash": text_hash}}
    return {**envelope(200, body), "msg": "Success"}


def health(state: Health, problem: str | None) -> dict[str, Any]:
    """The envelope for a function's state: 503 with the reason if it cannot serve."""
    body = {"warnings": [], "msg": problem or state.status, **vars(state)}
    return {**envelope(503, body), "message": problem} if problem else envelope(200, body)


def failure(status: int, message: str) -> dict[str, Any]:
    """The envelope for a failed request; the message is also where API Gateway puts its own."""
    return {**envelope(status, {"warnings": [], "msg": message}), "message": message}


def envelope(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """AIID's envelope, which wraps every answer."""
    return {"isBase64Encoded": False, "statusCode": status, "headers": JSON, "multiValueHeaders": {}, "body": body}


def response(content: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """What the function returns to Lambda (payload format 2.0)."""
    return {
        "statusCode": content["statusCode"],
        "headers": {**JSON, **SECURITY, **headers},
        "isBase64Encoded": False,
        "body": json.dumps(content, ensure_ascii=False, allow_nan=False),
    }


def preflight(methods: Sequence[str]) -> dict[str, Any]:
    """The answer to OPTIONS; if other origins are allowed, the HTTP API answers or adds the headers for browsers."""
    return {"statusCode": 204, "headers": {**SECURITY, "Allow": ", ".join(methods)}}
