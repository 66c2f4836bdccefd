"""Keeps requests to this machine away from the proxies that the environment names."""

from __future__ import annotations

from collections.abc import MutableMapping

HOSTS = ("127.0.0.1", "localhost", "::1", "127.0.0.0/8")
"""The last one is for the lab's own address: not all clients know networks, but those that ask it do."""


def keep_off_proxies(environment: MutableMapping[str, str]) -> None:
    """Add this machine's names to NO_PROXY, in both spellings, because clients differ in which one they read.

    Call it where a program starts, with os.environ: what it starts inherits the variables.
    """
    given = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    names = [name.strip() for name in given.split(",") if name.strip()]
    if names != ["*"]:  # a star alone stands for all hosts; beside others, many clients take it for a name
        names += [host for host in HOSTS if host not in names]
    environment["no_proxy"] = environment["NO_PROXY"] = ",".join(names)
