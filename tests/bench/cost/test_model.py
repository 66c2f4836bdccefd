"""The cost of requests and of an idle month, compared with calculations by hand."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.cost.estimate import estimate
from bench.cost.live import NOT_LISTED, PRODUCTS, SOURCE
from bench.cost.model import Assumptions, Billed, Costs, Usage, compute_usd, costs, idle_month_usd, request_usd
from bench.cost.prices import read_prices
from bench.process.errors import UsageError
from bench.runs.direct_reads import are_on
from bench.runs.plan import Axes, build_plan
from contract.bucket import BUNDLE_BYTES
from contract.bundle import MANIFEST
from contract.checkout import ROOT
from contract.precisions import FP32, INT8
from contract.storages import STORAGES

PRICES = read_prices()
ASSUMED = Assumptions(image_base_bytes=200e6, log_bytes_per_request=1000.0)
GB = 2**30
PER_REQUEST = 0.0000002 + 0.000001 + 1000 / GB * 0.50  # Lambda, HTTP API, one kB of logs: about 0.0000017


def usage(backend: str, ephemeral_mb: int = 512, mode: str | None = None, mibps: int = 0) -> Usage:
    return Usage(backend, "arm64", 2048, ephemeral_mb, 600e6, mode, mibps)


def priced(used: Usage, assumed: Assumptions = ASSUMED, gets: int | None = None) -> Costs:
    """Cold starts of 2 s that fetch 340 MB, warm requests of 40 ms."""
    return costs(used, [[Billed(2000.0, 340e6, gets)]], [[Billed(40.0)]], PRICES, assumed)


def test_a_cold_start_on_s3_by_hand() -> None:
    # 2 GB for 2 s at 0.0000133334 are 0.0000533336; 340 MB are 52 GETs, 0.0000208
    found = priced(usage("s3"))
    assert found.cold_start == pytest.approx(PER_REQUEST + 0.0000533336 + 0.0000208)
    # warm: 2 GB for 0.04 s are 0.00000106667
    assert found.warm_request == pytest.approx(PER_REQUEST + 0.000001066672)
    # idle: 0.6 GB at 0.023 and an image of 0.2 GB at 0.10
    assert found.idle_month == pytest.approx((0.6 * 0.023 + 0.2 * 0.10) * 1e9 / GB)
    assert (found.cold_s, found.warm_s) == (2.0, 0.04)


def test_the_gets_that_a_run_counted_are_billed_and_no_others() -> None:
    # 70 GETs of 0.0000004
    assert priced(usage("s3"), gets=70).cold_start == pytest.approx(PER_REQUEST + 0.0000533336 + 0.000028)
    assert priced(usage("oci"), gets=70) == priced(usage("oci"))


def test_a_snapshot_costs_its_restores_and_its_cache_by_hand() -> None:
    plain, restored = priced(usage("oci")), priced(replace(usage("oci"), snapshot=True))
    # 2 GB restored at 0.0001397998; kept for 730 hours, 5,256,000 GB-seconds at 0.0000015046
    assert restored.cold_start - plain.cold_start == pytest.approx(0.0002795996)
    assert restored.idle_month - plain.idle_month == pytest.approx(7.9081776)
    assert (restored.warm_request, restored.ready) == (plain.warm_request, None)


def test_a_plan_with_snapshots_pays_three_hours_of_cache_for_each_version() -> None:
    axes = Axes(("oci", "oci+snapstart"), memories=(2048,), cold=4, warm=0)
    plain, both = (estimate(build_plan(each), PRICES, "arm64") for each in (replace(axes, backends=("oci",)), axes))
    # 5 versions of 2 GB for 10,800 s at 0.0000015046, and their restores
    cache, restores = 5 * 0.03249936, 5 * 0.0002795996
    assert both.usd - 2 * plain.usd == pytest.approx(cache + restores)
    assert both.seconds - 2 * plain.seconds == pytest.approx(5 * 120)


def test_efs_pays_for_reading_and_the_image_for_keeping() -> None:
    efs, oci = (priced(usage(backend)) for backend in ("efs", "oci"))
    assert efs.cold_start == pytest.approx(PER_REQUEST + 0.0000533336 + 340e6 / GB * 0.03)
    assert efs.idle_month == pytest.approx((0.6 * 0.30 + 0.02) * 1e9 / GB)
    assert oci.cold_start == pytest.approx(PER_REQUEST + 0.0000533336)
    assert oci.idle_month == pytest.approx(0.8 * 0.10 * 1e9 / GB)


def test_efs_is_billed_by_the_mode_that_it_is_deployed_in() -> None:
    elastic, bursting, provisioned = (
        priced(usage("efs", mode=mode, mibps=mibps))
        for mode, mibps in (("elastic", 0), ("bursting", 0), ("provisioned", 64))
    )
    assert elastic == priced(usage("efs"))
    # bursting: reading is included
    assert bursting.cold_start == provisioned.cold_start == pytest.approx(PER_REQUEST + 0.0000533336)
    assert bursting.idle_month == elastic.idle_month
    # provisioned: 64 MiB/s at 6.00, less one for each 20 GB stored: 0.5588 GB include 0.02794
    assert provisioned.idle_month - elastic.idle_month == pytest.approx((64 - 0.6e9 / GB / 20) * 6.00)
    assert idle_month_usd(usage("efs", mode="provisioned"), PRICES, ASSUMED) == pytest.approx(elastic.idle_month)


def test_what_is_not_in_the_list_of_storages_has_no_price() -> None:
    with pytest.raises(UsageError, match=r"what tape costs is not known: there is no storage 'tape'"):
        priced(usage("tape"))
    with pytest.raises(UsageError, match=r"what efs costs is not known: efs has no mode 'turbo': it is one of elastic"):
        priced(usage("efs", mode="turbo"))


def test_provisioned_concurrency_by_hand() -> None:
    ready = priced(usage("s3")).ready
    assert ready is not None
    # 2 GB for 730 h at 0.0000033334: 17.52; a request of 40 ms at 0.0000077778: 0.000000622
    assert ready.month == pytest.approx(2 * 730 * 3600 * 0.0000033334) == pytest.approx(17.52, abs=0.005)
    assert ready.request == pytest.approx(PER_REQUEST + 2 * 0.04 * 0.0000077778)


def test_a_run_with_an_older_price_table_has_no_price_of_it() -> None:
    known = {name: usd for name, usd in PRICES.usd.items() if "provisioned" not in name}
    older = type(PRICES)(PRICES.region, "2025", known, {})
    assert costs(usage("s3"), [[Billed(1.0)]], [[Billed(1.0)]], older, ASSUMED).ready is None


def test_every_charge_of_a_storage_is_in_the_shipped_table_and_looked_up_live() -> None:
    named = {
        value
        for each in STORAGES.values()
        for charges in [*each.charges.values(), *([each.read_through] if each.read_through else [])]
        for value in asdict(charges).values()
        if isinstance(value, str)
    }
    assert named <= set(PRICES.usd)
    assert set(PRODUCTS) | NOT_LISTED == set(PRICES.usd)


def test_init_is_billed_and_milliseconds_are_rounded_up() -> None:
    assert compute_usd(usage("oci"), 1.2, PRICES) == pytest.approx(0.002 * 2 * 0.0000133334)
    with_tmp = usage("oci", ephemeral_mb=1536)
    extra = compute_usd(with_tmp, 1000, PRICES) - compute_usd(usage("oci"), 1000, PRICES)
    assert extra == pytest.approx(0.0000000309)


def test_endpoints_cost_by_the_hour() -> None:
    with_two = priced(usage("efs"), Assumptions(200e6, log_bytes_per_request=1000.0, endpoints=2))
    assert with_two.idle_month - priced(usage("efs")).idle_month == pytest.approx(2 * 730 * 0.01)


def test_a_small_bundle_costs_little_to_keep() -> None:
    # 396 kB at 0.023 and at 0.10 a GB, beside an image of 200 MB
    for backend, gb_month in (("s3", 0.023), ("oci", 0.10)):
        small = priced(Usage(backend, "arm64", 2048, stored_bytes=396e3))
        assert small.idle_month == pytest.approx((396e3 * gb_month + 200e6 * 0.10) / GB)


def test_the_size_of_the_default_bundle_is_that_of_the_one_that_was_built() -> None:
    folder = ROOT / "images" / "bundle"
    if not (folder / MANIFEST).exists():
        pytest.skip("no bundle was built")
    manifest = json.loads((folder / MANIFEST).read_text())
    if (manifest["layers"], manifest["hidden"]) != (12, 768):
        pytest.skip("another model was built")
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert size == pytest.approx(BUNDLE_BYTES, rel=0.01)  # with other incidents it is a little larger


def test_prices_can_be_overridden_but_not_invented(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    table = {"region": "eu-west-1", "date": "2026-01-01", "prices": {"s3_get": {"usd": 1.0, "source": "here"}}}
    file.write_text(json.dumps(table))
    prices = read_prices(file)
    assert (prices["s3_get"], prices.region, prices.sources["s3_get"]) == (1.0, "eu-west-1", "here (2026-01-01)")
    assert prices["efs_read_gb"] == PRICES["efs_read_gb"]
    file.write_text(json.dumps({**table, "prices": {"s4_get": {"usd": 1.0, "source": "here"}}}))
    with pytest.raises(UsageError, match="s4_get"):
        read_prices(file)
    file.write_text("[]")
    with pytest.raises(UsageError, match="not a price table"):
        read_prices(file)


def test_every_price_has_a_source_and_a_date() -> None:
    assert all(source.startswith(("https://", f"{SOURCE}, ")) for source in PRICES.sources.values())
    assert all(source.endswith(")") and re.search(r"\(.*\b202\d", source) for source in PRICES.sources.values())
    assert set(PRICES.sources) == set(PRICES.usd)


def test_the_estimate_of_a_precision_counts_its_own_bytes_by_hand() -> None:
    plans = (build_plan(Axes(("efs",), precisions=(each,), cold=1, warm=0)) for each in (FP32, INT8))
    exact, reduced = (estimate(plan, PRICES, "arm64") for plan in plans)
    assert exact.cold_starts == reduced.cold_starts == 2  # the warm-up is one, too
    assert exact.usd - reduced.usd == pytest.approx(2 * (340_443_136 - 85_754_048) / GB * 0.03)
    assert exact.seconds == reduced.seconds  # a careful guess for both


def test_the_estimate_grows_with_the_plan() -> None:
    small = estimate(build_plan(Axes(("s3",), cold=1, warm=0)), PRICES, "arm64")
    assert (small.requests, small.cold_starts) == (2, 2)
    large = estimate(build_plan(Axes(("s3",), cold=10, warm=50, bursts=(4,))), PRICES, "arm64")
    assert large.usd > 5 * small.usd
    assert large.seconds > 5 * small.seconds
    assert large.lab_seconds < large.seconds


def test_a_bill_is_the_mean_of_all_requests_with_an_interval() -> None:
    visits = [[Billed(10.0)] * 3 + [Billed(400.0)] * 2] * 4 + [[Billed(11.0)] * 3 + [Billed(399.0)] * 2]
    found = costs(usage("oci"), visits, visits, PRICES, ASSUMED)
    milliseconds = (4 * (3 * 10 + 2 * 400) + 3 * 11 + 2 * 399) / 25
    assert found.warm_request == pytest.approx(PER_REQUEST + milliseconds / 1e3 * 2 * 0.0000133334)
    surer = costs(usage("oci"), visits, visits, PRICES, ASSUMED, confidence=0.99)
    assert found.cold_start_interval
    assert surer.cold_start_interval
    assert surer.cold_start_interval.high > found.cold_start_interval.high > found.cold_start
    with pytest.raises(ValueError, match="priced"):
        costs(usage("oci"), [], visits, PRICES, ASSUMED)


def test_gets_that_a_mount_makes_are_counted_by_the_bytes_and_not_by_the_reads() -> None:
    usage, assumptions = Usage("s3files", "arm64", 3008), Assumptions()
    prices = replace(read_prices(), usd={**read_prices().usd, "s3_get": 1.0})
    one, more = (request_usd(usage, Billed(1.0, size, 3), prices, assumptions) for size in (128 << 10, 1 << 20))
    assert more - one == pytest.approx(7.0)


def test_a_mounted_bucket_costs_gets_with_metadata_or_every_byte_that_goes_through_the_file_system() -> None:
    direct, through = Usage("s3files", "arm64", 3008), Usage("s3files", "arm64", 3008, read_through=True)
    nothing, read = Billed(1.0), Billed(1.0, 1 << 30)
    costs = [
        request_usd(use, read, PRICES, ASSUMED) - request_usd(use, nothing, PRICES, ASSUMED)
        for use in (direct, through)
    ]
    # 8,192 GETs of 128 KiB at $0.0000004, with 4 KiB of metadata each at $0.03 a GB; and 1 GB at $0.03
    assert costs == pytest.approx([8192 * 0.0000004 + 8192 * 4 / (1 << 20) * 0.03, 0.03])


def test_a_table_without_the_price_of_metadata_counts_the_gets_alone() -> None:
    older = replace(PRICES, usd={name: usd for name, usd in PRICES.usd.items() if name != "s3files_read_gb"})
    use, read = Usage("s3files", "arm64", 3008), Billed(1.0, 1 << 30)
    nothing = request_usd(use, Billed(1.0), older, ASSUMED)
    assert request_usd(use, read, older, ASSUMED) == pytest.approx(nothing + 8192 * 0.0000004)


def test_reads_go_through_the_file_system_where_they_are_switched_off_or_the_memory_is_small() -> None:
    asked = (("on", 128), ("off", 3008), (None, 512), (None, 511))
    assert [are_on(*each) for each in asked] == [True, False, True, False]
