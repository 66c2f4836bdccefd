"""Primes functions whose image is new: invokes each until it answers, so that the first user does not wait for that.

Lambda loads an image in chunks when they are read. The first time takes 54 ms for each, later times 1.2 ms: the weights
of an answer are 650 chunks. What an INIT or a request that timed out has read is not lost, so the next try has less to
wait for.

It is a hook of the function and not a resource (`aws.lambda_.Invocation`), because the provider takes any answer for
success, also "still being loaded; ask again", and its failure would end the deployment. A function that cannot be
primed is reported as a warning. What depends on the function, such as its routes, comes after the hook: a new function
gets no request before it is primed. One that is updated may.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from contract.limits import API_TIMEOUT_S, INIT_S

_TRIES = 10
_PAUSE_SECONDS = 5.0  # the file system's name may not resolve for a minute, and a function may still be Pending


class NotPrimedError(Exception):
    """A function did not answer; the message says what came instead, and what that means."""


@dataclass(frozen=True)
class Priming:
    """How one function is primed: by an `event` that it can answer only when everything is loaded."""

    function_name: str
    region: str
    event: Mapping[str, Any]

    def hook(self, name: str) -> pulumi.ResourceHook:
        """Return the hook, to run after the function was made or updated."""
        return pulumi.ResourceHook(name, self.prime, pulumi.ResourceHookOptions(ignore_errors=True))

    async def prime(self, args: pulumi.ResourceHookArgs) -> None:
        """Invoke the function until it answers, if its image is new. Raises NotPrimedError when it gives up."""
        old, new = ((inputs or {}).get("imageUri") for inputs in (args.old_inputs, args.new_inputs))
        if old is not None and old == new:  # an image is known by its digest
            return
        came = ""
        for number in range(1, _TRIES + 1):
            await asyncio.sleep(_PAUSE_SECONDS if came else 0)
            pulumi.log.info(f"priming {self.function_name}, try {number}", ephemeral=True)
            came = await asyncio.to_thread(invoke, self.region, self.function_name, self.event)
            if not came:
                return
        raise NotPrimedError(
            f"{self.function_name} is deployed, but was not primed: {_TRIES} tries got no answer, but {came}. "
            "Its first requests may take longer than the API waits; ask it until it answers, and see its log"
        )


def invoke(region: str, function_name: str, event: Mapping[str, Any]) -> str:
    """Invoke a function once, with the credentials of the environment; return what came instead of an answer, or ""."""
    # Here, because they take longer to import than the rest of the program, and previews do not need them.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    patience = Config(retries={"total_max_attempts": 1}, read_timeout=2 * (API_TIMEOUT_S + INIT_S))
    try:
        client = boto3.Session(region_name=region).client("lambda", config=patience)
        told = client.invoke(FunctionName=function_name, Payload=json.dumps(event).encode())
        return unanswered(told["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        return f"{type(error).__name__}: {error}"


def unanswered(payload: bytes) -> str:
    """Return what a function's payload says instead of an answer; empty for status 200."""
    try:
        said = json.loads(payload)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return "something that is not an answer"
    if said.get("statusCode") == 200:
        return ""
    return f"status {said['statusCode']}: {said.get('body')}" if "statusCode" in said else f"{said.get('errorMessage')}"
