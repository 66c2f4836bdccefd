"""Serves the part of the Lambda API that forces, proves and times cold starts, in AWS's wire format."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from contract.limits import MAX_MEMORY_MB, MAX_TIMEOUT_S, MIN_MEMORY_MB, PAYLOAD
from lab.aws.variables import refused
from lab.host.errors import LabError
from lab.runtime.function import Function, ThrottledError, UpdateInProgressError
from lab.runtime.function_spec import Configuration, FunctionSpec, function_arn

_TAIL_BYTES = 4096

_Handler = Callable[[web.Request], Awaitable[web.Response]]


class ApiError(Exception):
    """An error of the API: HTTP status, AWS error code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> web.Response:
        """The error in the shape botocore reads."""
        kind = "User" if self.status < 500 else "Service"
        body = {"Type": kind, "Message": self.message, "message": self.message}
        return web.json_response(body, status=self.status, headers={"x-amzn-ErrorType": self.code})


class LambdaApi:
    """Serves Invoke, GetFunction, GetFunctionConfiguration and UpdateFunctionConfiguration."""

    def __init__(self, functions: Mapping[str, Function], architecture: str) -> None:
        self._functions = functions
        self._architecture = architecture

    def routes(self) -> list[web.RouteDef]:
        """The API's routes under /2015-03-31/functions."""
        base = "/2015-03-31/functions/{name}"
        return [
            web.post(f"{base}/invocations", self._guarded(self._invoke)),
            web.get(base, self._guarded(self._get)),
            web.get(f"{base}/configuration", self._guarded(self._get_configuration)),
            web.put(f"{base}/configuration", self._guarded(self._update)),
        ]

    def _guarded(self, handler: _Handler) -> _Handler:
        async def guarded(request: web.Request) -> web.Response:
            try:
                response = await handler(request)
            except ApiError as error:
                response = error.response()
            response.headers.setdefault("x-amzn-RequestId", str(uuid.uuid4()))
            return response

        return guarded

    def _function(self, request: web.Request) -> Function:
        """The function for a name, `account:function:name` or ARN in the path."""
        name = request.match_info["name"]
        parts = name.split(":")
        if "function" in parts[:-1]:
            name = parts[parts.index("function") + 1]
        elif len(parts) == 2:  # name:qualifier
            name = parts[0]
        if name not in self._functions:
            raise ApiError(404, "ResourceNotFoundException", f"Function not found: {function_arn(name)}")
        return self._functions[name]

    async def _invoke(self, request: web.Request) -> web.Response:
        function = self._function(request)
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind != "RequestResponse":
            raise ApiError(400, "InvalidParameterValueException", f"the lab invokes with RequestResponse, not {kind}")
        event = await request.read() or b"{}"
        if len(event) > PAYLOAD:
            text = f"Request must be smaller than {PAYLOAD} bytes for the InvokeFunction operation"
            raise ApiError(413, "RequestTooLargeException", text)
        try:
            json.loads(event, parse_constant=_not_json)
        except (ValueError, RecursionError) as error:
            text = f"Could not parse request body into json: {error}"
            raise ApiError(400, "InvalidRequestContentException", text) from error
        try:
            invocation = await function.invoke(event)
        except ThrottledError as error:
            raise ApiError(429, "TooManyRequestsException", f"Rate Exceeded. {error}") from error
        except LabError as error:
            raise ApiError(500, "ServiceException", str(error)) from error
        headers = {"x-amzn-RequestId": invocation.request_id, "X-Amz-Executed-Version": "$LATEST"}
        if invocation.function_error:
            headers["X-Amz-Function-Error"] = "Unhandled"
        if request.headers.get("X-Amz-Log-Type") == "Tail":
            log = "".join(f"{line}\n" for line in invocation.log).encode()
            headers["X-Amz-Log-Result"] = base64.b64encode(log[-_TAIL_BYTES:]).decode()
        return web.Response(body=invocation.payload, headers=headers, content_type="application/json")

    async def _get(self, request: web.Request) -> web.Response:
        configuration = self._function(request).configuration
        return web.json_response({"Configuration": self._describe(configuration), "Tags": {}})

    async def _get_configuration(self, request: web.Request) -> web.Response:
        return web.json_response(self._describe(self._function(request).configuration))

    async def _update(self, request: web.Request) -> web.Response:
        function = self._function(request)
        try:
            changes = json.loads(await request.read() or b"{}")
        except ValueError as error:
            raise ApiError(400, "SerializationException", f"the body is not JSON: {error}") from error
        if not isinstance(changes, dict):
            raise ApiError(400, "SerializationException", "the body is not a JSON object")
        current = function.configuration
        if changes.get("RevisionId") not in (None, current.revision):
            text = "The Revision Id provided does not match the latest Revision Id. Call GetFunction to retrieve it."
            raise ApiError(412, "PreconditionFailedException", text)
        try:
            updated = function.update(_changed(current.spec, changes, function.deployed))
        except UpdateInProgressError:
            text = (
                "The operation cannot be performed at this time. "
                f"An update is in progress for resource: {current.spec.arn}"
            )
            raise ApiError(409, "ResourceConflictException", text) from None
        return web.json_response(self._describe(updated))

    def _describe(self, configuration: Configuration) -> dict[str, Any]:
        spec = configuration.spec
        described = {
            "FunctionName": spec.name,
            "FunctionArn": spec.arn,
            "Role": f"arn:aws:iam::{spec.arn.split(':')[4]}:role/lab",
            "CodeSize": 0,
            "Description": "",
            "Timeout": spec.timeout_s,
            "MemorySize": spec.memory_mb,
            "LastModified": configuration.modified.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
            "Version": "$LATEST",
            "Environment": {"Variables": dict(spec.environment)},
            "TracingConfig": {"Mode": "PassThrough"},
            "RevisionId": configuration.revision,
            "State": "Active",
            "LastUpdateStatus": configuration.update_status,
            "PackageType": "Image",
            "Architectures": [self._architecture],
            "EphemeralStorage": {"Size": 512},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": spec.log_group},
        }
        if configuration.update_reason:
            described["LastUpdateStatusReason"] = configuration.update_reason
            in_progress = configuration.update_status == "InProgress"
            described["LastUpdateStatusReasonCode"] = "Creating" if in_progress else "InternalError"
        return described


def _not_json(token: str) -> None:
    """Refuse what Python takes beyond JSON, in the words of Lambda's parser."""
    raise ValueError(f"Non-standard token '{token}': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow")


def _changed(spec: FunctionSpec, changes: Mapping[str, Any], deployed: Mapping[str, str]) -> FunctionSpec:
    """Apply the members of an UpdateFunctionConfiguration request; raises ApiError if Lambda or the lab refuses.

    `deployed` are the variables that the function was deployed with.
    """
    unknown = set(changes) - {"Environment", "MemorySize", "Timeout", "RevisionId"}
    if unknown:
        text = f"the lab can change Environment, MemorySize and Timeout, not {', '.join(sorted(unknown))}"
        raise ApiError(400, "InvalidParameterValueException", text)
    memory, timeout = changes.get("MemorySize", spec.memory_mb), changes.get("Timeout", spec.timeout_s)
    _check_range("memorySize", memory, MIN_MEMORY_MB, MAX_MEMORY_MB)
    _check_range("timeout", timeout, 1, MAX_TIMEOUT_S)
    environment = changes.get("Environment", {"Variables": spec.environment})
    variables = environment.get("Variables", {}) if isinstance(environment, dict) else None
    if not isinstance(variables, Mapping):
        raise ApiError(400, "SerializationException", "Environment is not an object with Variables")
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in variables.items()):
        raise ApiError(400, "InvalidParameterValueException", "environment variables are strings")
    if why := refused(variables, deployed):
        raise ApiError(400, "InvalidParameterValueException", f"Environment: {why}")
    if sum(len(key) + len(value) for key, value in variables.items()) > 4096:
        text = (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided exceeded the 4KB limit."
        )
        raise ApiError(400, "InvalidParameterValueException", text)
    return replace(spec, environment=dict(variables), memory_mb=memory, timeout_s=timeout)


def _check_range(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or not low <= value <= high:
        side, bound = ("greater", low) if not isinstance(value, int) or value < low else ("less", high)
        text = (
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
            f"Member must have value {side} than or equal to {bound}"
        )
        raise ApiError(400, "InvalidParameterValueException", text)
