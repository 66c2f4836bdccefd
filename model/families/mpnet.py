"""MPNet: RoBERTa's positions, and an attention that also depends on how far apart two tokens are; no token types.

Song et al., "MPNet: Masked and Permuted Pre-training for Language Understanding", arXiv 2004.09297.
"""

from model.families import Family

FAMILY = Family(
    "mpnet",
    ("mpnet",),
    padding_takes_a_position=False,
    fixed={"pad_token_id": 1},  # for positions; the one in config.json is only that of the tokenizer
    token_types=False,
    relative_buckets=32,
)
