"""Sortformer itself, in NeMo's own environment, on models of random weights that NeMo wrote."""

from __future__ import annotations

import json

import numpy as np
import pytest
from own_environments import kind_there, place_of, run_there

from loquitur.errors import EngineError, InputError, MissingError, UsageError
from loquitur.protocols import SpeakerCount
from loquitur.testing import conformance, signals

pytestmark = [pytest.mark.extras, pytest.mark.timeout(600)]

LONG_MS = 150_000
BARE = """
import json, sys
import numpy as np
from loquitur.engines.diarization.sortformer import Sortformer, SortformerOptions, _STREAMING
from loquitur.protocols import Resources
from loquitur.testing import signals
import torch
from pathlib import Path

model, length_ms, offset_ms = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sound = np.concatenate([
    signals.voice(10_000, f0_hz=100.0 + 20.0 * at, seed=at) for at in range(length_ms // 10_000)
])
samples = signals.ArraySamples(sound=sound, offset_ms=offset_ms)
engine = Sortformer(SortformerOptions(model=model), Resources(models=Path("none")))
ours = np.concatenate(list(engine._streamed(samples) if engine._streaming
                           else engine._windowed(samples)))
with torch.inference_mode():
    theirs = engine._model.forward(
        audio_signal=torch.from_numpy(sound)[None], audio_signal_length=torch.tensor([len(sound)])
    )[0].numpy()
count = min(len(ours), len(theirs))
print(json.dumps({
    "frames": [len(ours), len(theirs)],
    "apart": float(np.abs(ours[:count] - theirs[:count]).max()),
    "spread": float(theirs.std()),
    "sum": ours.sum(axis=0).tolist(),
}))
"""


@pytest.fixture(scope="module")
def place():
    return place_of("nemo")


@pytest.fixture(scope="module")
def models(place, tmp_path_factory):
    """`streaming.nemo` and `offline.nemo`; beside them a recogniser, `tiny.nemo`."""
    root = tmp_path_factory.mktemp("sortformer-models")
    run_there(place, "-m", "loquitur.testing.tiny_sortformer", root)
    return root


@pytest.fixture(scope="module")
def opened(place, models, tmp_path_factory):
    """`opened(name)` -> (class, options, resources, engine), loaded once."""
    cache = tmp_path_factory.mktemp("cache")
    (kind,), resources = kind_there(cache, ("diarization", "sortformer", place))
    engines = {}

    def make(name):
        options = kind.Options(model=str(models / name))
        if name not in engines:
            engines[name] = kind(options, resources)
        return kind, options, resources, engines[name]

    yield make
    for engine in engines.values():
        engine.close()


def bare(place, path, length_ms, offset_ms=0):
    said = run_there(place, "-c", BARE, path, length_ms, offset_ms)
    return json.loads(said.strip().splitlines()[-1])


@pytest.mark.parametrize("name", ["streaming.nemo", "offline.nemo"])
def test_both_kinds_conform(opened, name):
    kind, options, resources, engine = opened(name)
    conformance.check_engine(kind, options, resources)
    conformance.check_diarizer(engine)


def test_step_by_step_it_hears_what_the_library_hears_at_once(place, models):
    """Features of each step are cut out of the sound; the cache goes on from step to step."""
    found = bare(place, models / "streaming.nemo", LONG_MS)
    assert found["spread"] > 0.01, "else nothing would be compared"
    assert abs(found["frames"][0] - found["frames"][1]) <= 1
    assert found["apart"] < 1e-3


def test_a_window_alone_is_what_the_library_hears(place, models):
    found = bare(place, models / "offline.nemo", 40_000)
    assert found["spread"] > 0.01
    assert abs(found["frames"][0] - found["frames"][1]) <= 1


def test_the_sounds_offset_moves_turns_alone(opened):
    _, _, _, engine = opened("streaming.nemo")
    sound = np.concatenate([signals.voice(6_000, seed=1), signals.voice(6_000, f0_hz=210.0)])
    found = []
    for offset_ms in (0, 1_500):
        samples = signals.ArraySamples(sound=sound, offset_ms=offset_ms)
        speech = [(offset_ms, offset_ms + 12_000)]
        activity = signals.activity(speech, duration_ms=12_000, offset_ms=offset_ms)
        turns = list(engine.diarize(samples, activity, speakers=SpeakerCount()))
        assert turns
        assert all(offset_ms <= turn.start_ms < turn.end_ms <= samples.end_ms for turn in turns)
        found.append([(t.start_ms - offset_ms, t.end_ms - offset_ms, t.speaker) for t in turns])
    assert found[0] == found[1]


def test_more_than_four_are_refused(opened):
    _, _, _, engine = opened("streaming.nemo")
    samples = signals.ArraySamples(sound=signals.voice(2_000))
    activity = signals.activity([(0, 2_000)], duration_ms=2_000)
    with pytest.raises(UsageError, match="at most 4 speakers apart, and 5 are asked for"):
        list(engine.diarize(samples, activity, speakers=SpeakerCount(minimum=5)))


def test_a_damaged_model_and_another_kind_are_told(opened, models, place, tmp_path):
    kind, _, resources, _ = opened("streaming.nemo")
    (tmp_path / "half.nemo").write_bytes((models / "streaming.nemo").read_bytes()[:5000])
    with pytest.raises(InputError, match=r"half\.nemo cannot be loaded"):
        kind(kind.Options(model=str(tmp_path / "half.nemo")), resources)
    code = (
        "import sys; from pathlib import Path; from loquitur.testing.tiny_nemo import tiny_tdt;"
        "tiny_tdt(Path(sys.argv[1]))"
    )
    run_there(place, "-c", code, tmp_path / "asr")
    with pytest.raises((InputError, EngineError), match="tiny"):
        kind(kind.Options(model=str(tmp_path / "asr" / "tiny.nemo")), resources)


def test_a_device_that_is_not_there_is_told(opened):
    kind, options, resources, _ = opened("streaming.nemo")
    with pytest.raises(MissingError, match="no CUDA here") as caught:
        kind(kind.Options(model=options.model, device="cuda"), resources)
    assert caught.value.code == "LQ-NO-CUDA"
