"""Events as AWS's services and people's tools send them, and what a function must make of each."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

BODY = json.dumps({"text": "a crane fell", "num": 1})
COVERED = base64.b64encode(BODY.encode()).decode()


@dataclass(frozen=True)
class Case:
    """An event, and the name of the route that it asks for, or the words of its refusal."""

    event: Any
    route: str = ""
    refused: str = ""


def of_2(method: str, path: str, query: str = "", stage: str = "$default", **fields: Any) -> dict[str, Any]:
    """As an HTTP API sends it with payload format 2.0, and a function URL in any case."""
    context = {"http": {"method": method, "path": path}, "stage": stage}
    return {"version": "2.0", "rawPath": path, "rawQueryString": query, "requestContext": context, **fields}


def of_1(method: str, path: str, stage: str = "$default", **fields: Any) -> dict[str, Any]:
    """As an HTTP API sends it with payload format 1.0, and a REST API in any case."""
    context = {"httpMethod": method, "path": path, "stage": stage, "requestId": "r"}
    nothing = {"queryStringParameters": None, "multiValueQueryStringParameters": None, "body": None}
    event = {"version": "1.0", "resource": "/{proxy+}", "path": path, "httpMethod": method, "requestContext": context}
    return {**event, "headers": {}, **nothing, "isBase64Encoded": False, **fields}


def record(source: str, **fields: Any) -> dict[str, Any]:
    return {"Records": [{"eventSource": source, **fields}]}


LATTICE = {"serviceNetworkArn": "arn:aws:vpc-lattice:eu-west-1:1:servicenetwork/s"}
GZIPPED = base64.b64encode(gzip.compress(BODY.encode(), mtime=0)).decode()
FORM = base64.b64encode(b"text=a+crane+fell").decode()
ONE, TWO = {"text": "a"}, {"text": ["a", "b"]}
CASES = {
    "2.0": Case(of_2("POST", "/similar", body=BODY), "similar"),
    "2.0, base64": Case(of_2("POST", "/s3/similar", body=COVERED, isBase64Encoded=True), "similar"),
    "2.0, said to be base64": Case(of_2("POST", "/similar", body="{}", isBase64Encoded=True), refused="base64 but is"),
    "2.0, gzip": Case(of_2("POST", "/similar", body=GZIPPED, isBase64Encoded=True), refused="body is not UTF-8"),
    "2.0, a form": Case(of_2("POST", "/similar", body=FORM, isBase64Encoded=True), refused="body is not JSON"),
    "2.0, an array": Case(of_2("POST", "/similar", body="[1]"), refused="not an object"),
    "2.0, no body": Case(of_2("POST", "/similar"), refused="text is missing"),
    "2.0, a vector": Case(
        of_2("GET", "/embed-to-db-similar", queryStringParameters={"embed": "[1]"}), "embed-to-db-similar"
    ),
    "2.0, another stage": Case(of_2("POST", "/dev/similar", body=BODY), refused="there is no such route"),
    "2.0, its own stage": Case(of_2("POST", "/dev/s3/similar", body=BODY, stage="dev"), "similar"),
    "2.0, its stage as the beginning of a name": Case(of_2("GET", "/healthy", stage="health"), refused="no such route"),
    "2.0, HEAD": Case(of_2("HEAD", "/health"), refused="method HEAD is not allowed"),
    "1.0": Case(of_1("POST", "/text-to-embed", body=BODY), "text-to-embed"),
    "1.0, its own stage": Case(of_1("GET", "/dev/health", stage="dev"), "health"),
    "1.0, health": Case(of_1("GET", "/health"), "health"),
    "1.0, one of several": Case(
        of_1("GET", "/similar", queryStringParameters=ONE, multiValueQueryStringParameters={"text": ["a"]}), "similar"
    ),
    "1.0, several": Case(
        of_1("GET", "/similar", queryStringParameters={"text": "b"}, multiValueQueryStringParameters=TWO),
        refused="text is given twice",
    ),
    "1.0, no such route": Case(of_1("GET", "/nowhere"), refused="there is no such route"),
    "ALB": Case({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/similar"}, refused="a load balancer"),
    "ALB, several": Case(
        {"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/health", "multiValueHeaders": {}},
        refused="a load balancer",
    ),
    "WebSocket": Case({"requestContext": {"connectionId": "c", "routeKey": "$default"}, "body": BODY}, refused="WebSo"),
    "VPC Lattice": Case({"requestContext": LATTICE, "path": "/similar", "method": "POST"}, refused="VPC Lattice"),
    "VPC Lattice, older": Case({"raw_path": "/similar", "method": "POST", "body": BODY}, refused="VPC Lattice"),
    "Bedrock": Case({"apiPath": "/similar", "httpMethod": "GET", "agent": {}}, refused="Bedrock"),
    "SQS": Case(record("aws:sqs", body=BODY), refused="a queue, topic"),
    "SNS": Case(record("aws:sns", Sns={"Message": BODY}), refused="a queue, topic"),
    "S3": Case(record("aws:s3", s3={"bucket": {"name": "b"}}), refused="a queue, topic"),
    "Firehose": Case({"records": [{"data": COVERED}]}, refused="a stream"),
    "EventBridge": Case({"version": "0", "detail-type": "Scheduled Event", "detail": {}}, refused="EventBridge"),
    "CloudWatch Logs": Case({"awslogs": {"data": GZIPPED}}, refused="CloudWatch Logs"),
    "AppSync": Case({"arguments": ONE, "info": {"fieldName": "similar"}, "identity": None}, refused="AppSync"),
    "Cognito": Case({"triggerSource": "PreSignUp_SignUp", "request": {}, "response": {}}, refused="Cognito"),
    "CloudFormation": Case({"RequestType": "Create", "ResponseURL": "https://a"}, refused="CloudFormation"),
    "Lex": Case({"bot": {"name": "b"}, "inputTranscript": "a"}, refused="Lex"),
    "a warmer": Case({"warmer": True, "concurrency": 3}, refused="names no route"),
    "direct": Case(ONE, "similar"),
    "direct, with a route": Case({"route": "health"}, "health"),
    "direct, a vector": Case({"embed": [0.5]}, "embed-to-db-similar"),
    "direct, a body": Case({"body": BODY}, "similar"),
    "direct, an object as body": Case({"body": ONE}, refused="the body is not text"),
    "nothing": Case({}, refused="names no route"),
    "null": Case(None, refused="the event is not a JSON object"),
    "a list": Case([1], refused="the event is not a JSON object"),
    "a text": Case("hello", refused="the event is not a JSON object"),
}
