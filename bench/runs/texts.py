"""Makes texts of about a given number of tokens, always the same ones."""

from __future__ import annotations

import itertools

MOST_TOKENS = 8_192  # the longest window of an encoder; where one is shorter, the answer warns that the text was cut

_WORDS_PER_TOKEN = 0.78  # English prose under a byte-level BPE vocabulary of 50,000

_PROSE = (
    "A delivery robot crossed the road without stopping and hit a parked car near the school entrance. "
    "Nobody was hurt, but witnesses said the machine had ignored two warnings from its remote operator. "
    "The company that built the vehicle promised to review its detection software and to pay for the damage. "
    "Parents asked the city council to forbid automated deliveries while children walk to their classes. "
    "A similar accident had been reported in another town a few months before, when a sensor failed in heavy rain. "
)


def text_of(tokens: int) -> str:
    """English prose of about `tokens` tokens (an estimate: the benchmark has no tokenizer)."""
    words = itertools.cycle(_PROSE.split())
    return " ".join(itertools.islice(words, max(1, round(tokens * _WORDS_PER_TOKEN))))
