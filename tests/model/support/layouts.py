"""Lays a plain checkpoint out in the ways that people publish them: what sentence-transformers is asked to take.

Each layout changes a folder with `config.json`, `model.safetensors` and `tokenizer.json`, and `LAYOUTS` says by which
words the builder refuses it, "" if it must build it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from tests.model.support.checkpoints import change

OLD, NEW = "sentence_transformers.models", "sentence_transformers.sentence_transformer.modules"
WORD = "Lawnmower"  # a token that only the notes beside tokenizer.json add
TABLES = ("embeddings.word_embeddings.weight", "embeddings.tok_embeddings.weight")


@dataclass(frozen=True)
class Layout:
    """`make` lays a folder out and returns the path to build from. `refused` has words of the refusal.

    `pooling` is for the command line. `only` names the tokenizers that it is about.
    """

    make: Callable[[Path], Path]
    refused: str = ""
    pooling: str = ""
    only: tuple[str, ...] = ("wordpiece", "bpe", "fast")


def sentence(
    folder: Path,
    pooling: dict[str, Any] | None = None,
    extra: tuple[str, ...] = (),
    kinds: str = OLD,
    limits: str = "sentence_bert_config.json",
    **said: Any,
) -> Path:
    """Add what sentence-transformers writes: modules.json, a pooling (the mean, if not given) and a limit of 24."""
    names = ("Transformer", "Pooling", *extra)
    modules = [
        {"idx": at, "name": str(at), "path": f"{at}_{name}" if at else "", "type": f"{kinds}.{name}"}
        for at, name in enumerate(names)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    flags = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
    change(folder, "1_Pooling/config.json", **(pooling or {"word_embedding_dimension": 32, **flags}))
    change(folder, limits, **{"max_seq_length": 24, "do_lower_case": False, **said})
    return folder


def flags(**chosen: bool) -> Callable[[Path], Path]:
    """The flags of older files, such as cls_token=True."""
    named = {f"pooling_mode_{name}": value for name, value in chosen.items()}
    return lambda folder: sentence(folder, {"word_embedding_dimension": 32, **named})


def mode(said: object) -> Callable[[Path], Path]:
    """The mode of newer files: a name or a list."""
    return lambda folder: sentence(folder, {"embedding_dimension": 32, "pooling_mode": said, "include_prompt": True})


def settings(extra: tuple[str, ...] = (), **said: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        change(folder, "config_sentence_transformers.json", **said)
        return sentence(folder, extra=extra)

    return make


def in_folders(folder: Path) -> Path:
    """The encoder with its limit in a folder of its own, as before version 1."""
    sentence(folder)
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "0_Transformer").mkdir()
    for path in [path for path in folder.iterdir() if path.is_file() and path.name != "modules.json"]:
        path.rename(folder / "0_Transformer" / path.name)
    return folder


def without(name: str, make: Callable[[Path], Path] = sentence) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path = make(folder)
        target = path / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        return path

    return made


def noted(file: str, **fields: object) -> Callable[[Path], Path]:
    """Fields of a file beside tokenizer.json."""

    def make(folder: Path) -> Path:
        change(folder, file, **fields)
        return sentence(folder)

    return make


def with_added_token(write: Callable[[Path, int], None]) -> Callable[[Path], Path]:
    """One more row in the table, for a token that `write` adds beside tokenizer.json."""

    def make(folder: Path) -> Path:
        tensors = load_file(folder / "model.safetensors")
        name = next(name for name in tensors if name.endswith(TABLES))
        count = len(tensors[name])
        tensors[name] = torch.cat([tensors[name], torch.full((1, tensors[name].shape[1]), 0.7)])
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        change(folder, "config.json", vocab_size=count + 1)
        write(folder, count)
        return sentence(folder)

    return make


def _in_notes(folder: Path, number: int) -> None:
    token = {"content": WORD, "lstrip": False, "rstrip": False, "normalized": False, "single_word": False}
    change(folder, "tokenizer_config.json", added_tokens_decoder={str(number): {**token, "special": True}})


def _in_added_tokens(folder: Path, number: int) -> None:
    change(folder, "added_tokens.json", **{WORD: number})
    halves(folder)


def halves(folder: Path) -> Path:
    """The vocabulary in files of its own, as older tokenizers have it, without tokenizer.json."""
    Tokenizer.from_file(str(folder / "tokenizer.json")).model.save(str(folder))
    (folder / "tokenizer.json").unlink()
    return sentence(folder)


def sharded(folder: Path) -> Path:
    """The weights in three files and an index."""
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = [f"model-{at}-of-3.safetensors" for at in range(3)]
    places = {name: names[at % 3] for at, name in enumerate(sorted(tensors))}
    for shard in names:
        save_file({name: tensors[name] for name in places if places[name] == shard}, folder / shard)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return sentence(folder)


def pickled(folder: Path) -> Path:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    return without("model.safetensors")(folder)


def cut_off(folder: Path) -> Path:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    return sentence(folder)


def pointer(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1234\n"
        (folder / name).write_text(text)
        return sentence(folder)

    return make


QUERY = {"query": "query: "}
CLASSED = ("wordpiece", "bpe")  # tokenizers whose class in transformers makes them of a vocabulary
LAYOUTS = {
    "plain": Layout(lambda folder: folder, "does not say how a vector is made"),
    "plain, pooled by the mean": Layout(lambda folder: folder, pooling="mean"),
    "flags: mean": Layout(sentence),
    "flags: cls": Layout(flags(cls_token=True, mean_tokens=False)),
    "flags: max": Layout(flags(max_tokens=True)),
    "flags: weighted mean": Layout(flags(weightedmean_tokens=True)),
    "flags: last token": Layout(flags(lasttoken=True)),
    "flags: mean by the root": Layout(flags(mean_sqrt_len_tokens=True)),
    "flags: none": Layout(flags(cls_token=False, mean_tokens=False)),
    "flags: two": Layout(flags(cls_token=True, mean_tokens=True), "says ['cls', 'mean']; one of"),
    "mode: a name": Layout(mode("lasttoken")),
    "mode: a list of one": Layout(mode(["max"])),
    "mode: a list of two": Layout(mode(["mean", "max"]), "says ['mean', 'max']; one of"),
    "mode: unknown": Layout(mode("median"), "says ['median']; one of"),
    "modules of version 6": Layout(lambda folder: sentence(folder, kinds=NEW)),
    "Normalize": Layout(lambda folder: sentence(folder, extra=("Normalize",))),
    "Dense": Layout(lambda folder: sentence(folder, extra=("Dense",)), "has ['Dense']; only"),
    "code of its own": Layout(lambda folder: sentence(folder, kinds="custom_st"), "whose code is not"),
    "no pooling": Layout(without("1_Pooling"), "has no 1_Pooling/config.json"),
    "no modules.json": Layout(without("modules.json"), "but not modules.json"),
    "folders": Layout(in_folders),
    "folders, from inside": Layout(lambda folder: in_folders(folder) / "0_Transformer"),
    "limit under an older name": Layout(lambda folder: sentence(folder, limits="sentence_xlm-roberta_config.json")),
    "limit of the tokenizer": Layout(noted("tokenizer_config.json", model_max_length=19)),
    "limit of the tokenizer alone": Layout(
        lambda folder: sentence(noted("tokenizer_config.json", model_max_length=19)(folder), max_seq_length=None)
    ),
    "lower case": Layout(lambda folder: sentence(folder, do_lower_case=True)),
    "arguments": Layout(lambda folder: sentence(folder, model_args={"torch_dtype": "float16"}), "has model_args"),
    "unknown field": Layout(lambda folder: sentence(folder, stride=3), "has 'stride', which is not known"),
    "prompt": Layout(settings(prompts=QUERY, default_prompt_name="query"), "puts the prompt 'query: '"),
    "prompts without a default": Layout(settings(prompts=QUERY, default_prompt_name=None)),
    "an empty prompt": Layout(settings(prompts={"query": ""}, default_prompt_name="query")),
    "by dot product": Layout(settings(similarity_fn_name="dot"), "similarity_fn_name 'dot'"),
    "by dot product of length 1": Layout(settings(("Normalize",), similarity_fn_name="dot")),
    "a sparse encoder": Layout(settings(model_type="SparseEncoder"), "model_type 'SparseEncoder'"),
    "notes: cased": Layout(noted("tokenizer_config.json", do_lower_case=False), only=("wordpiece",)),
    "notes: accents kept": Layout(noted("tokenizer_config.json", strip_accents=False), only=("wordpiece",)),
    "notes: a blank first": Layout(noted("tokenizer_config.json", add_prefix_space=True), only=("bpe",)),
    "notes: cut at the left": Layout(noted("tokenizer_config.json", truncation_side="left"), "does not keep its begin"),
    "notes: an added token": Layout(with_added_token(_in_notes)),
    "halves": Layout(halves, only=CLASSED),
    "halves and an added token": Layout(with_added_token(_in_added_tokens), only=CLASSED),
    "halves of a tokenizer without a class": Layout(halves, "Couldn't instantiate the backend", only=("fast",)),
    "shards": Layout(sharded),
    "a shard is missing": Layout(lambda folder: without("model-1-of-3.safetensors", sharded)(folder), "is not there"),
    "pickled weights": Layout(pickled, "as pytorch_model.bin, a pickle"),
    "weights cut off": Layout(cut_off, "was its download cut off"),
    "weights not fetched": Layout(pointer("model.safetensors"), "model.safetensors is a Git LFS pointer"),
    "tokenizer not fetched": Layout(pointer("tokenizer.json"), "tokenizer.json is a Git LFS pointer"),
    "half precision": Layout(noted("config.json", dtype="float16"), "dtype is 'float16'; only 'float32'"),
    "an adapter": Layout(noted("adapter_config.json", peft_type="LORA"), "it has adapter_config.json"),
}
"""By what people call them."""
