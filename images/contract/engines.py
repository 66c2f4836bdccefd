"""Names the engines that encode a text; an image has what one of them needs."""

ONNX = "onnx"
TRANSFORMERS = "transformers"
ENGINES = (ONNX, TRANSFORMERS)
