"""The diarizer through the real sherpa-onnx, on tiny graphs with the metadata it asks for."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources, SpeakerCount
from loquitur.testing import signals

pytest.importorskip("sherpa_onnx")
pytestmark = pytest.mark.extras

from loquitur.engines import sherpa  # noqa: E402 - after the skip
from loquitur.engines.diarization.sherpa_onnx import (  # noqa: E402
    SherpaDiarizer,
    SherpaDiarizerOptions,
)
from loquitur.testing.tiny_sherpa import VOICES_HZ, tiny_sherpa_diarization  # noqa: E402

FREE = SpeakerCount()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_sherpa_diarization(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


@pytest.fixture
def engine(folder, resources):
    return SherpaDiarizer(SherpaDiarizerOptions(model=str(folder)), resources)


def dialogue(turns):
    """Voices at two pitches: (which, seconds) each, half a second of silence between."""
    parts, spans, at_ms = [], [], 500
    for which, seconds in turns:
        parts += [signals.silence(500), signals.voice(1000 * seconds, f0_hz=VOICES_HZ[which])]
        spans.append((at_ms + 500, at_ms + 500 + 1000 * seconds))
        at_ms += 500 + 1000 * seconds
    samples = signals.ArraySamples(sound=np.concatenate(parts), offset_ms=500)
    return samples, signals.activity(spans, duration_ms=at_ms - 500, offset_ms=500)


def heard(engine, turns, speakers=FREE):
    return list(engine.diarize(*dialogue(turns), speakers=speakers))


def test_two_voices_are_two_speakers_where_two_are_given(engine):
    turns = heard(engine, [(0, 4), (1, 4), (0, 4)], SpeakerCount(minimum=2, maximum=2))
    assert {turn.speaker for turn in turns} == {"SPEAKER_00", "SPEAKER_01"}
    middle = [t for t in turns if t.start_ms > 5500 and t.end_ms < 9600]
    assert turns[0].speaker == "SPEAKER_00"
    assert all(500 <= t.start_ms < t.end_ms <= 14_000 for t in turns)
    assert {t.speaker for t in middle} == {"SPEAKER_01"}


def test_the_number_may_be_a_range(engine):
    turns = [(0, 4), (1, 4), (0, 4)]
    for least, most in ((1, 1), (2, 3), (None, 1), (2, None)):
        bounds = SpeakerCount(minimum=least, maximum=most)
        count = len({turn.speaker for turn in heard(engine, turns, bounds)})
        assert (least or 1) <= count <= (most or 99), (least, most)


def test_overlap_is_kept(engine):
    """Both voices at once: turns of two speakers that meet."""
    low, high = signals.voice(4000, f0_hz=VOICES_HZ[0]), signals.voice(4000, f0_hz=VOICES_HZ[1])
    sound = np.concatenate([low, signals.silence(500), low + high, signals.silence(500), high])
    samples = signals.ArraySamples(sound=sound)
    activity = signals.activity([(0, 4000), (4500, 8500), (9000, 13_000)], duration_ms=13_000)
    two = SpeakerCount(minimum=2, maximum=2)
    turns = list(engine.diarize(samples, activity, speakers=two))
    assert any(
        a.speaker != b.speaker and a.start_ms < b.end_ms and b.start_ms < a.end_ms
        for a in turns
        for b in turns
    )


def test_sound_shorter_than_a_window_heeds_the_number(engine):
    one = SpeakerCount(minimum=1, maximum=1)
    assert len({turn.speaker for turn in heard(engine, [(0, 2), (1, 2)], one)}) == 1


def test_long_sound_is_heard_in_blocks_and_speakers_are_linked(folder, resources):
    options = SherpaDiarizerOptions(model=str(folder), block_ms=30_000)
    engine = SherpaDiarizer(options, resources)
    reads = []
    samples, activity = dialogue([(number % 2, 4) for number in range(20)])
    read = samples.read

    class Watched:
        offset_ms, end_ms = samples.offset_ms, samples.end_ms

        def read(self, start_ms, end_ms):
            reads.append(end_ms - start_ms)
            return read(start_ms, end_ms)

    two = SpeakerCount(minimum=2, maximum=2)
    turns = list(engine.diarize(Watched(), activity, speakers=two))
    assert len(reads) >= 3
    assert max(reads) <= 30_000
    assert {turn.speaker for turn in turns} == {"SPEAKER_00", "SPEAKER_01"}
    starts = [turn.start_ms for turn in turns]
    assert starts == sorted(starts)
    own = [t for t in turns if (t.start_ms - 500) // 4500 % 2 == 0]  # by the first voice
    names = [turn.speaker for turn in own]
    assert names.count("SPEAKER_00") > 0.6 * len(names)


def test_gain_is_applied(engine):
    samples, activity = dialogue([(0, 4), (1, 4), (0, 4)])
    quiet = signals.ArraySamples(sound=samples.sound * np.float32(0.001), offset_ms=500)
    assert not list(engine.diarize(quiet, activity, speakers=FREE))
    import dataclasses

    louder = dataclasses.replace(activity, gain_db=60.0)
    assert list(engine.diarize(quiet, louder, speakers=FREE))


def test_wrong_folders_are_one_clear_error(folder, resources, tmp_path):
    for name, said in (("segmentation", "no segmentation"), ("embedding", "no speaker embedding")):
        part = tmp_path / name
        shutil.copytree(folder, part)
        (part / f"{name}.onnx").unlink()
        with pytest.raises(InputError, match=said):
            SherpaDiarizer(SherpaDiarizerOptions(model=str(part)), resources)
    double = tmp_path / "double"
    shutil.copytree(folder, double)
    shutil.copy(double / "embedding.onnx", double / "other.onnx")
    with pytest.raises(InputError, match="holds 2 speaker embedding graphs"):
        SherpaDiarizer(SherpaDiarizerOptions(model=str(double)), resources)


def test_a_graph_that_kills_the_library_kills_a_child_only(folder, resources, tmp_path):
    """Its C++ ends the process where a word of metadata is missing."""
    import onnx

    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    model = onnx.load(broken / "segmentation.onnx")
    kept = [item for item in model.metadata_props if item.key != "receptive_field_shift"]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    onnx.save(model, broken / "segmentation.onnx")
    with pytest.raises(InputError, match="'receptive_field_shift' does not exist") as caught:
        SherpaDiarizer(SherpaDiarizerOptions(model=str(broken)), resources)
    assert "\n" not in caught.value.message
    (broken / "segmentation.onnx").write_bytes(b"no graph")
    with pytest.raises(InputError, match="no ONNX graph"):
        SherpaDiarizer(SherpaDiarizerOptions(model=str(broken)), resources)


def test_the_trial_is_made_once(folder, resources, monkeypatch):
    calls = []
    tried = sherpa._try
    monkeypatch.setattr(sherpa, "_try", lambda *given: calls.append(given) or tried(*given))
    options = SherpaDiarizerOptions(model=str(folder))
    for _ in range(2):
        SherpaDiarizer(options, resources)
    assert len(calls) == 1


def test_names_and_the_cache(folder, resources):
    with pytest.raises(MissingError, match="about 32 MB") as caught:
        SherpaDiarizer(SherpaDiarizerOptions(), resources)
    assert caught.value.hint == "loquitur models pull sherpa-onnx:pyannote-3.0+resnet34"
    with pytest.raises(UsageError, match="pyannote-9"):
        SherpaDiarizer(SherpaDiarizerOptions(model="pyannote-9"), resources)
    home = SherpaDiarizer.location("", resources)
    (home / "segmentation").mkdir(parents=True)
    shutil.copy(folder / "segmentation.onnx", home / "segmentation" / "model.onnx")
    with pytest.raises(MissingError, match="incomplete"):
        SherpaDiarizer(SherpaDiarizerOptions(), resources)
    (home / "embedding").mkdir()
    name = "wespeaker_en_voxceleb_resnet34_LM.onnx"
    shutil.copy(folder / "embedding.onnx", home / "embedding" / name)
    identity = SherpaDiarizer.identity(SherpaDiarizerOptions(), resources)
    assert (identity.model, len(identity.model_digest)) == ("pyannote-3.0+resnet34", 64)
    assert SherpaDiarizer(SherpaDiarizerOptions(), resources)


def test_devices(folder, resources):
    if "+cuda" not in sherpa.version():
        with pytest.raises(MissingError, match="built without cuda"):
            SherpaDiarizer(SherpaDiarizerOptions(model=str(folder), device="cuda"), resources)


def test_it_lives_beside_onnxruntime(engine):
    """Each brings an ONNX Runtime of its own into the process."""
    onnxruntime = pytest.importorskip("onnxruntime")
    assert onnxruntime.get_available_providers()
    assert heard(engine, [(0, 4), (1, 4)])
