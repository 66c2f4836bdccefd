"""A checkpoint from the Hugging Face Hub's local cache or the Hub, with a short time-out and plain words on failure."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx2  # what huggingface_hub sends its requests with
import requests
from huggingface_hub import constants, hf_hub_download, hf_hub_url
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RemoteEntryNotFoundError
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from model.errors import BuildError
from similarity.manifest import CONFIG, TOKENIZER, WEIGHTS

TIMEOUT = 4.0  # seconds until the Hub counts as out of reach


class HubUnavailable(BuildError):
    """The checkpoint is neither in the cache nor to be had from the Hub."""


def fetch(model: str, directory: Path) -> str:
    """Put config.json, tokenizer.json and model.safetensors of `model` into `directory`; returns the revision.

    Raises HubUnavailable where the checkpoint cannot be had, BuildError where it has no weights as safetensors.
    """
    try:
        return _copy(model, directory, offline=True)
    except (EntryNotFoundError, OSError):  # not, or not wholly, in the cache
        pass
    _probe(model)
    try:
        return _copy(model, directory, offline=False)
    except RemoteEntryNotFoundError as error:
        raise BuildError(f"{model} cannot be used: {error}") from None
    except (EntryNotFoundError, HfHubHTTPError, httpx2.HTTPError, OSError, RuntimeError) as error:
        # a file that is neither cached nor to be had, an HTTP status, a broken connection, or one of xet's own errors
        raise HubUnavailable(f"the download of {model} failed ({type(error).__name__})") from None


def _probe(model: str) -> None:
    """One short attempt, because the Hub's own client retries for half a minute."""
    if constants.is_offline_mode():
        raise HubUnavailable(f"{model} is not in the cache, and HF_HUB_OFFLINE forbids to download it")
    try:
        answer = requests.head(hf_hub_url(model, CONFIG), timeout=TIMEOUT, allow_redirects=True)
    except requests.RequestException as error:
        raise HubUnavailable(f"the Hugging Face Hub is out of reach ({type(error).__name__})") from None
    if not answer.ok:
        raise HubUnavailable(f"the Hugging Face Hub has no {model} for you (HTTP {answer.status_code})")


def _copy(model: str, directory: Path, *, offline: bool) -> str:
    def get(name: str) -> Path:
        return Path(hf_hub_download(model, name, local_files_only=offline, etag_timeout=TIMEOUT))

    config = get(CONFIG)
    shutil.copyfile(config, directory / CONFIG)
    try:
        shutil.copyfile(get(TOKENIZER), directory / TOKENIZER)
    except EntryNotFoundError:  # older checkpoints have its two halves
        _roberta_tokenizer(get("vocab.json"), get("merges.txt")).save(str(directory / TOKENIZER))
    shutil.copyfile(get(WEIGHTS), directory / WEIGHTS)
    return config.parent.name  # the cache keeps each revision in a folder named by its commit


def _roberta_tokenizer(vocabulary: Path, merges: Path) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE.from_file(str(vocabulary), str(merges), unk_token="<unk>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer
