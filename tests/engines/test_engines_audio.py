"""Encoders of sound without torch: what they hear is what the definition says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loquitur.engines.audio.logmel import LogMel, LogMelOptions
from loquitur.engines.audio.onnx import OnnxAudio, OnnxAudioOptions
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.speech import mel_bands
from loquitur.testing import signals
from loquitur.testing.tiny_listeners import tiny_vggish_onnx


def _window(ms: int = mel_bands.PATCH_MS) -> np.ndarray:
    return signals.voice(ms + 50)[: ms * 16].astype(np.float32)[None]


def test_a_patch_has_96_frames_of_64_bands() -> None:
    assert mel_bands.log_mel(_window()).shape == (1, mel_bands.FRAMES, mel_bands.BANDS)
    assert mel_bands.log_mel(np.zeros((2, 10), np.float32)).shape == (2, 1, mel_bands.BANDS)
    silence = mel_bands.log_mel(np.zeros((1, 16_000), np.float32))
    assert np.allclose(silence, np.log(0.01))


def test_log_mel_is_that_of_the_formula() -> None:
    """Frame by frame, with loops, as the published `mel_features.py` has it."""
    window = _window()[0].astype(np.float64)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi / 400 * np.arange(400))
    hz = np.linspace(0, 8000, 257)
    bins = 1127.0 * np.log(1.0 + hz / 700.0)
    low, high = 1127.0 * np.log(1.0 + np.array([125.0, 7500.0]) / 700.0)
    edges = np.linspace(low, high, 66)
    found = mel_bands.log_mel(window[None].astype(np.float32))[0]
    for frame in (0, 40, 95):
        sizes = np.abs(np.fft.rfft(window[frame * 160 : frame * 160 + 400] * hann, 512))
        for band in (0, 17, 63):
            lower, centre, upper = edges[band : band + 3]
            weights = np.maximum(
                0, np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre))
            )
            weights[0] = 0
            assert found[frame, band] == pytest.approx(np.log(sizes @ weights + 0.01), abs=1e-4)


def test_a_tone_is_heard_in_its_band(tmp_path: Path) -> None:
    engine = LogMel(LogMelOptions(), Resources(models=tmp_path))
    time = np.arange(engine.window_ms * 16) / 16_000
    low, high = (np.sin(2 * np.pi * hz * time).astype(np.float32) for hz in (300.0, 5000.0))
    found = engine.encode(np.stack([low, high]))
    loudest = found[:, : mel_bands.BANDS].argmax(axis=1)
    assert loudest[0] < 20
    assert loudest[1] > 50
    assert found[0, mel_bands.BANDS + loudest[0]] < 0.1, "a tone does not vary"


@pytest.mark.parametrize("shape", ["torch", "tensorflow", "wave"])
def test_a_graph_gets_what_it_hears(tmp_path: Path, shape: str) -> None:
    pytest.importorskip("onnx")
    folder = tiny_vggish_onnx(tmp_path / "model", shape=shape)  # type: ignore[arg-type]
    engine = OnnxAudio(OnnxAudioOptions(model=str(folder)), Resources(models=tmp_path))
    window = _window()
    import onnxruntime

    session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
    if shape == "wave":
        given = (window - window.mean()) / np.sqrt(window.var() + 1e-7)
        expected = session.run(None, {"sound": given})[0].mean(axis=1)
    else:
        patch = mel_bands.log_mel(window)
        given = patch[:, None] if shape == "torch" else patch[..., None]
        expected = session.run(None, {"sound": given})[0]
    assert np.allclose(engine.encode(window), expected, atol=1e-5)


def test_folders_that_hold_no_such_graph_are_refused(tmp_path: Path) -> None:
    resources = Resources(models=tmp_path)
    with pytest.raises(MissingError, match="no model of its own"):
        OnnxAudio(OnnxAudioOptions(), resources)
    with pytest.raises(UsageError, match="no folder"):
        OnnxAudio(OnnxAudioOptions(model=str(tmp_path / "none")), resources)
    with pytest.raises(InputError, match=r"has no model\.onnx"):
        OnnxAudio(OnnxAudioOptions(model=str(tmp_path)), resources)
    pytest.importorskip("onnx")
    folder = tiny_vggish_onnx(tmp_path / "model")
    with pytest.raises(InputError, match="patches of 975 ms"):
        OnnxAudio(OnnxAudioOptions(model=str(folder), window_ms=2000), resources)
    wave = tiny_vggish_onnx(tmp_path / "wave", shape="wave")
    (wave / "preprocessor_config.json").write_text('{"sampling_rate": 48000}')
    with pytest.raises(InputError, match="48000 Hz"):
        OnnxAudio(OnnxAudioOptions(model=str(wave)), resources)
