"""Says in what parts the function reads a bucket, and how much the default model takes."""

GET_BYTES = 16 << 20  # at most in one ranged GET: S3 gives a connection 85-90 MB/s, so each takes at most 0.2 s
# What an answer of longformer-base-4096 needs, in such GETs: most of its 40 stretches are shorter than one.
PLAN_BYTES, PLAN_GETS = 340_443_136, 52
BUNDLE_BYTES = 598_582_390  # what the whole bundle of that model takes, with the sample of incidents
