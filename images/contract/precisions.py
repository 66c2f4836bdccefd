"""Names the precisions that a bundle's weights may have, and what a reduced one may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from contract.bundle import File, model_hash

FP32 = "fp32"  # the checkpoint itself
FP16 = "fp16"
INT8 = "int8"
PRECISIONS = (FP32, FP16, INT8)


class Agreement(NamedTuple):
    """How far a bundle's answers agree with those of the same model in fp32, for `items` texts, each asked for others.

    `top_1` is the share of texts whose nearest other one is fp32's, `top_3` the mean share of fp32's nearest three that
    are among its own nearest three. `cosine_median` and `cosine_p1` (1st percentile) are of each text's two vectors.
    """

    items: int
    top_1: float
    top_3: float
    cosine_median: float
    cosine_p1: float


class Reduction(NamedTuple):
    """What a manifest says of its weights: `origin` names the model in fp32, alike in all its precisions."""

    precision: str = FP32
    origin: str = ""
    agreement: Agreement | None = None


def unknown(precision: object) -> str:
    """What is wrong with a precision that is not in the list, in words that follow the manifest's name; else ""."""
    if precision in PRECISIONS:
        return ""
    return f"has the precision {str(precision)[:20]!r}; this program reads {', '.join(PRECISIONS)}"


def reduction(manifest: Mapping[str, Any]) -> Reduction:
    """The same from the fields of a manifest as `contract.bundle.read` gives them. Raises ValueError, TypeError."""
    precision, said = manifest.get("precision", FP32), manifest.get("agreement")
    if wrong := unknown(precision):
        raise ValueError(wrong)
    files: Mapping[str, File] = manifest["files"]
    own = model_hash(files, manifest["max_tokens"]) if "max_tokens" in manifest else ""
    return Reduction(precision, manifest.get("origin") or own, Agreement(**said) if said else None)
