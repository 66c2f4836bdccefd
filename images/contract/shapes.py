"""Names what a lab can be shaped like: nothing, Lambda's processor shares, or all of Lambda that is published."""

NONE = "none"
PROCESSOR = "processor"
LAMBDA = "lambda"
SHAPES = (NONE, PROCESSOR, LAMBDA)
