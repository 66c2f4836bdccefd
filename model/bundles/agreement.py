"""Measures how far a bundle of reduced precision agrees with the same model in fp32, for the incidents of its index."""

from __future__ import annotations

import numpy as np

from contract.precisions import Agreement

NEAREST = 3


def measure(fp32: np.ndarray, reduced: np.ndarray) -> Agreement:
    """Compare float32[n, hidden] vectors of the same n texts. Each text is asked for the nearest of the others.

    With one text there is nothing to rank, and with few there are fewer than three others: shares are of those.
    """
    ours, theirs = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (reduced, fp32))
    cosines = np.einsum("ij,ij->i", ours, theirs)
    count = min(NEAREST, len(fp32) - 1)
    first, shares = [], []
    for near, nearest in zip(_ranked(ours), _ranked(theirs), strict=True):
        first.append(not count or near[0] == nearest[0])
        shares.append(len({*near[:count]} & {*nearest[:count]}) / count if count else 1.0)
    return Agreement(
        items=len(fp32),
        top_1=float(np.mean(first)),
        top_3=float(np.mean(shares)),
        cosine_median=float(np.median(cosines)),
        cosine_p1=float(np.quantile(cosines, 0.01)),
    )


def _ranked(units: np.ndarray) -> list[list[int]]:
    """For each row the others, the nearest first."""
    scores = units @ units.T
    return [[int(at) for at in np.argsort(-row, kind="stable") if at != own] for own, row in enumerate(scores)]


def line(agreement: Agreement) -> str:
    """The same in words."""
    return (
        f"agreement with fp32 for {agreement.items} incidents: the nearest other one is the same for "
        f"{agreement.top_1:.1%}, of the nearest {NEAREST} {agreement.top_3:.1%} are the same; cosine of vectors "
        f"{agreement.cosine_median:.4f} (median), {agreement.cosine_p1:.4f} (1st percentile)"
    )
