"""The hooks, called as Pulumi's engine calls them: over gRPC, through the SDK's own callback server."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from stacks import efs

MOUNT = "EFSMountTimeoutException: The function couldn't mount the EFS file system due to a timeout"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that hooks meant to sleep."""
    seconds: list[float] = []
    real = asyncio.sleep

    async def sleep(delay: float) -> None:
        seconds.append(delay)
        await real(0)

    monkeypatch.setattr(efs, "asyncio", SimpleNamespace(sleep=sleep))
    return seconds


def _ask(errors: list[str]) -> bool:
    """Register the hook as the program does, and ask it as the engine does."""

    async def session() -> bool:
        registered: list[Any] = []
        monitor: Any = SimpleNamespace(RegisterErrorHook=registered.append)
        servicer = _CallbackServicer(monitor)
        await servicer.serve()
        try:
            hook = pulumi.ErrorHook.__new__(pulumi.ErrorHook)  # its constructor would register it with an engine
            hook.name, hook.callback = "mount", efs.retry_mount
            servicer.register_error_hook(hook)
            [request] = registered
            async with grpc.aio.insecure_channel(request.callback.target) as channel:
                question = resource_pb2.ErrorHookRequest(urn="urn", name="efs-seed", errors=errors)
                reply = await callback_pb2_grpc.CallbacksStub(channel).Invoke(
                    callback_pb2.CallbackInvokeRequest(
                        token=request.callback.token, request=question.SerializeToString()
                    )
                )
            answer = resource_pb2.ErrorHookResponse.FromString(reply.response)
            assert answer.error == ""
            return bool(answer.retry)
        finally:
            await _CallbackServicer.shutdown()

    return asyncio.run(session())


def test_the_engine_is_told_to_try_a_mount_again(slept: list[float]) -> None:
    assert _ask([MOUNT]) is True
    assert slept == [15]


def test_any_other_failure_is_the_users_to_see(slept: list[float]) -> None:
    assert _ask(["SeedError: config.json is corrupt", MOUNT]) is False  # the newest comes first
    assert _ask([]) is False
    assert slept == []


def test_tries_for_longer_than_a_name_takes_to_resolve_and_not_for_ever(slept: list[float]) -> None:
    tries = 1
    while _ask([MOUNT] * tries):
        tries += 1

    assert 90 < sum(slept) < 200


def test_old_bundles_outlive_the_longest_request(slept: list[float]) -> None:
    asyncio.run(efs.let_requests_end(pulumi.ResourceHookArgs(urn="", id="", name="", type="")))

    assert slept == [30]
