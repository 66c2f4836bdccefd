"""Asks for the credentials of a function with SnapStart, which Lambda gives over HTTP and not in the environment.

So a snapshot holds none that its copies would share, or that have expired when it is restored. The address and the
token, which each request sends, are in the environment: "Activating and managing Lambda SnapStart", AWS Lambda
Developer Guide, and "Container credential provider", AWS SDKs and Tools Reference Guide, read in November 2026. This
module is imported where the address is set, and nowhere else.
"""

from __future__ import annotations

import http.client
import json
import os
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from contract.environment import CREDENTIALS_TOKEN, CREDENTIALS_URI

if TYPE_CHECKING:
    from obstore.store import S3Credential

#: Where AWS's SDKs send the token, too: this machine, and the two addresses of ECS and EKS, which no router passes on.
HOSTS = ("127.0.0.1", "localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23")
PATIENCE_S = 2.0
MOST = 1 << 16  # bytes of an answer; one has about 1,500


def present() -> S3Credential:
    """The credentials of this moment, and until when they are good; raises OSError or ValueError.

    obstore keeps them until they are about to expire, and then asks again.
    """
    address = urlsplit(os.environ[CREDENTIALS_URI])
    if address.scheme != "http" or address.hostname not in HOSTS:
        raise ValueError(f"{CREDENTIALS_URI} is not one of AWS's own addresses, so the token is not sent there")
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE_S)  # asks no proxy
    try:
        path = f"{address.path}?{address.query}" if address.query else address.path
        connection.request("GET", path, headers={"Authorization": os.environ.get(CREDENTIALS_TOKEN, "")})
        answer = connection.getresponse()
        said = answer.read(MOST)
    except http.client.HTTPException as error:
        raise ValueError(f"the credentials came with no answer in HTTP: {type(error).__name__}") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise ValueError(f"the credentials were refused with status {answer.status}")
    return _read(said)


def _read(said: bytes) -> S3Credential:
    try:
        found = json.loads(said)
        return {
            "access_key_id": found["AccessKeyId"],
            "secret_access_key": found["SecretAccessKey"],
            "token": found["Token"],
            "expires_at": datetime.fromisoformat(found["Expiration"]),
        }
    except (ValueError, KeyError, TypeError):
        raise ValueError("what came is not credentials") from None  # and may be part of some: it is not told
