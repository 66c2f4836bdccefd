"""Prices of today, in the Price List's own form, through boto3, from a stand-in endpoint."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bench.cost.live import NOT_LISTED, PRODUCTS, SOURCE, find_price, live_prices
from bench.cost.prices import read_prices
from bench.process.errors import TargetError


def listed(usage_type: str, *tiers: float, **attributes: str) -> dict[str, Any]:
    dimensions = {
        f"sku.{n}": {"beginRange": str(n * 100), "pricePerUnit": {"USD": f"{usd:.10f}"}} for n, usd in enumerate(tiers)
    }
    return {
        "product": {"sku": "sku", "attributes": {"usagetype": usage_type, **attributes}},
        "terms": {"OnDemand": {"sku.term": {"priceDimensions": dimensions}}},
    }


@pytest.fixture
def price_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, list[dict[str, Any]]]]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    products: dict[str, list[dict[str, Any]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert asked["Filters"] == [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-west-1"}]
            body = json.dumps({"PriceList": [json.dumps(item) for item in products.get(asked["ServiceCode"], [])]})
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", products
    server.shutdown()
    server.server_close()


def test_what_the_price_list_knows_replaces_the_shipped_prices(price_list: tuple[str, dict[str, Any]]) -> None:
    url, products = price_list
    products["AWSLambda"] = [
        listed("EUW1-Lambda-GB-Second", 0.00002, 0.00001),
        listed("EUW1-Lambda-GB-Second-ARM", 0.000015),
        listed("EUW1-Lambda-Provisioned-GB-Second", 0.9),
    ]
    prices, missing = live_prices(read_prices(), "eu-west-1", url)
    assert (prices["lambda_gb_second_x86_64"], prices["lambda_gb_second_arm64"]) == (0.00002, 0.000015)
    assert prices.sources["lambda_gb_second_arm64"] == SOURCE
    assert prices.region == "eu-west-1"
    assert prices["s3_get"] == read_prices()["s3_get"]
    assert prices["lambda_provisioned_used_gb_second_x86_64"] == 0.9
    found = {"lambda_gb_second_x86_64", "lambda_gb_second_arm64", "lambda_provisioned_used_gb_second_x86_64"}
    assert set(missing) == (set(PRODUCTS) | NOT_LISTED) - found


def test_a_list_that_knows_nothing_or_is_not_there_is_an_error(price_list: tuple[str, dict[str, Any]]) -> None:
    with pytest.raises(TargetError, match="none of the prices"):
        live_prices(read_prices(), "eu-west-1", price_list[0])
    with pytest.raises(TargetError, match="cannot be asked"):
        live_prices(read_prices(), "eu-west-1", "http://127.0.0.1:9")


def test_every_price_has_a_place_in_the_list() -> None:
    assert set(PRODUCTS) | NOT_LISTED == set(read_prices().usd)


def test_a_price_is_taken_only_when_it_is_the_only_one() -> None:
    product = PRODUCTS["s3_storage_gb_month"]
    standard = listed("TimedStorage-ByteHrs", 0.0, 0.023, volumeType="Standard")
    assert find_price([standard], product) == 0.023  # the free tier is not the price
    assert find_price([standard, listed("TimedStorage-ByteHrs", 0.004, volumeType="Glacier")], product) == 0.023
    assert find_price([listed("TimedStorage-SIA-ByteHrs", 0.0125, volumeType="Standard")], product) is None
    assert find_price([standard, listed("TimedStorage-ByteHrs", 0.03, volumeType="Standard")], product) is None
    assert find_price([], product) is None
