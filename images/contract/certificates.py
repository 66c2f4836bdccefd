"""Finds variables of the environment that name unusable certificates, before a request fails by them."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

REQUESTS = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
BOTO = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
HTTPX = ("SSL_CERT_FILE",)
"""The variables that each client reads: the first that is set counts."""

AWS = "https://amazonaws.com"
"""Stands for every address of AWS's own."""


def unusable(url: str, variables: Sequence[str], environment: Mapping[str, str] = os.environ) -> str:
    """Why requests to `url` would fail by the client's certificates, naming the variable; "" if they would not."""
    name = next((name for name in variables if environment.get(name)), "")
    if not name or urlsplit(url).scheme != "https" or os.path.isdir(environment[name]):
        return ""
    place = environment[name]
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(place)
    except ssl.SSLError:
        why = "which holds no certificates"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = "which is not there" if isinstance(error, FileNotFoundError) else f"which cannot be read ({error})"
    else:
        return ""
    return f"{name} names {place}, {why} (mend or unset it)"
