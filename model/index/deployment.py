"""Embeds through a deployed stack, or the lab: asks its HTTP API patiently."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import boto3
import numpy as np
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from contract.auth import JWT, NONE
from contract.headers import BUNDLE_HASH, RETRY_AFTER
from contract.limits import API_TIMEOUT_S
from contract.routes import HEALTH, TEXT_TO_EMBED
from model.base import certificates
from model.base.errors import BuildError
from similarity.bundle.manifest import Manifest

ATTEMPTS = 8  # attempts per request; with the pauses between them some two minutes
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds; doubled from attempt to attempt
LONGEST_WISH = 60.0  # the longest Retry-After that is obeyed, in seconds
TIMEOUT = (5.0, API_TIMEOUT_S + 5.0)  # seconds to connect and to answer
PASSING = (408, 425, 429, 500, 502, 503, 504)  # statuses that may change at the next attempt
TOO_LARGE = 413
TOKEN_VARIABLE = "INDEX_TOKEN"  # noqa: S105 - the name of a variable, not a token


@dataclass(frozen=True)
class Target:
    """Where to embed: `url` is the API's, with or without a backend's name at its end; `auth` is none, iam or jwt."""

    url: str
    concurrency: int
    auth: str


class Deployment:
    """The deployment at a target. It must have the bundle's own model, or its vectors would mean something else."""

    def __init__(self, target: Target, manifest: Manifest) -> None:
        certificates.check(target.url)
        self._url = target.url.rstrip("/")
        self._manifest = manifest
        self._sign = _signer(target.auth)
        self._sessions = threading.local()
        self._checked: set[str] = set()  # hashes of bundles that have the model
        self._stop = threading.Event()
        self._transliterates = True  # older deployments, which do not say it, do

    def check(self) -> None:
        """Raise BuildError unless the deployment answers and has the bundle's model."""
        body = self._health()
        if body.get("model_hash") != self._manifest.model_hash:
            theirs, ours = body.get("model") or "an unnamed model", self._manifest.model
            raise BuildError(
                f"{self._url} runs another model ({theirs}, {str(body.get('model_hash'))[:12]}) than the bundle "
                f"({ours}, {self._manifest.model_hash[:12]}): deploy this bundle first, or leave --via out"
            )
        self._transliterates = body.get("transliterates") is not False
        self._checked.add(str(body.get("bundle_hash")))

    def _health(self) -> dict[str, Any]:
        """The deployment's health once it has read its index; before that it does not know its model."""
        for attempt in range(ATTEMPTS):
            body = self._body(self._ask("GET", HEALTH.name, None))
            if body.get("status") != "loading" or self._stop.wait(_pause(attempt)):
                break
        return body

    def embed(self, text: str) -> np.ndarray | None:
        """float32[hidden] of a plain text, or None if the deployment does not embed it as it is; raises BuildError.

        It may find the text too large, or be one that would write it in ASCII.
        """
        try:
            return self._embed(text)
        except BuildError:
            self.stop()  # so that the other requests are not repeated
            raise

    def _embed(self, text: str) -> np.ndarray | None:
        if self._transliterates and not text.isascii():
            return None
        answer = self._ask("POST", TEXT_TO_EMBED.name, {"text": text})
        if answer.status_code == TOO_LARGE:
            return None
        bundle_hash = answer.headers.get(BUNDLE_HASH, "")
        if bundle_hash not in self._checked:  # it was deployed again meanwhile
            self.check()
            self._checked.add(bundle_hash)
        embedding = self._body(answer).get("embedding")
        if not isinstance(embedding, dict) or embedding.get("from_text_hash") != _sha1(text):
            raise BuildError(f"{self._url} answered for another text than the one it was sent: is it this service?")
        try:
            with np.errstate(over="ignore"):  # reported below
                vector = np.array(embedding.get("vector"), np.float32)
        except (TypeError, ValueError):
            vector = np.empty(0, np.float32)
        if vector.shape != (self._manifest.hidden,) or not np.isfinite(vector).all():
            raise BuildError(f"{self._url} answered with no list of {self._manifest.hidden} finite numbers")
        return vector

    def stop(self) -> None:
        """End all pauses: nobody waits for the answers any more."""
        self._stop.set()

    def _ask(self, method: str, route: str, body: dict[str, str] | None) -> requests.Response:
        """The answer, requested again with growing pauses as long as the failure may be temporary."""
        for attempt in range(ATTEMPTS):
            wish = 0.0
            try:
                answer = self._send(method, route, body)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                problem = f"no answer ({type(error).__name__})"
            except requests.RequestException as error:  # for example, an address without a host
                raise BuildError(f"{self._url}/{route} cannot be asked ({error}); is --via right?") from None
            else:
                if answer.ok or answer.status_code == TOO_LARGE:
                    return answer
                problem = f"HTTP {answer.status_code}: {_message(answer)}"
                if answer.status_code not in PASSING:
                    raise BuildError(f"{self._url}/{route} refuses: {problem}{_hint(answer.status_code)}")
                wish = _wish(answer.headers.get(RETRY_AFTER, ""))
            if attempt + 1 < ATTEMPTS and self._stop.wait(wish + _pause(attempt)):
                break
        raise BuildError(
            f"{self._url}/{route} failed {attempt + 1} times, at last with {problem}; what was embedded is kept"
        )

    def _send(self, method: str, route: str, body: dict[str, str] | None) -> requests.Response:
        if not hasattr(self._sessions, "own"):
            self._sessions.own = requests.Session()  # one per thread, so that its connection stays open
        session: requests.Session = self._sessions.own
        url = f"{self._url}/{route}"
        return session.request(method, url, json=body, auth=self._sign, timeout=TIMEOUT, allow_redirects=False)

    def _body(self, answer: requests.Response) -> dict[str, Any]:
        try:
            body = answer.json()["body"]
        except (ValueError, KeyError, TypeError):
            body = None
        if not isinstance(body, dict):
            raise BuildError(f"{self._url} does not answer like this service: give --via the apiUrl of a stack")
        return body


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _pause(attempt: int) -> float:
    """Seconds to wait, random below a bound that doubles: callers that failed together do not return together."""
    return random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))  # noqa: S311 - no secret


def _wish(header: str) -> float:
    """Seconds of a Retry-After, given as a number or as a date; 0 if there is none or it makes no sense."""
    try:
        seconds = float(header) if header.strip().isdigit() else parsedate_to_datetime(header).timestamp() - time()
    except (TypeError, ValueError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WISH)


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])[:200]
    except (ValueError, KeyError, TypeError):
        return answer.reason or "no message"


def _hint(status: int) -> str:
    if status in (401, 403):
        return f"; for a stack with auth iam say --auth iam, for jwt --auth jwt with the token in {TOKEN_VARIABLE}"
    return "; give --via the apiUrl of a stack" if status in (301, 302, 307, 308, 404) else ""


def _signer(auth: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """The authentication: none, SigV4 with the credentials that boto3 finds, or a bearer token."""
    if auth == NONE:
        return lambda request: request
    if auth == JWT:
        return _bearer(os.environ.get(TOKEN_VARIABLE, ""))
    session = boto3.Session()
    credentials = session.get_credentials()
    if credentials is None or session.region_name is None:
        raise BuildError("--auth iam needs AWS credentials and a region (AWS_REGION): log in first")

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        headers = {"Content-Type": request.headers["Content-Type"]} if request.body else {}
        signed = AWSRequest(method=request.method, url=request.url, data=request.body, headers=headers)
        SigV4Auth(credentials, "execute-api", session.region_name).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request

    return sign


def _bearer(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    if not token:
        raise BuildError(f"--auth jwt wants a token in the environment variable {TOKEN_VARIABLE}")

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign
