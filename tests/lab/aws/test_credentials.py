"""Signatures: those of botocore are taken, and any other request is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest
import requests
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import ClientError
from hypothesis import assume, given
from hypothesis import strategies as st

from lab.aws.credentials import SKEW, Credentials, SignatureError, Signed
from tests.lab.support.accounts import Served, client

KEY = Credentials.make()
HOST = "127.0.0.1:4000"
PATHS = st.text(st.sampled_from("abz019-_.~$ /:%@+é"), max_size=20).map(lambda text: f"/{text.lstrip('/')}")
NAMED = st.text(st.sampled_from("abz09-_.~ /&=+%é"), min_size=1, max_size=8)


def signed(method: str, path: str, query: dict[str, str], body: bytes, **headers: str) -> Signed:
    """A request as botocore signs it and as it comes over the wire."""
    wire = requests.Request(method, f"http://{HOST}{path}").prepare().url or ""
    wire += "?" * bool(query) + urlencode(query, quote_via=quote, safe="-_.~")
    request = AWSRequest(method, wire, {"Host": HOST, **headers}, body)
    SigV4Auth(BotoCredentials(KEY.access_key_id, KEY.secret_access_key), "lambda", "us-east-1").add_auth(request)
    path, _, search = wire.removeprefix(f"http://{HOST}").partition("?")
    return Signed(method, path, search, {name.lower(): value for name, value in request.headers.items()}, body)


def check(request: Signed, now: datetime | None = None) -> None:
    KEY.check(request, "us-east-1", "lambda", now or datetime.now(UTC))


@given(
    st.sampled_from(["GET", "POST", "PUT"]), PATHS, st.dictionaries(NAMED, NAMED, max_size=3), st.binary(max_size=50)
)
def test_what_botocore_signs_is_taken(method: str, path: str, query: dict[str, str], body: bytes) -> None:
    assume("//" not in path and "/." not in path)  # botocore signs another path than it sends then
    check(signed(method, path, query, body, **{"X-Amz-Log-Type": "Tail  of it"}))


SIGNED_AT = datetime.now(UTC)  # of the request, which may be minutes before a test comes to it
REQUEST = signed("PUT", "/2015-03-31/functions/f/configuration", {"a": "b"}, b"{}", **{"X-Amz-Log-Type": "Tail"})


@pytest.mark.parametrize(
    "changed",
    [
        replace(REQUEST, method="POST"),
        replace(REQUEST, path="/2015-03-31/functions/g/configuration"),
        replace(REQUEST, query="a=c"),
        replace(REQUEST, query=""),
        replace(REQUEST, body=b"{ }"),
        replace(REQUEST, headers={**REQUEST.headers, "x-amz-log-type": "None"}),
        replace(REQUEST, headers={**REQUEST.headers, "host": "evil.test:4000"}),
        replace(REQUEST, headers={**REQUEST.headers, "x-amz-date": "20260101T000000Z"}),
        replace(REQUEST, headers={**REQUEST.headers, "x-amz-date": "now"}),
        replace(REQUEST, headers={key: value for key, value in REQUEST.headers.items() if key != "authorization"}),
        *(
            replace(REQUEST, headers={**REQUEST.headers, "authorization": value})
            for value in (
                "",
                "Bearer x",
                REQUEST.headers["authorization"][:-1] + "g",
                REQUEST.headers["authorization"][:-64] + "0" * 64,
                REQUEST.headers["authorization"].replace("host;", ""),
                REQUEST.headers["authorization"].replace("us-east-1", "eu-west-1"),
                REQUEST.headers["authorization"].replace("/lambda/", "/logs/"),
                REQUEST.headers["authorization"].replace(KEY.access_key_id, "AKIDEXAMPLE"),
            )
        ),
    ],
)
def test_a_request_that_is_not_the_signed_one_is_refused(changed: Signed) -> None:
    check(REQUEST, SIGNED_AT)
    with pytest.raises(SignatureError) as error:
        check(changed, SIGNED_AT)
    assert KEY.secret_access_key not in str(error.value)


@pytest.mark.parametrize("late", [SKEW, -SKEW])
def test_an_old_request_cannot_be_sent_again(late: timedelta) -> None:
    check(REQUEST, SIGNED_AT + late * 0.9)
    with pytest.raises(SignatureError, match="Signature expired"):
        check(REQUEST, SIGNED_AT + late * 1.1)


def test_every_start_has_a_key_of_its_own_that_no_message_shows() -> None:
    one, other = Credentials.make(), Credentials.make()
    assert (one.access_key_id, one.secret_access_key) != (other.access_key_id, other.secret_access_key)
    assert one.secret_access_key not in repr(one)


@pytest.mark.parametrize("service", ["lambda", "logs"])
def test_a_client_without_the_key_gets_nothing(account: Served, service: str) -> None:
    guesses = [Credentials.make(), Credentials("any", "any"), replace(account.key, secret_access_key="any")]
    for key, code in zip(guesses, ["UnrecognizedClient"] * 2 + ["InvalidSignature"], strict=True):
        with pytest.raises(ClientError) as error:
            ask(client(service, account.endpoint_url, key), service)
        assert error.value.response["Error"]["Code"] == f"{code}Exception"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    unsigned = client(service, account.endpoint_url, account.key)
    unsigned.meta.events.register("choose-signer.*.*", lambda **_: UNSIGNED)
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        ask(unsigned, service)
    ask(client(service, account.endpoint_url, account.key), service)


def ask(aws: object, service: str) -> None:
    if service == "lambda":
        aws.get_function_configuration(FunctionName="witness")  # type: ignore[attr-defined]
    else:
        aws.filter_log_events(logGroupName="/aws/lambda/witness")  # type: ignore[attr-defined]
