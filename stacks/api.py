"""The HTTP API in front of the functions: routes, authorisation, throttling, CORS and an access log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from contract import cors, route_keys
from contract.auth import IAM, JWT, NONE
from contract.limits import API_TIMEOUT_S
from contract.routes import METHODS, SIMILAR
from contract.run_modes import SNAPSTART, path_segment
from stacks import routes
from stacks.account import Place
from stacks.backend import Backend
from stacks.function import LambdaFunction
from stacks.models import Model
from stacks.page import Page
from stacks.settings import Settings

_AUTHORIZATION = {IAM: "AWS_IAM", JWT: "JWT", NONE: "NONE"}
# Empty without a token, because curl would sign even an empty header. Two expansions, because zsh splits none.
_SESSION_HEADER = '${AWS_SESSION_TOKEN:+-H} ${AWS_SESSION_TOKEN:+"x-amz-security-token: $AWS_SESSION_TOKEN"}'
# One JSON line per request; integrationLatency is the function's time in ms as the gateway saw it.
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "route": "$context.routeKey",
    "path": "$context.path",
    "status": "$context.status",
    "responseLatency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationStatus": "$context.integrationStatus",
    "integrationRequestId": "$context.integration.requestId",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerError": "$context.authorizer.error",
    "responseLength": "$context.responseLength",
}


@dataclass(frozen=True)
class ApiArgs:
    """The functions behind the API: those of every model on every backend, and the page's, if there is one."""

    settings: Settings
    place: Place
    models: Sequence[Model]
    backends: Mapping[str, Backend]
    page: Page | None


@dataclass(frozen=True)
class Target:
    """What routes lead to: a function behind its integration, asked by its alias if there is one."""

    integration: aws.apigatewayv2.Integration
    function: aws.lambda_.Function
    alias: aws.lambda_.Alias | None


class HttpApi(pulumi.ComponentResource):
    """An API Gateway HTTP API with one stage, `$default`, so that paths begin with the backend's name."""

    id: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(self, name: str, args: ApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-storage:index:HttpApi", name, None, opts)
        self._name = name
        self._settings = args.settings
        self._api = aws.apigatewayv2.Api(
            f"{name}-api",
            name=f"{args.place.names.project}-{args.place.names.stack}",
            protocol_type="HTTP",
            cors_configuration=self._cors(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._authorizer = self._jwt_authorizer() if args.settings.auth == JWT else None
        self._stage(args)
        for model in args.models:
            for backend, component in args.backends.items():
                self._model_routes(model, backend, component)
        if args.page:
            self._routes(self._integration(f"{name}-page", args.page), route_keys.PAGE)
        self.id = self._api.id
        self.url = self._api.api_endpoint
        self.register_outputs({"url": self.url})

    def _cors(self) -> aws.apigatewayv2.ApiCorsConfigurationArgs | None:
        if not self._settings.cors_origins:
            return None
        return aws.apigatewayv2.ApiCorsConfigurationArgs(
            allow_origins=list(self._settings.cors_origins),
            allow_methods=list(METHODS),
            allow_headers=list(cors.ALLOWED),
            expose_headers=list(cors.EXPOSED),
            max_age=cors.MAX_AGE_S,
        )

    def _jwt_authorizer(self) -> aws.apigatewayv2.Authorizer:
        return aws.apigatewayv2.Authorizer(
            f"{self._name}-jwt",
            api_id=self._api.id,
            name="jwt",
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration=aws.apigatewayv2.AuthorizerJwtConfigurationArgs(
                issuer=self._settings.jwt_issuer, audiences=list(self._settings.jwt_audiences)
            ),
            opts=pulumi.ResourceOptions(parent=self._api),
        )

    def _stage(self, args: ApiArgs) -> None:
        log = aws.cloudwatch.LogGroup(
            f"{self._name}-log",
            name=args.place.names.api_log_group,
            retention_in_days=self._settings.log_retention_days,
            kms_key_id=self._settings.kms_key_arn or None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.apigatewayv2.Stage(
            f"{self._name}-stage",
            api_id=self._api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
                throttling_rate_limit=self._settings.throttle_rate,
                throttling_burst_limit=self._settings.throttle_burst,
            ),
            access_log_settings=aws.apigatewayv2.StageAccessLogSettingsArgs(
                destination_arn=log.arn, format=json.dumps(_ACCESS_LOG)
            ),
            opts=pulumi.ResourceOptions(parent=self._api),
        )

    def _model_routes(self, model: Model, backend: str, component: Backend) -> None:
        """Route the paths of a model on one backend; the default backend also gets those without its name."""
        served, name = component.served[model.name], f"{self._name}-{model.role(backend)}"
        default = [model.path()] if backend == self._settings.default_backend else []
        encoder = self._integration(name, served.encoder)
        search = self._integration(f"{name}-search", served.search)
        for prefix in (model.path(backend), *default):
            self._routes_below(prefix, encoder, search, model.name)
        if alias := served.encoder.alias:
            restored = self._integration(f"{name}-{SNAPSTART.alias}", served.encoder, alias)
            self._routes_below(model.path(path_segment(backend, SNAPSTART)), restored, search, model.name)

    def _routes_below(self, prefix: str, encoder: Target, search: Target, model: str) -> None:
        self._routes(encoder, route_keys.encoder_keys(prefix), model)
        self._routes(search, route_keys.search_keys(prefix), model)
        if self._settings.cors_origins:
            # Browsers send preflights without credentials; the catch-all routes would answer them with 401 or 403.
            self._route(route_keys.preflight_key(prefix), search, "NONE", model)

    def _integration(self, name: str, component: LambdaFunction, alias: aws.lambda_.Alias | None = None) -> Target:
        """Integrate a function: its $LATEST, or what its alias points at."""
        integration = aws.apigatewayv2.Integration(
            name,
            api_id=self._api.id,
            integration_type="AWS_PROXY",
            integration_method="POST",
            integration_uri=alias.invoke_arn if alias else component.function.invoke_arn,
            payload_format_version="2.0",
            timeout_milliseconds=API_TIMEOUT_S * 1000,  # the most that it can be
            opts=pulumi.ResourceOptions(parent=self._api),
        )
        return Target(integration, component.function, alias)

    def _routes(self, target: Target, keys: Iterable[str], model: str = "") -> None:
        for key in keys:
            self._route(key, target, _AUTHORIZATION[self._settings.auth], model)

    def _route(self, key: str, target: Target, authorization: str, model: str) -> None:
        name = f"{self._name}-{routes.resource_name(key, model)}"
        route = aws.apigatewayv2.Route(
            name,
            api_id=self._api.id,
            route_key=key,
            target=pulumi.Output.concat("integrations/", target.integration.id),
            authorization_type=authorization,
            authorizer_id=self._authorizer.id if self._authorizer and authorization == "JWT" else None,
            opts=pulumi.ResourceOptions(parent=target.integration),
        )
        aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=target.function.name,
            qualifier=target.alias.name if target.alias else None,
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.concat(self._api.execution_arn, routes.permitted_path(key)),
            opts=pulumi.ResourceOptions(parent=route),
        )


def curl_line(auth: str, region: str, url: str, path: str) -> str:
    """Return a shell command that sends a request to `path`, such as /efs, with credentials from the environment.

    curl signs the query as it is written, AWS checks it sorted and with spaces as %20, so it is written in that form.
    """
    request = f"'{url}{path}/{SIMILAR.name}?num=3&text=A%20robot%20hurt%20a%20worker'"
    if auth == IAM:
        return (
            f"curl -s --aws-sigv4 'aws:amz:{region}:execute-api' --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\""
            f" {_SESSION_HEADER} {request}"
        )
    if auth == JWT:
        return f'curl -s -H "Authorization: Bearer $TOKEN" {request}'
    return f"curl -s {request}"
