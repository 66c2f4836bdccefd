"""Names the headers in which an answer says who gave it, from what, and where the time went."""

ENVIRONMENT_ID = "X-Environment-Id"
INVOCATION = "X-Invocation"
CONFIG_NONCE = "X-Config-Nonce"
STORAGE_BACKEND = "X-Storage-Backend"
ENGINE = "X-Engine"
BUNDLE_HASH = "X-Bundle-Hash"
WEIGHTS = "X-Weights"
FETCHED_BYTES = "X-Fetched-Bytes"
FETCHES = "X-Fetches"
REQUEST_ID = "X-Request-Id"
LOG_STREAM = "X-Log-Stream"
SERVER_TIMING = "Server-Timing"
RETRY_AFTER = "Retry-After"

# Of an environment that was not made on demand: how Lambda made it (contract.run_modes), and the published version.
INITIALIZATION = "X-Initialization-Type"
FUNCTION_VERSION = "X-Function-Version"
NOT_ON_DEMAND = (INITIALIZATION, FUNCTION_VERSION)

# In every answer of the two functions, whatever its status.
WITNESSES = (
    *(ENVIRONMENT_ID, INVOCATION, CONFIG_NONCE, STORAGE_BACKEND, ENGINE, BUNDLE_HASH),
    *(WEIGHTS, FETCHED_BYTES, FETCHES, REQUEST_ID, LOG_STREAM, SERVER_TIMING),
)
