"""Makes tiny random checkpoints of each family with transformers itself, and trains tokenizers for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from model.bundles import incidents

SPECIAL = {
    "bert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
    "other": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
    "modern": ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"],
}
CLASSES = {"bert": "BertTokenizer", "other": "RobertaTokenizer", "modern": "PreTrainedTokenizerFast"}
SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 72,
    "vocab_size": 600,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
}


@dataclass(frozen=True)
class Kind:
    """A class of transformers and what its `config.json` says beside SHAPE."""

    model: str
    positions: int
    more: dict[str, Any]

    @property
    def max_tokens(self) -> int:
        return self.positions if self.wordpiece or self.rotary else self.positions - 2

    @property
    def rotary(self) -> bool:
        """Whether positions have no table."""
        return self.model.startswith("ModernBert")

    @property
    def tokenizer(self) -> str:
        """Which tokenizer it has, a key of SPECIAL."""
        return "bert" if self.wordpiece else "modern" if self.rotary else "other"

    @property
    def wordpiece(self) -> bool:
        """Whether it has BERT's tokenizer, and BERT's positions."""
        return self.model.startswith(("Bert", "Electra", "DistilBert"))


BERT = {"pad_token_id": 0, "layer_norm_eps": 1e-12}
ROBERTA = {"pad_token_id": 1, "layer_norm_eps": 1e-5}
MODERNBERT = {"pad_token_id": 1, "local_attention": 17, "norm_eps": 1e-5, "cls_token_id": 0, "sep_token_id": 2}
BIASED = {"attention_bias": True, "mlp_bias": True, "norm_bias": True}
MIXED = ["sliding_attention", "full_attention", "sliding_attention"]
KINDS = {
    "bert": Kind("BertModel", 90, BERT),
    "bert with a head": Kind("BertForMaskedLM", 90, BERT),
    "roberta": Kind("RobertaModel", 92, ROBERTA),
    "roberta with a head": Kind("RobertaForSequenceClassification", 92, ROBERTA),
    "xlm-roberta": Kind("XLMRobertaModel", 92, ROBERTA),
    "camembert": Kind("CamembertModel", 92, ROBERTA),
    "electra": Kind("ElectraModel", 90, {**BERT, "embedding_size": 32}),
    "distilbert": Kind("DistilBertModel", 90, {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 72}),
    "mpnet": Kind("MPNetModel", 202, ROBERTA),
    "modernbert": Kind("ModernBertModel", 200, MODERNBERT),
    "modernbert, all unlimited": Kind("ModernBertModel", 90, {**MODERNBERT, "global_attn_every_n_layers": 1}),
    "modernbert, all limited": Kind("ModernBertModel", 200, {**MODERNBERT, "layer_types": ["sliding_attention"] * 3}),
    "modernbert with a head": Kind("ModernBertForMaskedLM", 200, {**MODERNBERT, **BIASED, "layer_types": MIXED}),
    "longformer": Kind("LongformerModel", 202, {**ROBERTA, "attention_window": 16}),
    "longformer with a head": Kind("LongformerForMaskedLM", 202, {**ROBERTA, "attention_window": 16}),
}


def save(kind: Kind, directory: Path) -> Any:
    """Write the checkpoint and return the encoder whose output is right, in eval mode."""
    torch.manual_seed(11)
    family = getattr(transformers, kind.model)
    config = family.config_class(**SHAPE, max_position_embeddings=kind.positions, **kind.more)
    model = family(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():  # in a new model biases are 0 and LayerNorm is the identity
            parameter.normal_(1.0 if name.lower().endswith("norm.weight") else 0.0, 0.2)
    model.save_pretrained(directory)
    tokenizer(kind.tokenizer).save(str(directory / "tokenizer.json"))
    notes = {"tokenizer_class": CLASSES[kind.tokenizer], "model_max_length": kind.max_tokens}
    if kind.rotary:  # its class knows no token by itself
        names = ("cls", "pad", "sep", "unk", "mask")
        notes |= {f"{name}_token": token for name, token in zip(names, SPECIAL[kind.tokenizer], strict=True)}
    (directory / "tokenizer_config.json").write_text(json.dumps(notes))
    return getattr(model, model.base_model_prefix, model)


def tokenizer(family: str) -> Tokenizer:
    """A WordPiece tokenizer for BERT, byte-level BPE ones for the others, of SHAPE's vocabulary."""
    special = SPECIAL[family]
    if family == "bert":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer()
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.decoder = decoders.WordPiece(prefix="##")
        trainer: Any = trainers.WordPieceTrainer(vocab_size=600, special_tokens=special, show_progress=False)
    else:
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=600, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        )
    made.train_from_iterator([incident.text for incident in incidents.read(incidents.SAMPLE)], trainer)
    first, last = special[2 if family == "bert" else 0], special[3 if family == "bert" else 2]
    pair = [(token, made.token_to_id(token)) for token in (first, last)]
    if family != "other":
        single, double = f"{first}:0 $A:0 {last}:0", f"{first}:0 $A:0 {last}:0 $B:1 {last}:1"
        made.post_processor = processors.TemplateProcessing(single=single, pair=double, special_tokens=pair)
    else:
        made.post_processor = processors.RobertaProcessing(pair[1], pair[0], add_prefix_space=False)
    made.enable_truncation(16)  # as in sentence-transformers' files; neither may have an effect
    made.enable_padding(length=16)
    return made


def change(directory: Path, name: str, **fields: object) -> None:
    """Set fields of a JSON file of a checkpoint; the file is made where there is none."""
    path = directory / name
    path.parent.mkdir(exist_ok=True)
    old = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**old, **fields}))
