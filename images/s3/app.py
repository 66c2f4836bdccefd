"""Entry point of the function whose model is in an S3 bucket, fetched into /tmp."""

import os

from contract.environment import MODEL_BUCKET, MODEL_PREFIX
from similarity.function import serve
from similarity.stores.bucket import BucketStore

handler = serve(BucketStore(os.environ[MODEL_BUCKET], os.environ[MODEL_PREFIX])).handle
