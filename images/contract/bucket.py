"""Says in what parts the function reads a bucket, and how much the default model takes."""

GET_BYTES = 16 << 20  # at most in one ranged GET: S3 gives a connection 85-90 MB/s, so each takes at most 0.2 s
# The bytes of each GET for an answer of longformer-base-4096, in the order in which they are asked for: most of its 40
# stretches are shorter than GET_BYTES.
_ROW, _LONG, _END, _START = 2_367_488, (GET_BYTES, 6_856_704), (GET_BYTES, 2_125_824), 4_730_880
PLAN = (
    *(12_288, 4_734_976),
    *(_ROW, _ROW, *_LONG, _ROW, _ROW, *_END, _START) * 2,
    *(_ROW, _ROW, *_LONG) * 7,
    *(_ROW, _ROW, *_END),
)
PLAN_BYTES, PLAN_GETS = sum(PLAN), len(PLAN)
BUNDLE_BYTES = 598_582_390  # what the whole bundle of that model takes, with the sample of incidents
