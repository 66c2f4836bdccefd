"""DistilBERT: BERT's layers under names of their own, without token types.

Sanh et al., "DistilBERT, a distilled version of BERT: smaller, faster, cheaper and lighter", arXiv 1910.01108.
"""

from model.families import Family

FIELDS = {
    "num_hidden_layers": "n_layers",
    "hidden_size": "dim",
    "num_attention_heads": "n_heads",
    "intermediate_size": "hidden_dim",
    "hidden_act": "activation",
}

FAMILY = Family(
    "distilbert",
    ("distilbert",),
    padding_takes_a_position=True,
    fields=FIELDS,
    fixed={"layer_norm_eps": 1e-12},
    token_types=False,
)
