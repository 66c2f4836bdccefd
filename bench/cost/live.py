"""Looks up today's prices in the AWS Price List API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bench.cost.prices import Prices
from bench.process import certificates
from bench.process.errors import TargetError
from contract.certificates import AWS, BOTO

_API_REGION = "us-east-1"  # the Price List API itself lives in a few regions only; this is one
SOURCE = "AWS Price List API"


@dataclass(frozen=True)
class Product:
    """Where the Price List keeps a price: a service, the end of its usage type, and attributes that exclude others."""

    service: str
    usage_type: str
    attributes: Mapping[str, str]


PRODUCTS = {
    "lambda_gb_second_x86_64": Product("AWSLambda", "Lambda-GB-Second", {}),
    "lambda_gb_second_arm64": Product("AWSLambda", "Lambda-GB-Second-ARM", {}),
    "lambda_request": Product("AWSLambda", "Request", {"group": "AWS-Lambda-Requests"}),
    "lambda_ephemeral_gb_second": Product("AWSLambda", "Lambda-Storage-GB-Second", {}),
    "lambda_provisioned_gb_second_x86_64": Product("AWSLambda", "Lambda-Provisioned-Concurrency", {}),
    "lambda_provisioned_gb_second_arm64": Product("AWSLambda", "Lambda-Provisioned-Concurrency-ARM", {}),
    "lambda_provisioned_used_gb_second_x86_64": Product("AWSLambda", "Lambda-Provisioned-GB-Second", {}),
    "lambda_provisioned_used_gb_second_arm64": Product("AWSLambda", "Lambda-Provisioned-GB-Second-ARM", {}),
    "lambda_snapshot_gb_second": Product("AWSLambda", "Lambda-SnapStart-Cached-GB-S", {}),
    "lambda_snapshot_restored_gb": Product("AWSLambda", "Lambda-SnapStart-Restored-GB", {}),
    "http_api_request": Product("AmazonApiGateway", "ApiGatewayHttpRequest", {}),
    "s3_storage_gb_month": Product("AmazonS3", "TimedStorage-ByteHrs", {"volumeType": "Standard"}),
    "s3_get": Product("AmazonS3", "Requests-Tier2", {}),
    "efs_storage_gb_month": Product("AmazonEFS", "TimedStorage-ByteHrs", {"storageClass": "General Purpose"}),
    "efs_read_gb": Product("AmazonEFS", "ETDataAccess-Bytes", {"accessType": "Read"}),
    "efs_write_gb": Product("AmazonEFS", "ETDataAccess-Bytes", {"accessType": "Write"}),
    "efs_provisioned_mibps_month": Product("AmazonEFS", "ProvisionedTP-MiBpsHrs", {}),
    "ecr_storage_gb_month": Product("AmazonECR", "TimedStorage-ByteHrs", {}),
    "logs_ingested_gb": Product("AmazonCloudWatch", "DataProcessing-Bytes", {}),
    "interface_endpoint_hour": Product("AmazonVPC", "VpcEndpoint-Hours", {}),
}
# These are not looked up: how the Price List names them has not been tried.
NOT_LISTED = frozenset(
    {
        "s3files_read_gb",
        "managed_fee_share",
        "ec2_large_hour_arm64",
        "ec2_large_hour_x86_64",
        "sagemaker_serverless_gb_second",
        "sagemaker_large_hour",
        "fargate_vcpu_hour_x86_64",
        "fargate_gb_hour_x86_64",
        "fargate_vcpu_hour_arm64",
        "fargate_gb_hour_arm64",
        "load_balancer_hour",
        "load_balancer_unit_hour",
        "public_address_hour",
    }
)


def live_prices(shipped: Prices, region: str, endpoint_url: str | None = None) -> tuple[Prices, list[str]]:
    """Today's prices of a region over the shipped ones, and the names of those that were not found and stay as shipped.

    Raises TargetError when the Price List API cannot be asked, or knows none of the prices, and UsageError if the
    environment names certificates with which it cannot be asked.
    """
    certificates.check(endpoint_url or AWS, BOTO)
    client = boto3.client(
        "pricing", region_name=_API_REGION, endpoint_url=endpoint_url, config=Config(retries={"total_max_attempts": 1})
    )
    try:
        listed = {
            service: list(_products(client, service, region))
            for service in sorted({product.service for product in PRODUCTS.values()})
        }
    except (BotoCoreError, ClientError) as error:
        raise TargetError(
            f"the AWS Price List API cannot be asked: {error}; log in, or leave out --live-prices"
        ) from error
    found = {
        name: price
        for name, product in PRODUCTS.items()
        if (price := find_price(listed[product.service], product)) is not None
    }
    if not found:
        raise TargetError(f"the AWS Price List API knows none of the prices for region {region!r}")
    prices = replace(
        shipped,
        region=region,
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        usd={**shipped.usd, **found},
        sources={**shipped.sources, **dict.fromkeys(found, SOURCE)},
    )
    return prices, sorted(set(shipped.usd) - set(found))


def find_price(products: list[dict[str, Any]], product: Product) -> float | None:
    """The on-demand price of the first tier that is not free; None unless exactly one price matches."""
    matching = {
        price
        for entry in products
        if _is(entry["product"].get("attributes", {}), product)
        for price in _first_tier(entry)
    }
    return matching.pop() if len(matching) == 1 else None


def _is(attributes: Mapping[str, str], product: Product) -> bool:
    # Usage types carry a prefix for the region, except in us-east-1: EUW1-Lambda-GB-Second.
    usage_type = attributes.get("usagetype", "")
    named = usage_type == product.usage_type or (
        usage_type.endswith(f"-{product.usage_type}") and usage_type.count("-") == product.usage_type.count("-") + 1
    )
    return named and all(attributes.get(name) == value for name, value in product.attributes.items())


def _first_tier(entry: Mapping[str, Any]) -> Iterator[float]:
    for term in entry.get("terms", {}).get("OnDemand", {}).values():
        tiers = sorted(term["priceDimensions"].values(), key=lambda tier: float(tier.get("beginRange", 0)))
        paid = [usd for tier in tiers if (usd := float(tier["pricePerUnit"].get("USD", 0))) > 0]
        yield from paid[:1]


def _products(client: Any, service: str, region: str) -> Iterator[dict[str, Any]]:
    filters = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}]
    for page in client.get_paginator("get_products").paginate(ServiceCode=service, Filters=filters):
        yield from map(json.loads, page["PriceList"])
