"""Reads how sentence-transformers calls an encoder: the longest text, lower case, and what would change more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.base import documents
from model.base.errors import UnsupportedModel
from model.checkpoints.finding import Find

LIMITS = tuple(
    f"sentence_{name}_config.json"
    for name in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
"""The file's names, the present one first; the first that is there and says something counts."""
MODALITIES = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}
ONLY: Mapping[str, tuple[object, ...]] = {
    "transformer_task": ("feature-extraction",),
    "modality_config": (MODALITIES,),
    "module_output_name": ("token_embeddings",),
    "tokenizer_name_or_path": (None,),
    "processing_kwargs": ({}, None),
    "unpad_inputs": (None, True, False),
    "query_length": (None,),
    "document_length": (None,),
    "query_expansion": (None,),
    **dict.fromkeys(("model_args", "model_kwargs", "tokenizer_args", "processor_kwargs"), ({},)),
    **dict.fromkeys(("config_args", "config_kwargs"), ({},)),
}
"""Fields that may be there, and the values that change nothing."""
HARMLESS = {"trust_remote_code", "attn_implementation"}  # in the arguments: own code is never run


@dataclass(frozen=True)
class Limits:
    """`max_tokens` is 0 if not stated; `lower` says whether a text is lower-cased before it is cut into tokens."""

    max_tokens: int = 0
    lower: bool = False


NO_LIMITS = Limits()


def read_limits(find: Find) -> Limits:
    """Read the file beside the encoder, if it has one; raises UnsupportedModel."""
    for name in LIMITS:
        path = find(name)
        fields = documents.fields(documents.read(path, name), name) if path else {}
        if fields:
            return _limits(fields, name)
    return NO_LIMITS


def _limits(fields: Mapping[str, Any], name: str) -> Limits:
    for field, value in fields.items():
        if field in ("max_seq_length", "do_lower_case"):
            continue
        if field not in ONLY:
            raise UnsupportedModel(f"{name} has {documents.shown(field)}, which is not known here")
        if isinstance(value, dict) and field.endswith(("_args", "_kwargs")):
            value = {key: said for key, said in value.items() if key not in HARMLESS}
        if value not in ONLY[field]:
            raise UnsupportedModel(f"{name} has {field} {documents.shown(value)}, which is not supported")
    limit, lower = fields.get("max_seq_length"), fields.get("do_lower_case", False)
    if limit is not None and (type(limit) is not int or limit < 3):
        raise UnsupportedModel(f"{name} has max_seq_length {documents.shown(limit)}; a number from 3 on is needed")
    if type(lower) is not bool:
        raise UnsupportedModel(f"{name} has do_lower_case {documents.shown(lower)}; true or false is needed")
    return Limits(limit or 0, lower)
