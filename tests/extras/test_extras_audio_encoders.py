"""Encoders of sound in transformers: the vectors are those of the library itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loquitur.engines.audio.transformers import TransformersAudio, TransformersAudioOptions
from loquitur.errors import InputError, UsageError
from loquitur.protocols import Resources
from loquitur.testing import conformance, signals, tiny_listeners

pytestmark = pytest.mark.extras
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

MAKERS = {
    "ast": tiny_listeners.tiny_ast,
    "clap": tiny_listeners.tiny_clap,
    "wav2vec2": tiny_listeners.tiny_wave,
}


@pytest.fixture(scope="module", params=MAKERS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp(request.param) / "model"
    MAKERS[request.param](folder)
    resources = Resources(models=tmp_path_factory.mktemp("models"))
    options = TransformersAudioOptions(model=str(folder), device="cpu")
    return request.param, folder, TransformersAudio(options, resources)


def test_it_keeps_the_contract(made: Any) -> None:
    conformance.check_audio_encoder(made[2])


def test_vectors_are_those_of_the_library(made: Any) -> None:
    kind, folder, engine = made
    sound = signals.voice(engine.window_ms + 50)[: engine.window_ms * 16].astype(np.float32)
    extract = transformers.AutoFeatureExtractor.from_pretrained(folder)
    if kind == "clap":
        at = np.fft.irfft(np.fft.rfft(sound) * 3, n=3 * len(sound)).astype(np.float32)
        inputs = extract(at, sampling_rate=48_000, return_tensors="pt")
        model = transformers.ClapModel.from_pretrained(folder).eval()
        with torch.no_grad():
            found = model.get_audio_features(**inputs)
        found = getattr(found, "pooler_output", found)
    else:
        inputs = extract(sound, sampling_rate=16_000, return_tensors="pt")
        model = transformers.AutoModel.from_pretrained(folder).eval()
        with torch.no_grad():
            output = model(**inputs)
        found = output.pooler_output if kind == "ast" else output.last_hidden_state.mean(dim=1)
    ours = engine.encode(sound[None])[0]
    theirs = found[0].numpy()
    if kind == "clap":  # get_audio_features brings them to length 1
        ours, theirs = ours / np.linalg.norm(ours), theirs / np.linalg.norm(theirs)
    assert np.abs(ours - theirs).max() < 1e-4


def test_clap_is_given_no_more_than_it_hears(tmp_path: Path) -> None:
    folder = tiny_listeners.tiny_clap(tmp_path / "clap")
    options = TransformersAudioOptions(model=str(folder), device="cpu", window_ms=20_000)
    with pytest.raises(UsageError, match="hears 10 s at once"):
        TransformersAudio(options, Resources(models=tmp_path))


def test_weights_that_lack_are_not_drawn(tmp_path: Path) -> None:
    folder = tiny_listeners.tiny_wave(tmp_path / "hubert", kind="hubert")
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights.pop("encoder.layers.0.attention.k_proj.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match="lacks weights"):
        TransformersAudio(
            TransformersAudioOptions(model=str(folder), device="cpu"), Resources(models=tmp_path)
        )
