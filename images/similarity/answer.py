"""Answers: AIID's envelope with machine-readable results, and the HTTP status that is true."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from similarity.ranking import Match

BEST_URL = "https://incidentdatabase.ai/apps/discover?display=details&incident_id={}"  # AIID's own
JSON = {"Content-Type": "application/json"}


def similar(matches: Sequence[Match], warnings: Sequence[str]) -> dict[str, Any]:
    """The envelope for a list of matches, best first; `msg` is in Python tuple syntax, as AIID's site reads it."""
    body: dict[str, Any] = {
        "warnings": list(warnings),
        "msg": str([(match.similarity, match.incident_id) for match in matches]),
    }
    if matches:
        body["best_url"] = BEST_URL.format(matches[0].incident_id)
    body["results"] = [vars(match) for match in matches]
    return envelope(200, body)


def failure(status: int, message: str) -> dict[str, Any]:
    """The envelope for a request that was not answered; the message also stands where API Gateway puts its own."""
    return {**envelope(status, {"warnings": [], "msg": message}), "message": message}


def envelope(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """AIID's wrapping of every answer."""
    return {"isBase64Encoded": False, "statusCode": status, "headers": JSON, "multiValueHeaders": {}, "body": body}


def response(content: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """What the function returns to Lambda (payload format 2.0)."""
    return {
        "statusCode": content["statusCode"],
        "headers": {**JSON, **headers},
        "isBase64Encoded": False,
        "body": json.dumps(content, ensure_ascii=False, allow_nan=False),
    }
