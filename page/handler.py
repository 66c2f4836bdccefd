"""The page as a Lambda function (payload format 2.0): a self-contained HTML document, and the OpenAPI document.

It needs only the standard library, loads no model and calls no other service. `BACKENDS` in its environment names the
backends of the deployment, separated by commas; without it the page looks for all storages that there are.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from contract.environment import BACKENDS
from contract.phases import PHASES, Phase
from contract.storages import NAMES, Storage, storage

FILES = Path(__file__).resolve().parent
PATHS = ("/", "/openapi.json")
METHODS = ("GET", "HEAD")
# What a lab offers its own page beside the service: routes of these names, below a backend and beside the page.
COLD_START, REPORT = "cold-start", "report"
JSON = "application/json"
_STYLE = re.compile(r'<link rel="stylesheet" href="([a-z]+\.css)">')
_SCRIPT = re.compile(r'<script src="([a-z]+\.js)"></script>')
# Stand in the HTML file for one with a content for each storage, each phase, and each offer.
_STORAGE, _PHASE, _OFFER = '<meta name="storage">', '<meta name="phase">', '<meta name="offer">'
_NO_NOTE, _NOTE = (f'<p id="note" class="notice" role="note"{more}</p>' for more in (" hidden>", ">{}"))
# https://owasp.org/www-project-secure-headers/; the page itself also gets a list of what it may load.
SECURITY = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Document:
    """The answer of one path: its text and its headers."""

    text: str
    headers: Mapping[str, str]


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request as a Lambda function, which finds the names of the backends in its environment."""
    return answer(event, os.environ.get(BACKENDS, ""))


def answer(event: Mapping[str, Any], backends: str, note: str = "", offers: tuple[str, ...] = ()) -> dict[str, Any]:
    """Answer one request: `GET /` and `GET /openapi.json` (or HEAD); 404 or 405 with a JSON message for others.

    `backends` are the names for the page, separated by commas; `note` is what it says of the deployment, if anything;
    `offers` are some of COLD_START and REPORT.
    """
    request = event.get("requestContext", {}).get("http", {})
    path = event.get("rawPath")
    document = _document(path, backends, note, offers) if path in PATHS else None
    if document is None:
        return _failure(404, "there is no such page; ask for / or /openapi.json")
    method = request.get("method", "GET")
    if method not in METHODS:
        return _failure(405, "the method is not allowed; send GET or HEAD", {"Allow": ", ".join(METHODS)})
    known = {name.lower(): value for name, value in (event.get("headers") or {}).items()}.get("if-none-match", "")
    if _holds(known, document.headers["ETag"]):
        return _response(304, {**document.headers}, "")
    return _response(200, {**document.headers}, document.text if method == "GET" else "")


@cache
def _document(path: str, backends: str, note: str, offers: tuple[str, ...]) -> Document | None:
    if path == "/":
        return page(FILES, backends, note, offers)
    file = FILES / "openapi.json"
    return _made(file.read_text(encoding="utf-8"), JSON, _NOTHING) if file.is_file() else None


def page(files: Path, backends: str = "", note: str = "", offers: tuple[str, ...] = ()) -> Document:
    """The HTML file with its style sheet and scripts inline; the policy allows these, by their hashes, and no others.

    The page is told of the `backends`, names separated by commas, or of all storages. Raises ValueError if one of them
    is unknown. `note` is shown at the top; `offers` are what only a lab has.
    """
    html = (files / "index.html").read_text(encoding="utf-8")
    if note:
        html = html.replace(_NO_NOTE, _NOTE.format(escape(note)))
    names = backends.split(",") if backends else NAMES
    html = html.replace(_STORAGE, "\n".join(_told(storage(name)) for name in names))
    html = html.replace(_PHASE, "\n".join(map(_labelled, PHASES.values())))
    html = html.replace(_OFFER, "\n".join(f'<meta name="offer" content="{escape(each)}">' for each in offers))
    styles, scripts = [], []

    def style(link: re.Match[str]) -> str:
        styles.append((files / link[1]).read_text(encoding="utf-8"))
        return f"<style>{styles[-1]}</style>"

    def script(link: re.Match[str]) -> str:
        scripts.append((files / link[1]).read_text(encoding="utf-8"))
        return f"<script>{scripts[-1]}</script>"

    html = _SCRIPT.sub(script, _STYLE.sub(style, html))
    policy = (
        f"{_NOTHING}; connect-src 'self'; img-src data:; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return _made(html, "text/html; charset=utf-8", policy)


def _told(one: Storage) -> str:
    """What the page is told of a storage."""
    title, kept = escape(one.label[:1].upper() + one.label[1:]), escape(one.kept)
    return f'<meta name="storage" content="{escape(one.name)}" data-title="{title}" data-kept="{kept}">'


def _labelled(one: Phase) -> str:
    """What the page is told of a phase of an answer."""
    holds = " data-holds" if one.holds else ""
    return f'<meta name="phase" content="{escape(one.name)}" data-label="{escape(one.label)}"{holds}>'


def _hashes(texts: list[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def _made(text: str, kind: str, policy: str) -> Document:
    tag = hashlib.sha256(f"{policy}\n{text}".encode()).hexdigest()[:32]
    headers = {"Content-Type": kind, "Cache-Control": "no-cache", "ETag": f'"{tag}"', "Content-Security-Policy": policy}
    return Document(text, {**headers, **SECURITY})


def _holds(known: str, tag: str) -> bool:
    """Whether an If-None-Match header names the tag (RFC 9110, 13.1.2: weak comparison)."""
    return known.strip() == "*" or tag in [item.strip().removeprefix("W/") for item in known.split(",")]


def _failure(status: int, message: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    fixed = {"Content-Type": JSON, "Cache-Control": "no-store", "Content-Security-Policy": _NOTHING, **SECURITY}
    return _response(status, {**fixed, **(headers or {})}, json.dumps({"message": message}))


def _response(status: int, headers: dict[str, str], body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": headers, "isBase64Encoded": False, "body": body}
