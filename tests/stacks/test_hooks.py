"""The hooks, called as Pulumi's engine calls them: over gRPC, through the SDK's own callback server."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import botocore.session
import grpc
import pulumi
import pytest
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from stacks import backend, seeding

MOUNT = "EFSMountTimeoutException: The function couldn't mount the EFS file system due to a timeout"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that hooks meant to sleep."""
    seconds: list[float] = []
    real = asyncio.sleep

    async def sleep(delay: float) -> None:
        seconds.append(delay)
        await real(0)

    for module in (backend, seeding):
        monkeypatch.setattr(module, "asyncio", SimpleNamespace(sleep=sleep))
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
            hook.name, hook.callback = "ready", seeding.retry_until_ready
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


@pytest.mark.parametrize(
    "error",
    [
        MOUNT,
        "EFSMountConnectivityException: The function couldn't connect to the Amazon EFS file system",
        "EFSIOException: An error occurred when reading from or writing to a connected file system.",
        "ENINotReadyException: Lambda couldn't invoke the Lambda function because the elastic network interface",
        "ResourceNotReadyException: The function is inactive and its VPC connection is no longer available.",
        "CodeArtifactUserPendingException: its code artifact user is still being provisioned",
        "ResourceConflictException: The operation cannot be performed at this time. The function is currently in the "
        "following state: Pending",
    ],
    ids=lambda error: error.partition(":")[0],
)
def test_the_engine_is_told_to_try_again_what_will_work_in_a_moment(slept: list[float], error: str) -> None:
    """The messages are those of Lambda's API, with the provider's own words before them."""
    assert _ask([f"invoking Lambda Function (seeder): operation error Lambda: Invoke, StatusCode: 4xx, {error}"])
    assert slept == [15]


def test_the_names_are_those_of_lambda() -> None:
    """botocore has the list of what Invoke answers: none of the names is made up."""
    model = botocore.session.get_session().get_service_model("lambda").operation_model("Invoke")
    retried = {shape.name for shape in model.error_shapes if seeding._NOT_READY.search(f"{shape.name}: state: Pending")}

    assert retried == {
        *("EFSMountFailureException", "EFSMountTimeoutException", "EFSMountConnectivityException", "EFSIOException"),
        *("ENINotReadyException", "ResourceNotReadyException", "CodeArtifactUserPendingException"),
        "ResourceConflictException",
    }


def test_any_other_failure_is_the_users_to_see(slept: list[float]) -> None:
    assert _ask(["SeedError: config.json is corrupt", MOUNT]) is False  # the newest comes first
    assert _ask(["ResourceConflictException: The operation cannot be performed: an update is in progress"]) is False
    assert _ask([]) is False
    assert slept == []


def test_tries_for_longer_than_a_name_takes_to_resolve_and_not_for_ever(slept: list[float]) -> None:
    tries = 1
    while _ask([MOUNT] * tries):
        tries += 1

    assert 180 < sum(slept) < 400


def _updated(old: dict[str, Any] | None, new: dict[str, Any] | None) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs("urn", "id", "name", "type", old_inputs=old, new_inputs=new)


def _reading(bundle: str, memory: int = 3008) -> dict[str, Any]:
    return {"environment": {"variables": {"MODEL_PREFIX": bundle}}, "memorySize": memory}


def test_old_bundles_outlive_the_longest_request(slept: list[float]) -> None:
    asyncio.run(backend.let_requests_end(_updated(_reading("old"), _reading("new"))))
    assert slept == [30]

    asyncio.run(backend.let_requests_end(_updated(None, None)))  # unknown, so better too long than too short
    assert slept == [30, 30]


def test_nobody_waits_when_the_bundle_stays(slept: list[float]) -> None:
    asyncio.run(backend.let_requests_end(_updated(_reading("same"), _reading("same", memory=1024))))

    assert slept == []
