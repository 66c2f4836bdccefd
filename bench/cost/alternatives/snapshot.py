"""Prices SnapStart: a cold start restores a snapshot of the initialised environment."""

from __future__ import annotations

from bench.cost.alternatives.alternative import Alternative, Case, Waits
from bench.cost.model import FREE_EPHEMERAL_MB, HOURS_PER_MONTH, Usage, restore_usd, snapshot_usd
from bench.cost.month import shares_of
from contract.run_modes import has_snapshots


def _usd(case: Case) -> float:
    """The snapshot in the cache all month, and for each cold start the restore; every request runs as a warm one."""
    usage, prices = case.terms.usage, case.terms.prices
    colds = case.requests * shares_of(case.costs, case.traffic, case.keep_alive.middle_s).cold
    kept = case.costs.idle_month + snapshot_usd(usage, prices, HOURS_PER_MONTH * 3600.0)
    return kept + colds * restore_usd(usage, prices) + case.requests * case.costs.warm_request


def _barred(usage: Usage) -> str | None:
    """The limits of SnapStart, as of 2026-08-20 (`restore-rules` in published/figures.json)."""
    if not has_snapshots(usage.backend):
        return "SnapStart does not mount file systems"
    if usage.ephemeral_mb > FREE_EPHEMERAL_MB:
        return f"SnapStart has at most {FREE_EPHEMERAL_MB} MB of /tmp (deployed by snapStart, it needs no more)"
    return None


SNAPSHOT = Alternative(
    name="snapshot (SnapStart)",
    usd=_usd,
    needs=lambda _: ("lambda_snapshot_gb_second", "lambda_snapshot_restored_gb"),
    waits=Waits(warm=True, published="restore-torch"),
    assumed="one version is kept; as many cold starts as on demand, each as dear as a warm request and a restore",
    barred=_barred,
)
