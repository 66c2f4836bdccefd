"""Pins the base image: writes the digest under its tag in the registry into the Dockerfiles.

The digest in a Dockerfile is part of our images' tags: a new base is a new image, and one commit always gives the same
image. It is the digest of an index, which holds an image for each architecture.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import requests

from tools.images.shell import ToolError

PLATFORMS = frozenset({"linux/amd64", "linux/arm64"})
_INDEXES = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
_REFERENCE = r"(?P<name>[^/\s]+/[^:@\s]+):(?P<tag>[^:@/\s]+)(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
BASE_LINES = re.compile(rf"(?:^# Digest: .*\n)?^ARG BASE={_REFERENCE}$", re.MULTILINE)
_SECONDS = 30


def pin(dockerfiles: list[Path]) -> str:
    """Write the newest digest of the Dockerfiles' common base image into them; return the reference.

    Raises ToolError, and changes no file, when they have different ones, when the registry cannot be asked, or when it
    lacks an image for an architecture.
    """
    bases = {path: BASE_LINES.search(path.read_text()) for path in dockerfiles}
    if lacking := [str(path) for path, base in bases.items() if base is None]:
        raise ToolError(f"{', '.join(lacking)}: there is no line ARG BASE=registry/name:tag[@sha256:…]")
    names = {f"{base['name']}:{base['tag']}" for base in bases.values() if base}
    if len(names) != 1:
        raise ToolError(f"the Dockerfiles name different base images, {sorted(names)}: name one in all of them")
    [image] = names
    newest = digest(image)
    line = f"# Digest: asked of the registry on {datetime.now(UTC):%Y-%m-%d}.\nARG BASE={image}@{newest}"
    for path, base in bases.items():
        if base and base["digest"] != newest:
            part = path.with_suffix(".part")
            part.write_text(BASE_LINES.sub(line, path.read_text()))
            part.replace(path)
    return f"{image}@{newest}"


def digest(image: str) -> str:
    """Ask a registry for the digest of `registry/path:tag`, which must be an index with images for PLATFORMS."""
    registry, _, rest = image.partition("/")
    path, _, tag = rest.rpartition(":")
    scheme = "http" if registry.partition(":")[0] in ("localhost", "127.0.0.1") else "https"  # Docker's convention
    try:
        answer = _get(f"{scheme}://{registry}/v2/{path}/manifests/{tag}")
        platforms = [entry["platform"] for entry in answer.json()["manifests"]]
        offered = {f"{platform['os']}/{platform['architecture']}" for platform in platforms}
    except requests.RequestException as error:
        raise ToolError(f"{registry} cannot be asked for {image}: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError(f"what {registry} has as {image} is not an image index ({error!r})") from error
    if lacking := PLATFORMS - offered:
        raise ToolError(f"{image} has no image for {' and '.join(sorted(lacking))}: name a tag that has both")
    return f"sha256:{hashlib.sha256(answer.content).hexdigest()}"


def _get(url: str) -> requests.Response:
    """Return a registry's answer; log in anonymously if it asks for that."""
    headers = {"Accept": _INDEXES}
    answer = requests.get(url, headers=headers, timeout=_SECONDS)
    challenge = answer.headers.get("WWW-Authenticate", "")
    if answer.status_code == 401 and challenge.lower().startswith("bearer "):
        asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        login = requests.get(asked.pop("realm"), params=asked, timeout=_SECONDS)
        login.raise_for_status()
        headers["Authorization"] = f"Bearer {login.json()['token']}"
        answer = requests.get(url, headers=headers, timeout=_SECONDS)
    answer.raise_for_status()
    return answer
