"""Proves to the HTTP API who asks: by a signature, a bearer token, or user and password."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.process.errors import TargetError
from bench.process.redact import keep_secret
from contract.auth import IAM, JWT, MODES, NONE

Signer = Callable[[requests.PreparedRequest], None]
TOKEN_VARIABLE = "BENCH_TOKEN"  # noqa: S105 - the name of a variable, not a token
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, b64token


def make_signer(
    auth_mode: str,
    region: str,
    credentials: Callable[[], Credentials | None],
    login: tuple[str, str] | None = None,
) -> Signer:
    """The signer for an API's auth mode: none, iam (SigV4 by botocore) or jwt (a bearer token in BENCH_TOKEN).

    With `login`, requests to an API of mode none carry user and password. From now on, credentials and tokens count as
    secrets.
    """
    if auth_mode == NONE:
        return _basic(*login) if login else lambda request: None
    if auth_mode == JWT:
        token = _token()
        return lambda request: request.headers.update({"Authorization": f"Bearer {token}"})
    if auth_mode == IAM:
        found = credentials()
        if found is None:
            raise TargetError("this API wants signed requests, and there are no AWS credentials; log in first")
        keep_secret(found.secret_key, found.token)
        return lambda request: _sign(request, found, region)
    raise TargetError(f"unknown auth mode {auth_mode!r} in the outputs; {', '.join(MODES)} are known")


def _token() -> str:
    """The token from the environment. Raises TargetError, whose text omits the token, if no header can carry it."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    keep_secret(token, *token.split())
    if not token:
        raise TargetError(f"this API wants a JWT: put one into the environment variable {TOKEN_VARIABLE}")
    if not _TOKEN.fullmatch(token):
        raise TargetError(
            f"{TOKEN_VARIABLE} holds no bearer token: one has letters, digits and . _ ~ + / - only, and = at its end"
        )
    return token


def _basic(user: str, password: str) -> Signer:
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    keep_secret(encoded)
    return lambda request: request.headers.update({"Authorization": f"Basic {encoded}"})


def _sign(request: requests.PreparedRequest, credentials: Credentials, region: str) -> None:
    signed = AWSRequest(
        method=request.method,
        url=request.url,
        data=request.body,
        headers={"Content-Type": request.headers.get("Content-Type", "")},
    )
    SigV4Auth(credentials, "execute-api", region).add_auth(signed)
    request.headers.update(dict(signed.headers.items()))
