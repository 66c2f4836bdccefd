"""Asks the package index which wheel pip would take, by the names of the files alone: nothing is downloaded.

pip itself downloads what it resolves wherever an index serves no metadata, which are gigabytes for torch's packages.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote, urlsplit

import requests
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tools.images import host
from tools.images.base import platform_tags
from tools.images.resolve import MACHINES, Wheel
from tools.images.shell import ToolError

DEFAULT = "https://pypi.org/simple"
_TIMEOUT_S = 60
_settings = threading.Lock()  # pages are asked for by many threads at once, and pip's settings by one, which starts pip


@dataclass(frozen=True)
class File:
    """A file of a package: its name, its SHA-256 in hex, and the Pythons it is for; empty where the index says none."""

    name: str
    sha256: str
    requires_python: str


class _Links(HTMLParser):
    """Collects the links of an index's page (https://packaging.python.org/specifications/simple-repository-api)."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[File] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "a" and (link := known.get("href")):
            parts = urlsplit(link)
            [digest] = parse_qs(parts.fragment).get("sha256", [""])
            requires = known.get("data-requires-python") or ""
            self.files.append(File(unquote(parts.path.rpartition("/")[2]), digest, requires))


def files(page: str) -> list[File]:
    """Return the files that a page of the index links to."""
    links = _Links()
    links.feed(page)
    return links.files


def choose(name: str, version: str, known: list[File], machine: str, python: str) -> Wheel:
    """Return the wheel of that version that pip would take for `machine` (Lambda's name) and a Python version.

    That is the one whose tags fit best, then the highest build. Raises ToolError if none fits.
    """
    ranks = {tag: rank for rank, tag in enumerate(_tags(machine, python))}
    fitting = []
    for file in known:
        try:
            _, found, build, tags = parse_wheel_filename(file.name)
            takes = found == Version(version) and SpecifierSet(file.requires_python).contains(python)
        except (InvalidWheelFilename, InvalidSpecifier):  # not a wheel, or one that is too old for the standard
            continue
        if takes and (ranked := [ranks[tag] for tag in tags if tag in ranks]):
            fitting.append((-min(ranked), build, file.sha256))
    if not fitting:
        raise ToolError(f"the index has no wheel of {name}=={version} for {machine} and Python {python}")
    return Wheel(name, version, max(fitting)[2])


def wheel(name: str, version: str, machine: str, python: str) -> Wheel:
    """Look up what `choose` returns. Raises ToolError also if the index does not answer."""
    return choose(name, version, list(_page(name)), machine, python)


def _tags(machine: str, python: str) -> list[Tag]:
    """Return the tags that the Lambda base image of that Python can load, the best first."""
    major, minor = (int(part) for part in python.split("."))
    interpreter, platforms = f"cp{major}{minor}", platform_tags(MACHINES[machine])
    platforms += [f"{older}_x86_64" for older in ("manylinux2010", "manylinux1") if machine == "x86_64"]  # as pip does
    return [
        *cpython_tags((major, minor), [interpreter], platforms),
        *compatible_tags((major, minor), interpreter, platforms),
    ]


@functools.cache
def _page(name: str) -> tuple[File, ...]:
    with _settings:
        session, index = _session()
    try:
        answer = session.get(f"{index}/{name}/", headers={"Accept": "text/html"}, timeout=_TIMEOUT_S)
        answer.raise_for_status()
    except requests.RequestException as error:  # its message may hold the index's password
        raise ToolError(f"the package index does not answer about {name}: {type(error).__name__}") from None
    return tuple(files(answer.text))


@functools.cache
def _session() -> tuple[requests.Session, str]:
    """Return a session with this machine's pip settings for reaching the index, and the index's address."""
    settings, session = host.pip_settings(), requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=32, max_retries=Retry(5, backoff_factor=0.5)))
    if "cert" in settings:
        session.verify = settings["cert"]
    if "proxy" in settings:
        session.proxies = {"http": settings["proxy"], "https": settings["proxy"]}
    return session, settings.get("index-url", DEFAULT).rstrip("/")
