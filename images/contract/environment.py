"""Lists the environment variables of the functions: who sets each, who reads it, and what it means."""

from __future__ import annotations

from typing import NamedTuple

from contract import readers

STORAGE_BACKEND = "STORAGE_BACKEND"
ROUTE_PREFIX = "ROUTE_PREFIX"
ENGINE = "ENGINE"
SERVES = "SERVES"
SEARCH = "search"  # the one value of SERVES
MODEL_DIR = "MODEL_DIR"
MODEL_BUCKET = "MODEL_BUCKET"
MODEL_PREFIX = "MODEL_PREFIX"
CONFIG_NONCE = "CONFIG_NONCE"
VERIFY_WEIGHTS = "VERIFY_WEIGHTS"
READERS = "READERS"
MODEL_ROOT = "MODEL_ROOT"
BACKENDS = "BACKENDS"
S3_ENDPOINT = "AWS_ENDPOINT_URL_S3"
REGION = "AWS_REGION"
LOG_STREAM = "AWS_LAMBDA_LOG_STREAM_NAME"
INITIALIZATION = "AWS_LAMBDA_INITIALIZATION_TYPE"
ON_DEMAND, SNAP_START = "on-demand", "snap-start"  # values of INITIALIZATION
FUNCTION_VERSION = "AWS_LAMBDA_FUNCTION_VERSION"
COPY_WEIGHTS = "COPY_WEIGHTS"
FETCH_INTO_MEMORY = "FETCH_INTO_MEMORY"
CREDENTIALS_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
CREDENTIALS_TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the name of a variable
ORT_TELEMETRY = "ORT_DISABLE_TELEMETRY"
BLAS_THREADS = "OPENBLAS_NUM_THREADS"


class Variable(NamedTuple):
    """A variable, in words for the documents: who sets it, who reads it, and what it means.

    `changeable` is whether the owner of a deployed function may set another value.
    """

    name: str
    set_by: str
    read_by: str
    meaning: str
    changeable: bool = False


VARIABLES = (
    Variable(STORAGE_BACKEND, "deployment", "service", "name of the storage, in `X-Storage-Backend` and in the log"),
    Variable(
        ROUTE_PREFIX,
        "deployment",
        "service",
        "path below which the function answers, without its first slash; default: STORAGE_BACKEND",
    ),
    Variable(
        ENGINE, "deployment, image, benchmark", "service", "engine that encodes texts; default: onnx", changeable=True
    ),
    Variable(SERVES, "deployment", "service", "`search` for the function that has the index alone; otherwise not set"),
    Variable(MODEL_DIR, "deployment", "service on a file system", "folder of the bundle"),
    Variable(MODEL_BUCKET, "deployment", "service on S3", "bucket of the bundle"),
    Variable(MODEL_PREFIX, "deployment", "service on S3", "what the bundle's keys begin with, before a slash"),
    Variable(
        CONFIG_NONCE,
        "benchmark",
        "service",
        "any text, answered in `X-Config-Nonce`: proves that an environment began after it was set",
        changeable=True,
    ),
    Variable(
        VERIFY_WEIGHTS,
        "operator, benchmark",
        "service",
        "`1` compares the weights with the manifest's sum before the first answer; default: 0",
        changeable=True,
    ),
    Variable(
        READERS,
        "operator, benchmark, lab",
        "service",
        f"how many readers read the weights side by side, 1 to {readers.MOST}; default: {readers.BUCKET} in a bucket, "
        f"{readers.NFS} on EFS, {readers.IMAGE} in the image",
        changeable=True,
    ),
    Variable(
        COPY_WEIGHTS,
        "operator",
        "service with engine onnx",
        "`1` copies the weights into memory where they are else mapped from the file, for a snapshot to hold them "
        "there; default: 0",
        changeable=True,
    ),
    Variable(
        FETCH_INTO_MEMORY,
        "deployment, operator",
        "service on S3",
        "`1` fetches the weights into memory in place of /tmp, where snapshots leave 512 MB; default: 0",
        changeable=True,
    ),
    Variable(MODEL_ROOT, "deployment", "seeder", "mount point of the file system; default: /mnt/model"),
    Variable(BACKENDS, "deployment", "page", "names of the storages, separated by commas; default: all"),
    Variable(S3_ENDPOINT, "lab", "service on S3, seeder", "address of another S3 than AWS's"),
    Variable(REGION, "Lambda", "service on S3, seeder", "region of the function and of the bucket"),
    Variable(LOG_STREAM, "Lambda", "service", "log stream of the environment, answered in `X-Log-Stream`"),
    Variable(
        INITIALIZATION,
        "Lambda",
        "service",
        "how Lambda makes the environment; other than `on-demand`, answered in `X-Initialization-Type`",
    ),
    Variable(
        CREDENTIALS_URI,
        "Lambda",
        "service on S3",
        "address that gives credentials to a function with SnapStart",
    ),
    Variable(CREDENTIALS_TOKEN, "Lambda", "service on S3", "what it sends there in `Authorization`"),
    Variable(FUNCTION_VERSION, "Lambda", "service", "version of the function, answered in `X-Function-Version`"),
    Variable(ORT_TELEMETRY, "image, service", "onnxruntime", "`1` keeps it from reporting its use to its maker"),
    Variable(BLAS_THREADS, "service", "numpy", "threads of its linear algebra; `1` unless set"),
)


def switched_on(value: str | None) -> bool:
    """Whether a variable that says yes or no says yes: anything but nothing or `0`."""
    return value not in (None, "", "0")
