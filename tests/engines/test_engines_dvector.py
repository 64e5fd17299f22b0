"""The d-vector engine: hostile weight files, the graph against its definition, turns of real sound.

The true weights are used where they are in the machine's model cache; otherwise the graph is
built on random ones, of the same shapes.
"""

from __future__ import annotations

import collections
import hashlib
import io
import itertools
import json
import pickle
import struct
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest

from loquitur.engines import wheels
from loquitur.engines.diarization.dvector import DVector, DVectorOptions
from loquitur.engines.ge2e import graph as ge2e
from loquitur.engines.torchfile import read_legacy
from loquitur.errors import FullError, InputError, LoquiturError, MissingError, UsageError
from loquitur.protocols import Resources, SpeakerCount
from loquitur.settings import resolve
from loquitur.testing import conformance, signals

FREE = SpeakerCount()


class _FloatStorage:
    """Stands for torch.FloatStorage in files made here."""


class _Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments, state=None):
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.reduced


def _rebuild_tensor_v2():
    """Stands for torch._utils._rebuild_tensor_v2."""


class _Stored:
    """Pickles as a persistent id."""

    def __init__(self, *pid):
        self.pid = pid


class _Pickler(pickle._Pickler):
    """Writes the names of torch for the stand-ins above."""

    def persistent_id(self, obj):
        return obj.pid if isinstance(obj, _Stored) else None

    def save_global(self, obj, name=None):
        names = {
            _FloatStorage: "torch FloatStorage",
            _rebuild_tensor_v2: "torch._utils _rebuild_tensor_v2",
        }
        if obj in names:
            self.write(b"c" + names[obj].replace(" ", "\n").encode() + b"\n")
            self.memoize(obj)
        else:
            super().save_global(obj, name)

    dispatch = pickle._Pickler.dispatch | {
        type(_FloatStorage): save_global,
        type(_rebuild_tensor_v2): save_global,
    }


def _pickled(value):
    stream = io.BytesIO()
    _Pickler(stream, protocol=2).dump(value)
    return stream.getvalue()


def _tensor(key, array, *, count=None, offset=0, shape=None, strides=None, state=None):
    steps = strides or [step // 4 for step in array.strides]
    storage = _Stored("storage", _FloatStorage, key, "cpu", count or array.size, None)
    size = array.shape if shape is None else shape
    arguments = (storage, offset, tuple(size), tuple(steps), False, collections.OrderedDict())
    return _Call(_rebuild_tensor_v2, *arguments, state=state)


def _file(state, arrays, *, magic=0x1950A86A20F9469CFC6C, tail=None):
    """A legacy torch file of `state`, with the numbers of `arrays` by key."""
    parts = [
        _pickled(magic),
        _pickled(1001),
        _pickled({"protocol_version": 1001, "little_endian": True, "type_sizes": {}}),
        _pickled({"step": 7, "model_state": state}),
        _pickled(sorted(arrays)),
    ]
    for key in sorted(arrays):
        data = arrays[key].astype("<f4").tobytes()
        parts.append(struct.pack("<q", arrays[key].size) + data)
    return b"".join(parts) if tail is None else b"".join(parts)[:tail]


@pytest.fixture(scope="module")
def state():
    """Random weights under torch's names."""
    rng = np.random.default_rng(5)

    def draw(*shape):
        return (rng.standard_normal(shape) * 0.15).astype(np.float32)

    found = {"linear.weight": draw(256, 256), "linear.bias": draw(256)}
    for layer in range(3):
        found[f"lstm.weight_ih_l{layer}"] = draw(1024, 256 if layer else 40)
        found[f"lstm.weight_hh_l{layer}"] = draw(1024, 256)
        found[f"lstm.bias_ih_l{layer}"] = draw(1024)
        found[f"lstm.bias_hh_l{layer}"] = draw(1024)
    return found


@pytest.fixture(scope="module")
def resources(state, tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    ge2e.install(models, ge2e.build_graph(state), b"licence")
    return Resources(models=models)


@pytest.fixture(scope="module")
def engine(resources):
    return DVector(DVectorOptions(), resources)


# The weights file.


def test_reads_tensors_with_offsets_and_strides():
    whole = np.arange(24, dtype=np.float32)
    arrays = {"a": whole, "b": np.array([3.5], np.float32), "unused": np.zeros(5, np.float32)}
    content = _file(
        {
            "rows": _tensor("a", whole, offset=4, shape=(2, 3), strides=(3, 1)),
            "turned": _tensor("a", whole, offset=0, shape=(3, 2), strides=(1, 3)),
            "one": _tensor("b", arrays["b"]),
        },
        arrays,
    )
    found = read_legacy(content)
    assert found["rows"].tolist() == [[4, 5, 6], [7, 8, 9]]
    assert found["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found["one"].tolist() == [3.5]
    assert found["rows"].flags.owndata


def _hostile():
    array = np.zeros(4, np.float32)
    arrays = {"a": array}
    yield "a system call", _file({"x": _Call(subprocess.getoutput, "true")}, arrays)
    yield "eval", _file({"x": _Call(eval, "1")}, arrays)
    yield "a name alone", _file({"x": io.BytesIO}, arrays)
    yield "reads beyond its storage", _file({"x": _tensor("a", array, shape=(5,))}, arrays)
    yield "a long stride", _file({"x": _tensor("a", array, strides=(1 << 20,))}, arrays)
    yield "a negative offset", _file({"x": _tensor("a", array, offset=-1)}, arrays)
    yield "a negative stride", _file({"x": _tensor("a", array, strides=(-1,))}, arrays)
    stretched = _tensor("a", array, shape=(4000, 4000), strides=(0, 0))
    yield "a bomb of strides", _file({"x": stretched}, arrays)
    yield "a huge storage", _file({"x": _tensor("a", array, count=1 << 40)}, arrays)
    yield "a size that is a lie", _file({"x": _tensor("a", array, count=3, shape=(3,))}, arrays)
    altered = _tensor("a", array, state=[("a", 1 << 40), 0, (1 << 30,), (1,)])
    yield "state set on a tensor", _file({"x": altered}, arrays)
    yield "a key that is not there", _file({"x": _tensor("b", array)}, arrays)
    yield "another magic number", _file({"x": _tensor("a", array)}, arrays, magic=1)
    yield "cut in the numbers", _file({"x": _tensor("a", array)}, arrays, tail=-3)
    yield "cut in a pickle", _file({"x": _tensor("a", array)}, arrays, tail=90)
    yield "nothing", b""
    yield "a zip", b"PK\x03\x04" + bytes(100)
    yield "a memo index of four thousand million", b"\x80\x02Nr\xf0\xff\xff\xff."
    yield "a byte array of a terabyte", b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"."
    yield "an object by NEWOBJ", b"\x80\x02cbuiltins\nobject\n)\x81."


@pytest.mark.parametrize(
    "content", [pytest.param(content, id=name) for name, content in _hostile()]
)
def test_hostile_files_are_refused(content):
    with pytest.raises(InputError):
        read_legacy(content)


def test_no_damaged_file_gets_past_the_error_tree():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    sound = _file({"x": _tensor("a", array)}, {"a": array})
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(400):
        damaged = bytearray(sound)
        for position in rng.integers(0, len(damaged), int(rng.integers(1, 4))):
            damaged[position] = int(rng.integers(0, 256))
        try:
            read_legacy(bytes(damaged))
        except InputError:
            refused += 1
    assert refused > 200


# The graph.


def _sigmoid(value):
    return 1.0 / (1.0 + np.exp(-value))


def _encoder(state, mels):
    """The encoder by definition, in double precision: torch's gate order i, f, g, o."""
    steps = mels.astype(np.float64)
    for layer in range(3):
        names = (f"lstm.{part}_l{layer}" for part in ("weight_ih", "weight_hh"))
        w, r = (state[name].astype(np.float64) for name in names)
        bias = state[f"lstm.bias_ih_l{layer}"] + state[f"lstm.bias_hh_l{layer}"]
        hidden = np.zeros((len(mels), 256))
        cell = np.zeros((len(mels), 256))
        heard = []
        for step in range(steps.shape[1]):
            i, f, g, o = np.split(steps[:, step] @ w.T + hidden @ r.T + bias, 4, axis=1)
            cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(g)
            hidden = _sigmoid(o) * np.tanh(cell)
            heard.append(hidden)
        steps = np.stack(heard, axis=1)
    raw = np.maximum(hidden @ state["linear.weight"].T + state["linear.bias"], 0.0)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def test_graph_is_the_encoder(state, engine):
    mels = np.random.default_rng(1).random((3, 30, 40)).astype(np.float32)
    np.testing.assert_allclose(engine._encoder.embed(mels), _encoder(state, mels), atol=2e-6)


def test_graph_bytes_are_always_the_same(state, resources):
    again = ge2e.build_graph(dict(reversed(state.items())))
    assert again == ge2e.graph_path(resources.models).read_bytes()


@pytest.mark.parametrize("wrong", ["missing", "shape", "nan"])
def test_wrong_weights(state, wrong):
    bad = dict(state)
    if wrong == "missing":
        del bad["linear.bias"]
    elif wrong == "shape":
        bad["lstm.weight_ih_l0"] = np.zeros((1024, 41), np.float32)
    else:
        bad["linear.weight"] = np.full((256, 256), np.nan, np.float32)
    with pytest.raises(InputError, match="weight"):
        ge2e.build_graph(bad)


# The model cache.


def test_absent_damaged_or_unreadable_model(resources, tmp_path):
    options = DVectorOptions()
    empty = Resources(models=tmp_path / "none")
    for ask in (DVector.identity, DVector):
        with pytest.raises(MissingError) as caught:
            ask(options, empty)
        assert caught.value.hint == "loquitur models pull dvector"
    content = ge2e.graph_path(resources.models).read_bytes()
    ge2e.install(tmp_path, content, b"licence")
    here = Resources(models=tmp_path)
    path = ge2e.graph_path(tmp_path)
    digest = hashlib.sha256(content).hexdigest()
    assert DVector.identity(options, here).model_digest == digest
    path.write_bytes(content[:-1] + b"x")
    with pytest.raises(MissingError, match="damaged"):
        DVector(options, here)
    path.write_bytes(content)
    path.with_suffix(".json").write_text("[]")
    with pytest.raises(MissingError, match="cannot be read"):
        DVector(options, here)


def test_a_graph_that_is_none(tmp_path):
    ge2e.install(tmp_path, b"not a graph", b"licence")
    with pytest.raises(MissingError) as caught:
        DVector(DVectorOptions(), Resources(models=tmp_path))
    assert "loquitur models pull" in caught.value.hint


def test_pull_offline_says_what_to_type(tmp_path):
    with pytest.raises(MissingError) as caught:
        DVector.pull("", Resources(models=tmp_path, offline=True), print)
    assert "loquitur models pull dvector" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_pull_without_pip(tmp_path, monkeypatch):
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match="pip"):
        DVector.pull("", Resources(models=tmp_path, offline=False), lambda line: None)


def test_pull_without_an_index(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    told = []
    with pytest.raises(MissingError, match=r"did not bring Resemblyzer==0\.1\.4") as caught:
        DVector.pull("", Resources(models=tmp_path, offline=False), told.append)
    assert "loquitur models pull dvector" in caught.value.hint
    assert "15.7 MB" in told[0]
    assert list(tmp_path.iterdir()) == []


def test_pull_keeps_what_is_there(resources):
    told = []
    DVector.pull("ge2e", resources, told.append)
    assert told == ["dvector: already there"]
    with pytest.raises(UsageError):
        DVector.pull("resnet", resources, told.append)


@pytest.fixture
def index(state, tmp_path, monkeypatch):
    """A folder that pip takes for its index, with a wheel that holds the random weights."""
    arrays = {name: np.ascontiguousarray(array) for name, array in state.items()}
    weights = _file({name: _tensor(name, array) for name, array in arrays.items()}, arrays)
    folder = tmp_path / "index"
    folder.mkdir()
    wheel = folder / "Resemblyzer-0.1.4-py3-none-any.whl"
    info = "Resemblyzer-0.1.4.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("resemblyzer/pretrained.pt", weights)
        archive.writestr(f"{info}/LICENSE", "Apache License")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: Resemblyzer\nVersion: 0.1.4\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return wheel


def test_pull_through_pip(index, state, tmp_path, monkeypatch):
    pinned = hashlib.sha256(index.read_bytes()).hexdigest()
    monkeypatch.setattr(ge2e, "WHEEL_SHA256", pinned)
    resources = Resources(models=tmp_path / "models", offline=False)
    told = []
    DVector.pull("", resources, told.append)
    folder = DVector.location("", resources)
    assert sorted(path.name for path in folder.iterdir()) == ["LICENSE", "ge2e.json", "ge2e.onnx"]
    assert ge2e.graph_path(resources.models).read_bytes() == ge2e.build_graph(state)
    note = json.loads((folder / "ge2e.json").read_text())
    assert pinned in note["source"]
    assert "Apache-2.0" in note["licence"]
    assert "resemblyzer" not in sys.modules
    ge2e.graph_path(resources.models).write_bytes(b"damaged")
    DVector.pull("", resources, told.append)  # what is damaged is brought again
    assert DVector.identity(DVectorOptions(), resources).model_digest == note["sha256"]


def test_pull_refuses_another_wheel(index, tmp_path):
    resources = Resources(models=tmp_path / "models", offline=False)
    with pytest.raises(LoquiturError, match=r"did not bring"):
        DVector.pull("", resources, lambda line: None)
    assert not resources.models.exists()
    with pytest.raises(InputError, match="pinned"):
        wheels.unpack(index, ge2e.wheel())


def test_installs_side_by_side(resources, tmp_path):
    content = ge2e.graph_path(resources.models).read_bytes()
    failures = []

    def install():
        try:
            for _ in range(5):
                ge2e.install(tmp_path, content, b"licence")
                ge2e.checked_digest(tmp_path)
        except LoquiturError as exc:
            failures.append(exc)

    threads = [threading.Thread(target=install) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(list(ge2e.graph_path(tmp_path).parent.iterdir())) == 3


def test_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "dvector").write_text("a file where a folder should be")
    with pytest.raises(FullError, match="cannot be written"):
        ge2e.install(tmp_path, b"", b"")


# The engine.


def test_conforms(engine, resources):
    conformance.check_engine(DVector, DVectorOptions(), resources)
    conformance.check_diarizer(engine)


@pytest.mark.parametrize(
    "wrong", [{"window_ms": 100}, {"hop_ms": 0}, {"caution": 0.0}, {"model": "x"}]
)
def test_wrong_options(wrong):
    with pytest.raises(ValueError, match=r"window_ms|caution|model"):
        DVectorOptions(**wrong)


def _dialogue(offset_ms=0):
    """Two made voices, 3 s each in turn."""
    parts = [signals.voice(3000, f0_hz=(105.0, 235.0)[index % 2], seed=index) for index in range(6)]
    samples = signals.ArraySamples(sound=np.concatenate(parts), offset_ms=offset_ms)
    spans = [(offset_ms, offset_ms + 18_000)]
    return samples, signals.activity(spans, duration_ms=18_000, offset_ms=offset_ms)


def test_turns_cover_the_speech(engine):
    samples, activity = _dialogue(offset_ms=1500)
    turns = list(engine.diarize(samples, activity, speakers=SpeakerCount(minimum=2, maximum=2)))
    assert {turn.speaker for turn in turns} == {"SPEAKER_00", "SPEAKER_01"}
    assert turns[0].speaker == "SPEAKER_00"
    assert (turns[0].start_ms, turns[-1].end_ms) == (1500, 19_500)
    for one, other in itertools.pairwise(turns):
        assert one.end_ms == other.start_ms


def test_times_are_media_time(engine):
    plain, shifted = (
        list(engine.diarize(*_dialogue(offset_ms=offset), speakers=FREE)) for offset in (0, 4000)
    )
    assert [(t.start_ms + 4000, t.end_ms + 4000, t.speaker) for t in plain] == [
        (t.start_ms, t.end_ms, t.speaker) for t in shifted
    ]


@pytest.mark.parametrize("length_ms", [128, 300, 1000])
def test_short_speech(engine, length_ms):
    samples = signals.ArraySamples(sound=signals.voice(length_ms))
    activity = signals.activity([(0, length_ms)], duration_ms=length_ms)
    (turn,) = engine.diarize(samples, activity, speakers=FREE)
    assert (turn.start_ms, turn.end_ms, turn.score) == (0, length_ms, None)


@pytest.mark.parametrize("sound", [signals.silence(4000), signals.tone(4000)])
def test_nobody_speaks(engine, sound):
    samples = signals.ArraySamples(sound=sound)
    activity = signals.activity([], duration_ms=4000)
    assert list(engine.diarize(samples, activity, speakers=SpeakerCount(minimum=2))) == []


def test_speech_that_is_silence(engine):
    """Activity over digital silence: embeddings that are all alike are one speaker."""
    samples = signals.ArraySamples(sound=signals.silence(5000))
    activity = signals.activity([(0, 5000)], duration_ms=5000)
    turns = list(engine.diarize(samples, activity, speakers=FREE))
    assert {turn.speaker for turn in turns} == {"SPEAKER_00"}


def test_many_windows_are_thinned(resources):
    samples, activity = _dialogue()
    coarse = DVector(DVectorOptions(hop_ms=50, most_windows=100), resources)
    turns = list(coarse.diarize(samples, activity, speakers=SpeakerCount(minimum=2)))
    starts = {turn.start_ms % 200 for turn in turns}
    assert starts == {0}  # 18 s in at most 100 windows of a multiple of 50 ms: 200 ms


# The true weights.


@pytest.mark.slow
def test_two_voices_of_the_sample(sample, tmp_path):
    """The repository's clip, by the true weights: right number of speakers, DER below 0.15."""
    metrics = pytest.importorskip("pyannote.metrics.diarization")
    core = pytest.importorskip("pyannote.core")
    resources = Resources(models=resolve().settings.models)
    try:
        engine = DVector(DVectorOptions(), resources)
    except MissingError as exc:
        pytest.skip(f"needs a model: {exc}")
    samples, activity = _listened(sample, tmp_path)
    truth, found = core.Annotation(), core.Annotation()
    for row, line in enumerate(sample.with_suffix(".rttm").read_text().splitlines()):
        start_s, length_s = map(float, line.split()[3:5])
        truth[core.Segment(start_s, start_s + length_s), row] = line.split()[7]
    for row, turn in enumerate(engine.diarize(samples, activity, speakers=FREE)):
        found[core.Segment(turn.start_ms / 1000, turn.end_ms / 1000), row] = turn.speaker
    whole = core.Timeline([core.Segment(0, samples.end_ms / 1000)])
    rate = metrics.DiarizationErrorRate(collar=0.5)
    assert len(found.labels()) == len(truth.labels()) == 2
    assert rate(truth, found, uem=whole) < 0.15


def _listened(path, folder):
    """Decoded sound of a file, and its voice activity."""
    from loquitur.engines.vad.silero import Silero, SileroOptions
    from loquitur.media.audio import decode
    from loquitur.media.pcm import MappedSamples
    from loquitur.model.media import Audio
    from loquitur.model.speech import Activity, EngineStamp
    from loquitur.speech.loudness import apply, level_gain_db

    target = folder / "sound.pcm"
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
    gain_db = level_gain_db(samples.blocks(32_000))
    detector = Silero(SileroOptions(), Resources(models=folder))
    pieces = detector.detect(apply(block, gain_db) for block in samples.blocks(32_000))
    probabilities = b"".join(np.rint(p * 255).astype(np.uint8).tobytes() for p in pieces)
    return samples, Activity(
        frame_ms=32,
        offset_ms=samples.offset_ms,
        probabilities=probabilities,
        gain_db=gain_db,
        engine=EngineStamp(name="silero", version=""),
    )
