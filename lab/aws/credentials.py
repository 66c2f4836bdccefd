"""Makes the access key of one start of the lab, and checks signatures made with it (AWS Signature Version 4)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

#: How much a request's date may differ from now, as on AWS.
SKEW = timedelta(minutes=5)
_ALGORITHM = "AWS4-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM} Credential=(?P<key>[^/,\s]+)/(?P<day>\d{{8}})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/aws4_request,\s*SignedHeaders=(?P<headers>[a-z0-9;_-]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


class SignatureError(Exception):
    """The request's signature is missing or wrong: AWS's error code, and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Signed:
    """What a signature covers: a request as it came over the wire, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Credentials:
    """An access key. Make one with `make`."""

    access_key_id: str
    secret_access_key: str = field(repr=False)

    @classmethod
    def make(cls) -> Credentials:
        """A new key that nobody can guess."""
        return cls(f"LAB{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))

    def check(self, request: Signed, region: str, service: str, now: datetime) -> None:
        """Raise SignatureError unless this key signed the request's line, host, date and body, and not long ago."""
        authorization = request.headers.get("authorization")
        if authorization is None:
            raise SignatureError("MissingAuthenticationTokenException", f"Missing Authentication Token: {_WHERE}")
        found = _AUTHORIZATION.fullmatch(authorization.strip())
        if found is None:
            raise SignatureError("IncompleteSignatureException", f"Authorization is not {_ALGORITHM} Credential=…")
        if not hmac.compare_digest(found["key"].encode(), self.access_key_id.encode()):
            raise SignatureError(
                "UnrecognizedClientException", f"The security token included in the request is invalid: {_WHERE}"
            )
        if (found["region"], found["service"]) != (region, service):
            raise SignatureError("InvalidSignatureException", f"Credential should be scoped to {region}/{service}")
        signed = found["headers"].split(";")
        if missing := {"host", "x-amz-date"} - set(signed):
            raise SignatureError("IncompleteSignatureException", f"not signed: {', '.join(sorted(missing))}")
        stamp = request.headers.get("x-amz-date", "")
        _check_date(stamp, found["day"], now)
        scope = f"{found['day']}/{region}/{service}/aws4_request"
        digest = hashlib.sha256(_canonical(request, signed).encode()).hexdigest()
        expected = self._signature(scope, f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}")
        if not hmac.compare_digest(expected, found["signature"]):
            raise SignatureError(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method.",
            )

    def _signature(self, scope: str, text: str) -> str:
        key = f"AWS4{self.secret_access_key}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()


_WHERE = "the outputs of `python -m lab up` have the accessKeyId and secretAccessKey of this start"


def _check_date(stamp: str, day: str, now: datetime) -> None:
    try:
        date = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise SignatureError("IncompleteSignatureException", "X-Amz-Date is not like 20260131T235959Z") from None
    if stamp[:8] != day or abs(now - date) > SKEW:
        raise SignatureError(
            "InvalidSignatureException", f"Signature expired: {stamp} is more than {SKEW} from {now:%Y%m%dT%H%M%SZ}"
        )


def _canonical(request: Signed, signed: list[str]) -> str:
    """The canonical request, with the body's own hash: X-Amz-Content-SHA256 must agree with it."""
    pairs = [pair.partition("=") for pair in request.query.split("&") if pair]
    query = "&".join(f"{name}={value}" for name, _, value in sorted(pairs))  # quoted already, as the path is
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed)
    digest = hashlib.sha256(request.body).hexdigest()
    path = quote(request.path, safe="/-_.~")  # a second time, as Signature Version 4 does for all services but S3
    return f"{request.method}\n{path}\n{query}\n{headers}\n{';'.join(signed)}\n{digest}"
