"""No token, password or signed header gets into a file or a message, whatever else is in it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.deployments.auth import make_signer
from bench.deployments.outputs import parse_outputs
from bench.measure.session import carry_out
from bench.process import redact as redaction
from bench.process.errors import TargetError
from bench.process.redact import HIDDEN, keep_secret, redact
from bench.report.views.load import derive_load
from bench.report.views.present import present
from bench.runs.load_file import LoadFile
from bench.runs.loads import Arrival, LoadHeader
from bench.runs.plan import Axes, Variant, build_plan
from bench.runs.records import Observation, Session
from bench.runs.store import LOAD, RESULTS, Recorder
from tests.bench.support.command import bench, write_outputs
from tests.bench.support.simulator import Account, SimulatedTarget, Truth, VirtualTime, outputs, serve

B64TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
tokens = st.text(B64TOKEN, min_size=8, max_size=40).map(lambda text: f"Zq{text}")
SIGNATURE = "0a1b" * 16


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", set())


FORMS = {
    "known": "{0}",
    "bearer": "Authorization: Bearer {0}",
    "basic": "basic {1}",
    "url": "no answer from https://user:{1}@host.example/s3",
    "session": "x-amz-security-token:{0}",
    "query": "GET /?X-Amz-Credential={0}&X-Amz-Signature=" + SIGNATURE,
    "jwt": "token eyJ{1}.{1}.c2ln is expired",
}


@dataclass(frozen=True)
class Leak:
    """A secret to hide, and a text that contains it."""

    secret: str
    said: str


def leak_of(token: str, form: str) -> Leak:
    """`{0}` is any bearer token, `{1}` one of letters and digits alone, because those forms allow no other."""
    plain = "".join(filter(str.isalnum, token))
    return Leak(token if "{0}" in FORMS[form] else plain, FORMS[form].format(token, plain))


leaks = st.builds(leak_of, tokens, st.sampled_from(sorted(FORMS)))


@given(leaks, st.text(max_size=20), st.text(max_size=20))
def test_a_secret_is_hidden_wherever_it_stands(leak: Leak, a: str, b: str) -> None:
    if leak.said == leak.secret:
        keep_secret(leak.secret)
    said = redact(f"{a} {leak.said} {b}")
    assert leak.secret not in said
    assert SIGNATURE not in said
    assert HIDDEN in said


def test_ordinary_text_is_left_alone() -> None:
    for text in (
        "weights read from S3 over http://127.0.0.1:8333/models?x=1, at start",
        "ask me@example.com; 12 bearers; Basic needs; a signature is missing",
        "REPORT RequestId: 3f7c9b6e-0a57-4f0e-9d25-7a5f3f0b2c11\tDuration: 812.35 ms",
        "b" * 64,
    ):
        assert redact(text) == text


class Echoes(SimulatedTarget):
    """A service that echoes what it was sent, in every place where it can."""

    def __init__(self, said: str, broken: bool) -> None:
        super().__init__(Account(Truth()), VirtualTime())
        self.said, self.broken = said, broken

    def call(self, variant: Variant) -> Observation:
        seen = super().call(variant)
        texts = dict.fromkeys(("error", "nonce", "weights", "log_stream", "engine"), self.said)
        return replace(seen, **texts, status=503 if self.broken else 200, log_tail=(self.said,))

    def log_lines(self, variant: Variant, seen: Sequence[Observation]) -> tuple[str, ...]:
        return (f"REPORT RequestId: {self.said}", self.said)

    def restore(self) -> None:
        raise TargetError(f"refused: {self.said}")


@given(leaks, st.booleans())
@settings(max_examples=25)
def test_no_writer_of_a_run_lets_a_secret_through(leak: Leak, broken: bool) -> None:
    said = leak.said
    if said == leak.secret:
        keep_secret(said)
    target = Echoes(said, broken)
    axes = Axes(("s3", "oci"), cold=1, warm=1)
    given_outputs = outputs("http://localhost", None, target.account)
    for item in given_outputs["backends"].values():  # type: ignore[attr-defined]
        item["storage"] = said
    recorded = parse_outputs({**given_outputs, "weights": said, "region": said}).recorded()
    header = Session(1, "2026-01-01T00:00:00+00:00", axes, recorded, target.describe(), {"revision": said})
    heard = io.StringIO()
    with TemporaryDirectory() as scratch, redirect_stdout(heard), redirect_stderr(heard):
        directory = Path(scratch)
        with Recorder(directory / RESULTS) as recorder:
            carry_out(build_plan(axes), target, header, recorder, target.virtual.clock)
        present(directory, as_json=False)
        present(directory, as_json=True)
        with LoadFile(directory) as file:
            file.append(
                LoadHeader(kind="load", schema=1, utc="2026", rate=1, duration_s=1, spacing="poisson", seed=1,
                           most_at_once=1, target=recorded, facts={}, notes=(said,))
            )  # fmt: skip
            file.append(Arrival("s3", 0.5, 1.0, 2.0, 503, error=said))
            file.append(Arrival(f"oci {said}", 0.5, 1.0, 2.0, 200))
        derive_load(directory)
        written = {path.name: path.read_text(encoding="utf-8") for path in directory.iterdir()}
    assert set(written) == {
        RESULTS,
        "summary.json",
        "report.md",
        "report.html",
        LOAD,
        "load.json",
        "load.md",
        "load.html",
    }
    for name, text in {**written, "heard": heard.getvalue()}.items():
        assert leak.secret not in text, name


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.strip()))
def test_a_token_that_no_header_can_carry_is_refused_without_being_told(text: str) -> None:
    token = f"Zq81{text}Zq94"
    with pytest.MonkeyPatch.context() as patch:
        try:
            patch.setenv("BENCH_TOKEN", token)
        except (ValueError, UnicodeEncodeError):
            return  # an environment variable cannot hold it
        if set(token) <= set(B64TOKEN):
            make_signer("jwt", "us-east-1", lambda: None)
            return
        with pytest.raises(TargetError) as refused:
            make_signer("jwt", "us-east-1", lambda: None)
    assert "Zq81" not in str(refused.value)


@given(st.text(B64TOKEN + ":@!$", min_size=6, max_size=30))
def test_addresses_are_known_without_user_and_password(text: str) -> None:
    password = "Zq" + text.replace("/", "")
    given_outputs = outputs(f"http://me:{password}@localhost:81/", f"http://me:{password}@localhost", Account(Truth()))
    deployment = parse_outputs(given_outputs)
    assert (deployment.api_url, deployment.endpoint_url) == ("http://localhost:81", "http://localhost")
    assert password not in json.dumps(deployment.recorded())
    assert password not in repr(deployment)


@pytest.fixture
def url() -> Iterator[tuple[str, Account]]:
    account = Account(Truth(lambda backend, engine, rng: 20.0, lambda backend, engine, rng: 4.0))
    with serve(account) as address:
        yield address, account


def test_a_password_in_an_address_is_used_and_told_nowhere(url: tuple[str, Account], tmp_path: Path) -> None:
    address, account = url
    api = address.replace("http://", "http://me:hunter22@")
    file = write_outputs(tmp_path, address, account, apiUrl=api)
    done = bench("--outputs", file, "--backends", "s3", "--cold", 1, "--warm", 1, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert {headers.get("Authorization") for headers in account.seen_headers if "Authorization" in headers} >= {
        "Basic bWU6aHVudGVyMjI="
    }
    doctor = bench("doctor", "--outputs", file)
    for text in (done.stdout, done.stderr, doctor.stdout, *(p.read_text() for p in (tmp_path / "run").iterdir())):
        assert "hunter22" not in text
        assert "bWU6aHVudGVyMjI" not in text


def test_a_broken_token_is_3_without_traceback_or_token(url: tuple[str, Account], tmp_path: Path) -> None:
    address, account = url
    file = write_outputs(tmp_path, address, account, authMode="jwt")
    done = bench("--outputs", file, "--cold", 1, "--out", tmp_path / "run", BENCH_TOKEN="abcdef\nghijkl")
    assert done.returncode == 3
    assert "BENCH_TOKEN holds no bearer token" in done.stderr
    assert not any(part in done.stderr for part in ("Traceback", "abcdef", "ghijkl"))
