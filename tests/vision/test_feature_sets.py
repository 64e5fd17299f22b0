"""Feature sets on disk: made, gone on with, read back, and refused where they are damaged."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import load_file

from loquitur.errors import EngineError, InputError, StoreError, UsageError
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import FrameBatch, Preprocessing, Sampling
from loquitur.protocols import Resources
from loquitur.store import writing as disk
from loquitur.vision import clip_frames, encoders
from loquitur.vision.clips import Clip
from loquitur.vision.features import making, open_set, sets, shards, write_set
from loquitur.vision.finiteness import is_finite
from loquitur.vision.shapes.data import corpus

WHOLE = Sampling(by="key")


@pytest.fixture
def descriptor(tmp_path):
    return encoders.open_encoder("", Resources(models=tmp_path))


@pytest.fixture(scope="module")
def clips():
    return corpus(sizes={"train": 5, "test": 2}).clips


class Means:
    """An encoder of the mean of each channel; it looks at frames of several clips at once."""

    motion = False
    dimension = 3
    batch_size = 10
    preprocessing = Preprocessing(width_px=4, height_px=4)

    def __init__(self):
        self.calls = []

    def encode(self, pictures):
        self.calls.append(len(pictures))
        return pictures.mean(axis=(1, 2), dtype=np.float64).astype(np.float32)


def means(name="means"):
    return encoders.Encoder(engine=Means(), stamp=EngineStamp(name=name, version="1"), wanted=name)


def plain_frames(counts, broken=()):
    """Frames of clips by name: all of one level, as many as asked for."""

    def frames(clip):
        number = int(clip.clip_id[1:])
        for at in range(counts[number]):
            if clip.clip_id in broken and at == 2:
                raise InputError(f"{clip.clip_id}: truncated")
            pixels = np.full((1, 8, 8, 3), number, dtype=np.uint8)
            yield FrameBatch(times_ms=(at * 40,), pixels=pixels)

    return frames


@pytest.fixture
def shown(monkeypatch):
    """What clips show from now on: frames that a function of them gives."""

    def show(frames):
        monkeypatch.setattr(clip_frames, "frames_of", lambda clip, _, **__: frames(clip))

    return show


def named(count):
    return [
        Clip(clip_id=f"c{number}", video_id=f"v{number}", source=f"shapes:train/{number}")
        for number in range(count)
    ]


def test_made_read_and_gone_on_with(tmp_path, descriptor, clips):
    folder = tmp_path / "set"
    first = write_set(folder, clips[:3], descriptor, WHOLE, jobs=2)
    again = write_set(folder, [*clips, clips[0]], descriptor, WHOLE)  # which counts once
    assert (first.clips, first.frames, first.kept) == (3, 48, 0)
    assert (again.clips, again.kept, again.failures) == (4, 3, ())
    found = open_set(folder)
    assert found.clip_ids == tuple(clip.clip_id for clip in clips)
    assert found.info.encoder == descriptor.stamp
    assert found.info.preprocessing == descriptor.engine.preprocessing
    times_ms, matrix = found.get(clips[4].clip_id)
    assert times_ms.tolist()[:3] == [0, 125, 250]
    assert matrix.shape == (16, descriptor.dimension)
    assert matrix.dtype == np.float16
    from loquitur.vision.shapes.rendering import render

    alone = descriptor.engine.encode(render(clips[4].source).pixels)
    assert (matrix == alone.astype(np.float16)).all()


def test_the_same_whatever_the_jobs(tmp_path, descriptor, clips):
    one, four = tmp_path / "one", tmp_path / "four"
    write_set(one, clips, descriptor, WHOLE, jobs=1)
    write_set(four, clips, descriptor, WHOLE, jobs=4)
    name = "clips-00000.safetensors"
    assert (one / name).read_bytes() == (four / name).read_bytes()


def test_any_library_reads_a_shard(tmp_path, descriptor, clips):
    write_set(tmp_path, clips[:2], descriptor, WHOLE)
    columns = load_file(tmp_path / "clips-00000.safetensors")
    assert columns["features"].shape == (32, descriptor.dimension)
    assert columns["offsets"].tolist() == [0, 16, 32]


def test_frames_of_several_clips_are_looked_at_together(tmp_path, shown):
    counts = [3, 25, 1, 4, 4]
    encoder = means()
    shown(plain_frames(counts))
    write_set(tmp_path, named(5), encoder, WHOLE, jobs=3)
    found = open_set(tmp_path)
    for number, clip_id in enumerate(found.clip_ids):
        times_ms, matrix = found.get(clip_id)
        assert (matrix == number).all(), "each clip has its own"
        assert times_ms.tolist() == [at * 40 for at in range(counts[number])]
    assert sum(encoder.engine.calls) == 37
    assert max(encoder.engine.calls) <= 10
    assert len(encoder.engine.calls) < 8


def test_one_clip_that_fails_stops_no_other(tmp_path, shown):
    shown(plain_frames([3, 5, 3], broken={"c1"}))
    made = write_set(tmp_path, named(3), means(), WHOLE, jobs=2)
    assert [one.clip_id for one in made.failures] == ["c1"]
    assert open_set(tmp_path).clip_ids == ("c0", "c2")
    line = json.loads((tmp_path / making.FAILURES).read_text())
    assert line == {"clip": "c1", "reason": "c1: truncated"}
    shown(plain_frames([3, 5, 3]))
    mended = write_set(tmp_path, named(3), means(), WHOLE)
    assert (mended.clips, mended.kept, mended.failures) == (1, 2, ())
    assert not (tmp_path / making.FAILURES).exists()


def test_a_source_that_is_not_here_is_a_failure_of_its_clip(tmp_path, descriptor, clips):
    lost = Clip(clip_id="lost", video_id="v", source="nowhere.mp4")
    nameless = Clip(clip_id="nameless", video_id="v")
    made = write_set(tmp_path, [lost, nameless, clips[0]], descriptor, WHOLE)
    assert made.clips == 1
    assert "not here" in made.failures[0].reason
    assert "--fetch" in made.failures[0].reason
    assert "no pictures are named" in made.failures[1].reason


def test_an_interrupted_set_keeps_what_it_had(tmp_path, monkeypatch, shown):
    monkeypatch.setattr(making, "_SHARD_BYTES", 1)
    encoder = means()

    def stopping(clip):
        if clip.clip_id == "c3":
            raise KeyboardInterrupt
        return plain_frames([12] * 5)(clip)

    shown(stopping)
    with pytest.raises(KeyboardInterrupt):
        write_set(tmp_path, named(5), encoder, WHOLE)
    assert 1 <= len(open_set(tmp_path)) <= 3
    shown(plain_frames([12] * 5))
    made = write_set(tmp_path, named(5), encoder, WHOLE)
    assert made.clips + made.kept == 5
    assert len(open_set(tmp_path)) == 5
    assert not [one for one in threading.enumerate() if one.name.startswith("frames")]


def test_an_encoder_that_fails_ends_the_call(tmp_path, shown):
    encoder = means()
    encoder.engine.encode = lambda pictures: pictures[:0].mean(axis=(1, 2))
    shown(plain_frames([3, 3]))
    with pytest.raises(EngineError, match="shape"):
        write_set(tmp_path, named(2), encoder, WHOLE)


def test_nan_is_a_failure_of_its_clip(tmp_path, shown):
    encoder = means()
    encoder.engine.encode = lambda pictures: np.full((len(pictures), 3), np.nan, np.float32)
    shown(plain_frames([3]))
    made = write_set(tmp_path, named(1), encoder, WHOLE)
    assert "NaN or infinity at frame 0" in made.failures[0].reason


def test_a_clip_whose_pictures_changed_is_made_again(tmp_path, shown):
    film = tmp_path / "a.mp4"
    film.write_bytes(b"first")
    clip = Clip(clip_id="c1", video_id="v", source=str(film))
    folder = tmp_path / "set"
    shown(plain_frames([0, 3]))
    assert write_set(folder, [clip], means(), WHOLE).clips == 1
    assert write_set(folder, [clip], means(), WHOLE).clips == 0
    film.write_bytes(b"second")
    assert write_set(folder, [clip], means(), WHOLE).clips == 1
    assert open_set(folder).clip_ids == ("c1",)


def test_another_encoder_or_sampling_is_refused(tmp_path, descriptor, shown):
    shown(plain_frames([1]))
    write_set(tmp_path, named(1), means(), WHOLE)
    with pytest.raises(UsageError, match=r"encoder means .*not of descriptor"):
        write_set(tmp_path, named(1), descriptor, WHOLE)
    with pytest.raises(UsageError, match="other frames"):
        write_set(tmp_path, named(1), means(), Sampling(count=3))


def test_two_writers_at_once_are_refused(tmp_path, shown):
    handle = disk.open_lock(tmp_path / ".lock")
    assert disk.try_lock(handle)
    shown(plain_frames([1]))
    with pytest.raises(StoreError, match="another process"):
        write_set(tmp_path, named(1), means(), WHOLE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-7], "ends early"),
        (lambda data: data[:4], "no header"),
        (lambda data: b"\xff" * 8 + data[8:], "no header"),
        (lambda data: data.replace(b"feature-shard/1", b"feature-shard/9"), "schema"),
        (lambda data: data.replace(b'"F16"', b'"F99"'), "tensor of F99"),
        (lambda data: data.replace(b'"offsets":{', b'"offsetz":{'), "offsets"),
    ],
)
def test_a_damaged_shard_is_refused_in_one_line(tmp_path, change, message, shown):
    shown(plain_frames([2, 2]))
    write_set(tmp_path, named(2), means(), WHOLE)
    path = tmp_path / "clips-00000.safetensors"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=message) as caught:
        open_set(tmp_path)
    assert str(path) in str(caught.value)


def test_offsets_that_disagree_are_refused(tmp_path):
    row = shards.Row(
        clip_id="a",
        fingerprint="",
        times_ms=np.zeros(2, np.int64),
        matrix=np.zeros((2, 3), np.float16),
    )
    shards.write_shard(tmp_path / "x.safetensors", [row])
    with pytest.raises(InputError, match="does not fit its set of 4"):
        shards.read_shard(tmp_path / "x.safetensors", 4)
    data = (tmp_path / "x.safetensors").read_bytes()
    (tmp_path / "x.safetensors").write_bytes(data[:-8] + np.array([9], "<i8").tobytes())
    with pytest.raises(InputError, match="does not fit"):
        shards.read_shard(tmp_path / "x.safetensors", 3)


def test_an_index_of_something_else_is_refused(tmp_path):
    (tmp_path / sets.INDEX).write_text('{"schema": "other/1", "encoder": {}}')
    with pytest.raises(InputError, match="index of features"):
        open_set(tmp_path)
    with pytest.raises(InputError, match="holds no features"):
        open_set(tmp_path / "nothing")


def test_folders_of_npy_files_are_read_too(tmp_path):
    np.save(tmp_path / "vid1.npy", np.ones((80, 16), np.float32))
    np.save(tmp_path / "vid2.npy", np.zeros((7, 16), np.float64))
    found = open_set(tmp_path)
    assert found.info.dimension == 16
    assert found.info.sampling is None
    times_ms, matrix = found.get("vid1")
    assert times_ms is None
    assert matrix.shape == (80, 16)
    assert matrix.dtype == np.float16
    assert found.lacking(["vid1", "vid3"]) == ("vid3",)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones(16), r"\[16\], expected \[frames"),
        (np.array([[1, np.nan]]), "NaN or infinity at frame 0"),
        (np.array([[1.0, 1e6]]), "float16"),
        (np.array([["a", "b"]]), "expected"),
        (np.array([[{}, {}]], dtype=object), "no .npy file"),
    ],
)
def test_npy_files_that_are_no_sequence_are_refused_by_name(tmp_path, matrix, message):
    np.save(tmp_path / "odd.npy", matrix, allow_pickle=True)
    with pytest.raises(InputError, match=message) as caught:
        open_set(tmp_path).get("odd")
    assert "odd" in str(caught.value)


def test_a_clip_that_is_not_there_is_named_with_near_ones(tmp_path):
    np.save(tmp_path / "vid1.npy", np.ones((2, 3)))
    with pytest.raises(InputError, match="vid2") as caught:
        open_set(tmp_path).get("vid2")
    assert "vid1" in caught.value.hint


def test_mean_and_deviation_over_the_frames_of_some_clips(tmp_path):
    rng = np.random.default_rng(3)
    parts = [rng.normal(50, 2, (count, 5)) for count in (3, 40, 1)]
    for number, part in enumerate(parts):
        np.save(tmp_path / f"v{number}.npy", part)
    found = open_set(tmp_path)
    mean, std = found.statistics(["v0", "v1"])
    both = np.concatenate(parts[:2]).astype(np.float16).astype(np.float64)
    assert np.allclose(mean, both.mean(axis=0), rtol=1e-6)
    assert np.allclose(std, both.std(axis=0), rtol=1e-4)
    with pytest.raises(InputError, match="no clip"):
        found.statistics([])


def test_a_clip_is_looked_through_once(tmp_path, monkeypatch):
    looked = []
    kept = sets.is_finite
    monkeypatch.setattr(sets, "is_finite", lambda found: looked.append(1) or kept(found))
    np.save(tmp_path / "v0.npy", np.ones((2, 3), np.float16))
    np.save(tmp_path / "v1.npy", np.full((2, 3), np.inf, np.float16))
    found = open_set(tmp_path)
    assert [found.get("v0")[1].shape for _ in range(3)] == [(2, 3)] * 3
    assert looked == [1]
    for _ in range(2):
        with pytest.raises(InputError, match="v1"):
            found.get("v1")


@given(arrays(st.sampled_from([np.float16, np.float32, np.float64]), (2, 3)))
def test_finite_is_what_numpy_calls_so(matrix):
    assert is_finite(matrix) == bool(np.isfinite(matrix).all())


@pytest.mark.slow
def test_films_are_decoded_in_as_many_children_as_jobs(tmp_path, monkeypatch):
    import films

    from loquitur.media import running

    started = []
    start = running._start
    monkeypatch.setattr(running, "_start", lambda *given: started.append(1) or start(*given))
    path = films.write_film(tmp_path / "film.mp4", 12)
    several = [
        Clip(clip_id=f"c{at}", video_id=f"c{at}", source=str(path), end_ms=40 * at or None)
        for at in range(7)
    ]
    (tmp_path / "words.mp4").write_text("no film")
    several.insert(3, Clip(clip_id="w", video_id="w", source=str(tmp_path / "words.mp4")))
    made = write_set(tmp_path / "set", several, means(), Sampling(count=4), jobs=2)
    assert [one.clip_id for one in made.failures] == ["w"]
    assert (made.clips, made.frames) == (7, 28)
    assert len(started) <= 3  # one more may be asked for while another is given back
