"""Finds what a build takes from its machine to reach the package registry: pip's settings and the CA certificates.

They are mounted while a build stage runs, and do not get into any layer.
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
from pathlib import Path

from tools.images.shell import run

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def pip_settings() -> dict[str, str]:
    """Return pip's settings on this machine, files and environment variables merged as pip does it."""
    listed = run(sys.executable, "-m", "pip", "config", "list").splitlines()
    pairs = [(match[1], match[2], ast.literal_eval(match[3])) for line in listed if (match := _SETTING.fullmatch(line))]
    pairs.sort(key=lambda pair: pair[0] == ":env:")  # the environment comes last, so it wins
    return {key: value for _, key, value in pairs}


_SETTING = re.compile(r"(global|install|:env:)\.([a-z-]+)=(.*)")


def mounts(scratch: Path) -> list[str]:
    """Return `host:container:ro` mounts that let pip work inside a build; `scratch` gets a pip.conf."""
    settings = pip_settings()
    config = configparser.ConfigParser(interpolation=None)
    config["global"] = {key: value.replace("\n", "\n  ") for key, value in settings.items()}
    with (scratch / "pip.conf").open("w") as file:
        config.write(file)
    words = " ".join(settings.values()).replace("file://", "").split()
    local = {word for word in words if word.startswith("/") and Path(word).exists()}
    # An index on disk links to files beside it, so mount the directory that holds both.
    local = {str(Path(word).parent) if Path(word).name == "simple" else word for word in local}
    if CERTIFICATES.exists():
        local.add(str(CERTIFICATES))
    return [f"{scratch / 'pip.conf'}:/etc/pip.conf:ro", *(f"{path}:{path}:ro" for path in sorted(local))]
