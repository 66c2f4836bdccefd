"""Fetches a checkpoint from the Hugging Face Hub or its local cache, with a short time-out and clear errors."""

from __future__ import annotations

from pathlib import Path

import httpx2  # the client with which huggingface_hub sends its requests
import requests
from huggingface_hub import _CACHED_NO_EXIST, constants, hf_hub_download, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, HFValidationError, RemoteEntryNotFoundError

from contract.bundle import CONFIG, WEIGHTS
from contract.certificates import HTTPX, REQUESTS, unusable
from model.base.errors import BuildError
from model.checkpoints import checkpoint
from model.checkpoints.checkpoint import Checkpoint
from model.checkpoints.finding import Find
from model.checkpoints.sentence_transformers import MODULES

TIMEOUT = 4.0  # seconds until the Hub counts as out of reach
NEEDED = {CONFIG, WEIGHTS}  # all other files may be missing


class HubUnavailable(BuildError):
    """The checkpoint is not in the cache, and the Hub does not give it."""


class _NotCached(Exception):
    """The cache does not say whether the checkpoint has a file."""


def fetch(model: str, directory: Path) -> Checkpoint:
    """Put config.json, tokenizer.json and model.safetensors of `model` into `directory`.

    Raises HubUnavailable if the checkpoint cannot be fetched, BuildError if it cannot be used.
    """
    try:
        return _copy(model, directory, _cached(model, guess=False))
    except _NotCached:
        pass
    except HFValidationError:
        raise BuildError(f"{model!r} is not a directory, installed package or name of the Hugging Face Hub") from None
    try:
        _probe(model)
    except HubUnavailable as unavailable:
        try:
            return _copy(model, directory, _cached(model, guess=True))
        except _NotCached:
            raise unavailable from None
    try:
        return _copy(model, directory, _downloaded(model))
    except (EntryNotFoundError, HfHubHTTPError, httpx2.HTTPError, OSError, RuntimeError) as error:
        # a file that is neither cached nor on the Hub, an HTTP status, a broken connection, or one of xet's own errors
        raise HubUnavailable(f"the download of {model} failed ({type(error).__name__})") from None


def _probe(model: str) -> None:
    """Make one short attempt, because the Hub's own client retries for half a minute."""
    if constants.is_offline_mode():
        raise HubUnavailable(f"{model} is not in the cache, and HF_HUB_OFFLINE forbids downloading it")
    url = hf_hub_url(model, CONFIG)
    for variables in (REQUESTS, HTTPX):  # of this question, and of the download itself
        if why := unusable(url, variables):
            raise HubUnavailable(f"the Hugging Face Hub cannot be asked: {why}")
    try:
        answer = requests.head(url, timeout=TIMEOUT, allow_redirects=True)
    except requests.RequestException as error:
        raise HubUnavailable(f"the Hugging Face Hub is out of reach ({type(error).__name__})") from None
    if not answer.ok and answer.headers.get("X-Error-Code") != "EntryNotFound":  # older ones have it in a folder
        raise HubUnavailable(f"the Hugging Face Hub has no {model} for you (HTTP {answer.status_code})")


def _copy(model: str, directory: Path, of: Find) -> Checkpoint:
    said = checkpoint.copy(model, of, directory)
    first = of(CONFIG) or of(MODULES)
    assert first is not None  # noqa: S101 - one of them was read
    return Checkpoint("hub", model, first.parent.name, said)  # the cache's folders are named by commits


def _cached(model: str, *, guess: bool) -> Find:
    """Files of the cache. It may not know of optional files; `guess` takes those as not there."""

    def find(name: str) -> Path | None:
        found = try_to_load_from_cache(model, name)
        if isinstance(found, str):
            return Path(found)
        if found is _CACHED_NO_EXIST or (guess and name not in NEEDED):
            return None
        raise _NotCached

    return find


def _downloaded(model: str) -> Find:
    def find(name: str) -> Path | None:
        try:
            return Path(hf_hub_download(model, name, etag_timeout=TIMEOUT))
        except RemoteEntryNotFoundError:
            return None

    return find
