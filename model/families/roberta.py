"""RoBERTa: BERT whose positions begin after the padding's own. XLM-RoBERTa and CamemBERT are the same network.

Liu et al., "RoBERTa: A Robustly Optimized BERT Pretraining Approach", arXiv 1907.11692.
"""

from model.families import Family

FAMILY = Family("roberta", ("roberta", "xlm-roberta", "camembert"), padding_takes_a_position=False)
