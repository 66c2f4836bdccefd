"""How a request to the HTTP API proves who asks."""

from __future__ import annotations

import os
from collections.abc import Callable

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.errors import TargetError

Signer = Callable[[requests.PreparedRequest], None]
TOKEN_VARIABLE = "BENCH_TOKEN"  # noqa: S105 - the name of a variable, not a token


def make_signer(auth_mode: str, region: str, credentials: Callable[[], Credentials | None]) -> Signer:
    """The signer for an API's auth mode: none, iam (SigV4 by botocore) or jwt (a bearer token in BENCH_TOKEN)."""
    if auth_mode == "none":
        return lambda request: None
    if auth_mode == "jwt":
        token = os.environ.get(TOKEN_VARIABLE)
        if not token:
            raise TargetError(f"this API wants a JWT: put one into the environment variable {TOKEN_VARIABLE}")
        return lambda request: request.headers.update({"Authorization": f"Bearer {token}"})
    if auth_mode == "iam":
        found = credentials()
        if found is None:
            raise TargetError("this API wants signed requests, and there are no AWS credentials; log in first")
        return lambda request: _sign(request, found, region)
    raise TargetError(f"unknown auth mode {auth_mode!r} in the outputs; none, iam and jwt are known")


def _sign(request: requests.PreparedRequest, credentials: Credentials, region: str) -> None:
    signed = AWSRequest(
        method=request.method,
        url=request.url,
        data=request.body,
        headers={"Content-Type": request.headers.get("Content-Type", "")},
    )
    SigV4Auth(credentials, "execute-api", region).add_auth(signed)
    request.headers.update(dict(signed.headers.items()))
