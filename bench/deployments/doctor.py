"""Finds what would spoil a run before it starts, and says what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from bench.deployments.answer import request_body
from bench.deployments.deployment import Backend, Deployment
from bench.deployments.functions import Functions
from bench.deployments.live import LiveTarget
from bench.deployments.originals import standing_nonce
from bench.deployments.versions import Versions
from bench.process.errors import BenchError
from bench.runs.texts import text_of

OK, WARN, FAIL = "ok", "warn", "fail"
_MOST_SKEW_S = 240.0  # AWS refuses signatures that are five minutes off
_LEAST_DISK_MB = 100
_LEAST_CONCURRENCY = 10


@dataclass(frozen=True)
class Check:
    """One finding; `message` says what to do unless all is well."""

    level: str
    about: str
    message: str


def examine(deployment: Deployment, functions: Functions, target: LiveTarget, out: Path) -> Iterator[Check]:
    """All checks, in the order in which a failure would stop a run."""
    free_mb = shutil.disk_usage(out).free / 1e6
    yield Check(OK if free_mb > _LEAST_DISK_MB else FAIL, "disk", f"{free_mb:,.0f} MB free for results")
    if not deployment.is_lab:
        yield _attempt("credentials", functions.identity)
        yield from _account(functions)
    yield from _api(deployment)
    found: dict[str, Mapping[str, Any]] = {}
    for backend in deployment.backends:
        try:
            found[backend.name] = functions.describe(backend)
        except BenchError as error:
            yield Check(FAIL, backend.name, str(error))
            continue
        yield from _function(backend, found[backend.name])
        if backend.alias is not None:
            yield _snapshot(backend, Versions(functions))
        yield _answers(deployment, backend, target)
    yield from like_for_like(found)


def clock_check(date_header: str, now: datetime) -> Check:
    """Whether the local clock agrees with the server's Date header well enough for signatures and log look-ups."""
    skew = abs((now - parsedate_to_datetime(date_header)).total_seconds())
    if skew > _MOST_SKEW_S:
        return Check(FAIL, "clock", f"{skew:.0f} s off: signed requests will be refused; set the clock (NTP)")
    return Check(OK, "clock", f"agrees with the server within {max(skew, 1):.0f} s")


def like_for_like(functions: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    """Whether the functions differ in a setting that must be equal for a comparison."""
    for name in ("MemorySize", "Timeout", "Architectures"):
        values = {backend: str(facts.get(name)) for backend, facts in functions.items()}
        if len(set(values.values())) > 1:
            shown = ", ".join(f"{backend} {value}" for backend, value in values.items())
            yield Check(FAIL, "like for like", f"{name} differs ({shown}); deploy the functions alike")


def _account(functions: Functions) -> Iterator[Check]:
    try:
        limit = functions.account_concurrency()
    except BenchError as error:
        yield Check(WARN, "quotas", f"not known: {error}")
        return
    enough = limit >= _LEAST_CONCURRENCY
    advice = "" if enough else "; bursts will be throttled: ask for a higher quota"
    yield Check(OK if enough else WARN, "quotas", f"{limit} concurrent executions in this account{advice}")


def _api(deployment: Deployment) -> Iterator[Check]:
    try:
        answer = requests.get(deployment.api_url, timeout=10, allow_redirects=False)
    except requests.RequestException as error:
        yield Check(FAIL, "HTTP API", f"{deployment.api_url} does not answer: {error}; is it deployed?")
        return
    yield Check(OK, "HTTP API", f"answers ({answer.status_code})")
    if date := answer.headers.get("Date"):
        yield clock_check(date, datetime.now(UTC))


def _function(backend: Backend, facts: Mapping[str, Any]) -> Iterator[Check]:
    state, update = facts.get("State", "Active"), facts.get("LastUpdateStatus", "Successful")
    if state not in ("Active", "Inactive") or update != "Successful":
        why = facts.get("StateReason", "wait until it is ready, or deploy again")
        yield Check(FAIL, backend.name, f"is {state}, last update {update}: {why}")
    else:
        yield Check(OK, backend.name, f"is {state}, {facts.get('MemorySize')} MB, time-out {facts.get('Timeout')} s")
    if leftover := standing_nonce(facts.get("Environment", {}).get("Variables", {})):
        yield Check(WARN, backend.name, leftover)


def _snapshot(backend: Backend, versions: Versions) -> Check:
    try:
        version, has_one = versions.with_snapshot(backend)
    except BenchError as error:
        return Check(FAIL, backend.name, str(error))
    if has_one:
        return Check(OK, backend.name, f"{backend.alias} leads to version {version}, which has a snapshot")
    return Check(FAIL, backend.name, f"version {version} has no snapshot: deploy again, so that one is published")


def _answers(deployment: Deployment, backend: Backend, target: LiveTarget) -> Check:
    if backend.witnesses is not None:
        return Check(WARN, backend.name, "was not asked: only its owner knows what it answers")
    seen = target.post(backend.name, request_body(text_of(20)))
    if seen.status != 200:
        return Check(FAIL, backend.name, f"does not answer: {seen.error or seen.status}")
    if seen.environment_id is None or not seen.request_id:
        return Check(FAIL, backend.name, "answers without witness headers: deploy the current service")
    if seen.bundle_hash != (backend.bundle_hash or deployment.bundle_hash):
        return Check(FAIL, backend.name, f"serves bundle {seen.bundle_hash}, not the deployed one: seed it again")
    return Check(OK, backend.name, "answers with the deployed bundle")


def _attempt(about: str, check: Any) -> Check:
    try:
        return Check(OK, about, str(check()))
    except BenchError as error:
        return Check(FAIL, about, f"{error}; log in (aws sso login, or set a profile)")
