"""ELECTRA: the network of BERT under other names, as long as its embeddings are as wide as its layers.

Clark et al., "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators", arXiv 2003.10555.
"""

from model.families import Family

FAMILY = Family("electra", ("electra",), padding_takes_a_position=True)
