"""Sends one request to every backend, and one that must be refused where the API is not open."""

from __future__ import annotations

import time
from collections.abc import Callable

import boto3

from bench.deployments.answer import request_body
from bench.deployments.auth import make_signer
from bench.deployments.deployment import Deployment
from bench.deployments.http import HttpClient
from contract.limits import API_TIMEOUT_S
from contract.routes import SIMILAR
from tools.e2e.errors import E2eError

_TEXT = "A delivery robot ran over a dog on the pavement"
_TIMEOUT_S = API_TIMEOUT_S + 5.0
# An HTTP API may not wait for the first cold start of a new image, and new routes need seconds to take effect.
_ATTEMPTS = 8


def ask(deployment: Deployment, pause_s: float) -> None:
    """Ask every backend with the API's auth mode. Raises E2eError if an answer is not this deployment's."""
    signer = make_signer(deployment.auth_mode, deployment.region, boto3.Session().get_credentials)
    client = HttpClient(deployment.api_url, signer)
    for backend in deployment.backends:
        wanted = (200, backend.name, deployment.bundle_hash)

        def look(path: str = f"/{backend.name}/{SIMILAR.name}", wanted: tuple[int, str, str] = wanted) -> str | None:
            seen = client.post(path, request_body(_TEXT), _TIMEOUT_S)
            got = (seen.status, seen.backend, seen.bundle_hash)
            return None if got == wanted else f"{path} must answer {wanted}, and gave {got}: {seen.error}"

        _eventually(look, pause_s)


def ask_without_rights(deployment: Deployment, pause_s: float) -> None:
    """Ask without a signature or token, which must be refused. Raises E2eError if there is an answer."""
    client = HttpClient(deployment.api_url, lambda request: None)

    def look() -> str | None:
        status = client.post(f"/{SIMILAR.name}", request_body(_TEXT), _TIMEOUT_S).status
        return None if status in (401, 403) else f"without rights 401 or 403 must come, and {status} came"

    _eventually(look, pause_s)


def _eventually(look: Callable[[], str | None], pause_s: float) -> None:
    """Check until nothing is wrong. Raises E2eError with the faults of the last attempt."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(pause_s)
        wrong = look()
        if wrong is None:
            return
    raise E2eError(f"{wrong} (after {_ATTEMPTS} attempts)")
