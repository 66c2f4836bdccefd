"""Checks addresses of the web, which come from strangers' tables and which a page makes links of."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from model.index.records import BadRow
from similarity.bundle.manifest import PLACE

LONGEST = 2_000  # characters; browsers and servers take longer ones, but not all of them
SCHEMES = ("https", "http")
FOREIGN = frozenset('<>"\\`')  # in no URL; a browser reads `\` as `/`, so that another host may follow
BRACES = re.compile(r"\{[^{}]*\}|[{}]")
LARGEST_ID = 2**63 - 1


def check(url: str) -> None:
    """Raise BadRow that names the URL, unless it is a full one of http or https that looks like what it is."""
    named = f"url {url[:40]!r}"
    if len(url) > LONGEST:
        raise BadRow(f"{named} has {len(url):,} characters; at most {LONGEST:,} are taken")
    if not url.isprintable() or " " in url or FOREIGN.intersection(url):
        raise BadRow(f"{named} has a blank, a control character or another one that no URL has: write it as %XX")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # both are read when they are asked for
    except ValueError as error:
        raise BadRow(f"{named} is not a URL: {error}") from None
    if parts.scheme not in SCHEMES:
        raise BadRow(f"{named} does not begin with https:// or http://")
    if not host:
        raise BadRow(f"{named} names no host")
    if not host.isascii():
        raise BadRow(f"{named} has a host with letters that may look like others: write it as xn--…")
    if "@" in parts.netloc:
        raise BadRow(f"{named} has a user's name before its host: leave that out")


def check_template(template: str) -> None:
    """Raise BadRow unless the template has `{incident_id}`, no other braces, and makes URLs that `check` takes."""
    if set(BRACES.findall(template)) != {PLACE}:
        raise BadRow(f"{template[:80]!r} has to hold {PLACE}, and no other braces: such as https://example.org/{PLACE}")
    check(filled(template, LARGEST_ID))


def filled(template: str, incident_id: int) -> str:
    """The address that a template makes for an incident; empty for an empty template."""
    return template.replace(PLACE, quote(str(incident_id), safe=""))
