"""Priming: only what has a new image, until it answers, over Lambda's own client, and never for ever."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from stacks import priming
from stacks.priming import NotPrimedError, Priming

PRIMING = Priming("model-storage-test-efs", "us-east-1", {"text": "a"})
LOADING = b'{"statusCode": 503, "body": "the model is still being loaded; ask again"}'
TIMED_OUT = b'{"errorMessage": "Task timed out after 30.00 seconds"}'
ANSWER = b'{"statusCode": 200, "body": "{}"}'


def _made(old: str | None, new: str | None) -> pulumi.ResourceHookArgs:
    before, after = ({"imageUri": uri} if uri else None for uri in (old, new))
    return pulumi.ResourceHookArgs("urn", "id", "name", "type", old_inputs=before, new_inputs=after)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What Lambda gives for each try, the last of it again and again; tries take what they get from the front."""
    given: list[bytes] = []

    def invoke(region: str, name: str, event: Any) -> str:
        assert (region, name, event) == ("us-east-1", "model-storage-test-efs", {"text": "a"})
        return priming.unanswered(given.pop(0))

    async def sleep(seconds: float) -> None:
        pass

    monkeypatch.setattr(priming, "invoke", invoke)
    monkeypatch.setattr(priming, "asyncio", SimpleNamespace(sleep=sleep, to_thread=asyncio.to_thread))
    return given


@pytest.mark.parametrize(("old", "new"), [(None, "a@sha256:1"), ("a@sha256:1", "a@sha256:2"), (None, None)])
def test_a_new_image_is_invoked_until_it_answers(asked: list[bytes], old: str | None, new: str | None) -> None:
    asked += [TIMED_OUT, LOADING, ANSWER, ANSWER]
    asyncio.run(PRIMING.prime(_made(old, new)))
    assert asked == [ANSWER]


def test_an_image_that_stays_is_left_alone(asked: list[bytes]) -> None:
    asyncio.run(PRIMING.prime(_made("a@sha256:1", "a@sha256:1")))
    assert asked == []


def test_a_function_that_never_answers_is_given_up_and_the_reason_told(asked: list[bytes]) -> None:
    asked += [LOADING] * 99
    with pytest.raises(NotPrimedError, match=r"model-storage-test-efs is deployed.* status 503: .*still being loaded"):
        asyncio.run(PRIMING.prime(_made(None, "a@sha256:1")))
    assert 80 < len(asked) < 95


def test_the_engine_takes_a_failure_for_a_warning_and_gets_its_reason(
    asked: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the SDK's own callback server, as the engine asks: after an update, with the inputs in its own names."""
    asked += [TIMED_OUT] * 99
    monkeypatch.setattr("pulumi.resource_hooks.register_resource_hook", lambda hook: None)

    async def session() -> tuple[Any, str]:
        registered: list[Any] = []
        monitor: Any = SimpleNamespace(RegisterResourceHook=registered.append)
        servicer = _CallbackServicer(monitor)
        await servicer.serve()
        try:
            servicer.register_resource_hook(PRIMING.hook("efs-serve-prime"))
            [request] = registered
            question = resource_pb2.ResourceHookRequest(urn="urn", name="efs-serve-function")
            question.old_inputs.update({"imageUri": "a@sha256:1"})
            question.new_inputs.update({"imageUri": "a@sha256:2"})
            async with grpc.aio.insecure_channel(request.callback.target) as channel:
                reply = await callback_pb2_grpc.CallbacksStub(channel).Invoke(
                    callback_pb2.CallbackInvokeRequest(
                        token=request.callback.token, request=question.SerializeToString()
                    )
                )
            return request, resource_pb2.ResourceHookResponse.FromString(reply.response).error
        finally:
            await _CallbackServicer.shutdown()

    registration, said = asyncio.run(session())
    assert registration.ignore_errors
    assert not registration.on_dry_run
    assert "was not primed: 10 tries got no answer, but Task timed out after 30.00 seconds" in said


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (ANSWER, ""),
        (LOADING, "status 503: the model is still being loaded; ask again"),
        (TIMED_OUT, "Task timed out after 30.00 seconds"),
        (b"[]", "something that is not an answer"),
        (b"<html>", "something that is not an answer"),
    ],
)
def test_only_status_200_is_an_answer(payload: bytes, said: str) -> None:
    assert priming.unanswered(payload) == said


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """An address that answers Lambda's Invoke; the requests that came."""
    came: list[tuple[str, Any]] = []

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            allowed = "-efs/" in self.path
            self.send_response(200 if allowed else 403)
            content = ANSWER if allowed else b'{"Message": "User is not authorized to perform: lambda:InvokeFunction"}'
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    yield came
    server.shutdown()
    thread.join()
    server.server_close()


def test_lambdas_own_client_invokes_the_function_and_tells_why_it_may_not(api: list[tuple[str, Any]]) -> None:
    assert priming.invoke("us-east-1", "model-storage-test-efs", {"text": "a"}) == ""
    assert api == [("/2015-03-31/functions/model-storage-test-efs/invocations", {"text": "a"})]
    assert "not authorized to perform: lambda:InvokeFunction" in priming.invoke("us-east-1", "other", {})
