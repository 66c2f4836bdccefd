"""Names the engines that encode a text; an image has what one of them needs."""

from contract.precisions import FP32, PRECISIONS

ONNX = "onnx"
TRANSFORMERS = "transformers"
ENGINES = (ONNX, TRANSFORMERS)
READS = {ONNX: PRECISIONS, TRANSFORMERS: (FP32,)}


def unreadable(engine: str, precision: str) -> str:
    """Why this engine cannot read weights of a precision, and what to do; empty if it can."""
    if precision in READS[engine]:
        return ""
    return (
        f"the engine {engine} reads {' and '.join(READS[engine])}, and the bundle has {precision}: take the engine "
        f"{ONNX}, or a bundle of `python -m model build --precision {FP32}`"
    )
