"""Names what a lab can be shaped like: nothing, Lambda's processor shares, or all of Lambda that is published."""

NONE = "none"
PROCESSOR = "processor"
LAMBDA = "lambda"
SHAPES = (NONE, PROCESSOR, LAMBDA)
TOLERANCE = 0.05  # how far a figure of a lab may be from what its shape wants, as a share of that
