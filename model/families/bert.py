"""BERT: positions are a plain range, every token sees every other one.

Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", arXiv 1810.04805; MiniLM and most encoders of
sentence-transformers are of this family.
"""

from model.families import Family

FAMILY = Family("bert", ("bert",), padding_takes_a_position=True)
