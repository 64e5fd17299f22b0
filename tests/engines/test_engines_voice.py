"""The voice engine on a graph of random weights; with the true ones where this machine has them."""

from __future__ import annotations

import numpy as np
import pytest

from loquitur.engines.ge2e import graph
from loquitur.engines.voice.ge2e import Ge2e, Ge2eOptions
from loquitur.errors import MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.settings import resolve
from loquitur.stages.voices import Options
from loquitur.testing import conformance, signals
from loquitur.timing import Span

TALK = [Span(start_ms=0, end_ms=4000)]
ACTIVITY = signals.activity([(0, 4000)], duration_ms=4000)


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    rng = np.random.default_rng(5)

    def draw(*shape):
        return (rng.standard_normal(shape) * 0.15).astype(np.float32)

    state = {"linear.weight": draw(256, 256), "linear.bias": draw(256)}
    for layer in range(3):
        state[f"lstm.weight_ih_l{layer}"] = draw(1024, 256 if layer else 40)
        state[f"lstm.weight_hh_l{layer}"] = draw(1024, 256)
        state[f"lstm.bias_ih_l{layer}"] = draw(1024)
        state[f"lstm.bias_hh_l{layer}"] = draw(1024)
    models = tmp_path_factory.mktemp("models")
    graph.install(models, graph.build_graph(state), b"licence")
    return Resources(models=models)


@pytest.fixture(scope="module")
def engine(resources):
    return Ge2e(Ge2eOptions(), resources)


def test_conforms(engine, resources):
    conformance.check_engine(Ge2e, Ge2eOptions(), resources)
    conformance.check_voice_encoder(engine)


@pytest.mark.parametrize("wrong", [{"window_ms": 100}, {"hop_ms": 0}, {"model": "x"}])
def test_wrong_options(wrong):
    with pytest.raises(ValueError, match=r"window_ms|model"):
        Ge2eOptions(**wrong)


def test_how_loud_somebody_speaks_is_no_matter(engine):
    sound = signals.voice(4000)
    near, far = (
        engine.embed(signals.ArraySamples(sound=sound * np.float32(gain)), ACTIVITY, TALK)
        for gain in (1.0, 0.01)
    )
    assert float(near @ far) > 0.9999


def test_short_turns_count_together(engine):
    """Three stretches, each shorter than a window, are heard as one."""
    samples = signals.ArraySamples(sound=signals.voice(4000))
    short = [Span(start_ms=start_ms, end_ms=start_ms + 700) for start_ms in (0, 1000, 2000)]
    windows = engine._windows(samples, 0.0, short)
    assert windows.shape == (2, 160, 40)
    assert abs(float(np.linalg.norm(engine.embed(samples, ACTIVITY, short))) - 1.0) < 1e-5


def test_a_model_that_is_not_here(tmp_path):
    empty = Resources(models=tmp_path)
    for ask in (Ge2e.identity, Ge2e):
        with pytest.raises(MissingError) as caught:
            ask(Ge2eOptions(), empty)
        assert caught.value.hint == "loquitur models pull dvector"
    with pytest.raises(MissingError, match="offline"):
        Ge2e.pull("", empty, print)
    with pytest.raises(UsageError, match="resnet"):
        Ge2e.pull("resnet", empty, print)


def test_the_model_is_the_diarizers(resources):
    told = []
    Ge2e.pull("ge2e", resources, told.append)
    assert told == ["dvector: already there"]
    assert Ge2e.location("", resources) == graph.graph_path(resources.models).parent


def test_a_reader_is_known_again_and_others_are_not(shared, tmp_path):
    """The true weights on real speech: two clips of one reader, one of another."""
    from loquitur.media.audio import decode
    from loquitur.media.pcm import MappedSamples
    from loquitur.model.media import Audio

    try:
        engine = Ge2e(Ge2eOptions(), Resources(models=resolve().settings.models))
    except MissingError as exc:
        pytest.skip(f"needs a model: {exc}")
    voices = []
    for name in ("read/ss-0870.wav", "read/ss-0890.wav", "aligned/libri-61-70968-0000.flac"):
        path = shared / "speech" / name
        if not path.exists():
            pytest.skip("the shared speech is not here")
        target = tmp_path / f"{path.stem}.pcm"
        decoded = decode(path, target, isolated=False)
        audio = Audio(
            media_id="sha256:0",
            samples="0",
            sample_count=decoded.sample_count,
            offset_ms=decoded.offset_ms,
            duration_ms=decoded.duration_ms,
            track_index=decoded.track_index,
        )
        samples = MappedSamples(target, audio)
        silent = signals.activity([], duration_ms=audio.duration_ms)
        whole = Span(start_ms=samples.offset_ms, end_ms=samples.end_ms)
        voices.append(engine.embed(samples, silent, [whole]))
    threshold = Options().threshold
    assert float(voices[0] @ voices[1]) > threshold
    assert float(voices[0] @ voices[2]) < threshold
