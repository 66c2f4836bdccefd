"""Gives the limits of AWS that several parts keep to, and those that the service has for requests."""

# API Gateway, https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
API_TIMEOUT_S = 30  # it then answers 503; cannot be raised
API_BODY = 10 << 20  # bytes
API_HEAD = 10_240  # bytes of the request line and the headers' values together
API_ROUTES = 300  # of one API, unless AWS raises it

# Lambda, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
PAYLOAD = 6 << 20  # bytes of an event or an answer
INIT_S = 10  # INIT is ended after that, and run again at the first request
MAX_TIMEOUT_S = 900
MIN_MEMORY_MB, MAX_MEMORY_MB = 128, 10_240
MIN_SCRATCH_MB, MAX_SCRATCH_MB = 512, 10_240  # of /tmp; the least costs nothing
MAX_IMAGE = 10 << 30  # bytes of an image with all its layers, not compressed

# What the service takes.
MAX_BODY = 1 << 20  # bytes
MAX_TEXT = 500_000  # characters; the model reads 4,096 tokens, some 20,000
MAX_EMBED = 262_144  # characters of an `embed` that is a string
MAX_DIMENSIONS = 16_384  # numbers in `embed`; how many it must be, the model says
MAX_FIELDS = 32  # in a query string or a body
MAX_RESULTS = 5_000  # in one answer
