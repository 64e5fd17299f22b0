"""pyannote.audio itself, in an environment of its own, on pipelines of random weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from own_environments import kind_there, place_of, run_there

from loquitur.api import run
from loquitur.errors import EngineError, InputError, MissingError
from loquitur.protocols import SpeakerCount
from loquitur.testing import conformance, signals

pytestmark = [pytest.mark.extras, pytest.mark.timeout(600)]

ANY = SpeakerCount()


def talk():
    """Six seconds of two voices, in sound that starts at 500 ms of media time."""
    parts = [signals.voice(3000, seed=1), signals.voice(3000, f0_hz=210.0, seed=2)]
    samples = signals.ArraySamples(sound=np.concatenate(parts), offset_ms=500)
    return samples, signals.activity([(500, 6500)], duration_ms=6000, offset_ms=500)


@pytest.fixture(scope="module")
def place():
    return place_of("pyannote")


@pytest.fixture(scope="module")
def pipelines(place, tmp_path_factory):
    """The folder with both kinds of tiny pipelines."""
    root = tmp_path_factory.mktemp("pipelines")
    for kind in ("community", "3.1"):
        run_there(place, "-m", "loquitur.testing.tiny_pyannote", root, kind)
    return root


@pytest.fixture
def made(place, pipelines, tmp_path):
    """`made(name, **options)` -> (class, options, resources)."""

    def make(name="speaker-diarization-community-1", **options):
        (kind,), resources = kind_there(tmp_path, ("diarization", "pyannote", place))
        return kind, kind.Options(model=str(pipelines / name), **options), resources

    return make


@pytest.mark.parametrize("name", ["speaker-diarization-community-1", "speaker-diarization-3.1"])
def test_both_pipelines_conform(made, name, capfd):
    kind, options, resources = made(name)
    conformance.check_engine(kind, options, resources)
    engine = kind(options, resources)
    conformance.check_diarizer(engine)
    engine.close()


def test_overlapped_speech_is_kept_beside_the_exclusive_turns(made):
    kind, options, resources = made()
    samples, activity = talk()
    engine = kind(options, resources)
    turns = list(engine.diarize(samples, activity, speakers=ANY))
    engine.close()
    assert len({turn.speaker for turn in turns}) > 1
    pairs = [(one, two) for one in turns for two in turns if one.speaker < two.speaker]
    both = [pair for pair in pairs if max(t.start_ms for t in pair) < min(t.end_ms for t in pair)]
    assert both, "the tiny network hears two at once"
    assert turns[0].start_ms >= samples.offset_ms


def test_options_of_the_pipeline_change_the_result_and_the_key(made):
    kind, plain, resources = made()
    _, loose, _ = made(threshold=3.0, min_gap_s=0.5)
    samples, activity = talk()
    heard = []
    for options in (plain, loose):
        engine = kind(options, resources)
        heard.append(list(engine.diarize(samples, activity, speakers=ANY)))
        engine.close()
    assert heard[0] != heard[1]


def test_weights_that_hold_more_than_numbers_are_refused(made, place, pipelines, tmp_path):
    """A pickle may run anything; nothing of it is run here."""
    script = (
        "import sys, torch, pathlib, os\n"
        "class Bad:\n"
        "    def __reduce__(self):\n"
        "        return os.mkdir, (sys.argv[2],)\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "data = torch.load(path, weights_only=False)\n"
        "data['callbacks'] = Bad()\n"
        "torch.save(data, path)\n"
    )
    import shutil

    clone, mark = tmp_path / "clone", tmp_path / "executed"
    shutil.copytree(pipelines / "speaker-diarization-community-1", clone)
    run_there(place, "-c", script, clone / "segmentation" / "pytorch_model.bin", mark)
    kind, options, resources = made(str(clone))
    with pytest.raises(InputError, match="holds more than weights") as caught:
        kind(options, resources)
    assert "trust_pickles" in caught.value.hint
    assert not mark.exists()
    trusting = dataclasses.replace(options, trust_pickles=True)
    kind(trusting, resources).close()
    assert mark.exists()


def test_a_damaged_model_is_told(made, pipelines, tmp_path):
    import shutil

    clone = tmp_path / "clone"
    shutil.copytree(pipelines / "speaker-diarization-community-1", clone)
    path = clone / "segmentation" / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:1000])
    kind, options, resources = made(str(clone))
    with pytest.raises((InputError, EngineError)) as caught:
        kind(options, resources)
    assert str(clone) in caught.value.message


def test_a_device_that_is_not_there_is_told(made):
    kind, options, resources = made(device="mps")
    with pytest.raises(MissingError, match="no mps here") as caught:
        kind(options, resources)
    assert caught.value.code == "LQ-NO-CUDA"


def test_silence_takes_no_time_and_gives_no_turns(made):
    kind, options, resources = made()
    engine = kind(options, resources)
    still = signals.ArraySamples(sound=signals.silence(2000))
    assert list(engine.diarize(still, signals.activity([], duration_ms=2000), speakers=ANY)) == []
    engine.close()


def test_a_run_with_it(workshop, place, pipelines):
    settings = dataclasses.replace(
        workshop.settings, environments={"diarization.pyannote": str(place)}, executor="processes"
    )
    result = run(
        workshop.clip,
        asr="parrot",
        diarizer=f"pyannote:{pipelines / 'speaker-diarization-community-1'}",
        emotion="none",
        settings=settings,
    )
    diarized = next(item for item in result.transcript.provenance if item.stage == "diarize")
    assert (diarized.engine, diarized.version) == ("pyannote", "4.0.7")
    assert result.transcript.speakers
