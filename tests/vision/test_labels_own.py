"""Label data of one's own videos: words as rows, features written, read and refused."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from loquitur.cli.main import cli
from loquitur.engines.embedding.hashing import Hashing, HashingOptions
from loquitur.errors import FullError, InputError, UsageError
from loquitur.model.speech import EngineStamp, Word
from loquitur.protocols import Resources
from loquitur.video_features import features_of
from loquitur.vision.labels.dataset import StreamInfo
from loquitur.vision.labels.dataset_files import open_dataset, shards_of
from loquitur.vision.labels.own.gathered import Gathered, StreamRows
from loquitur.vision.labels.own.making import Form, write_features
from loquitur.vision.labels.own.projection import projections_in, read_projection
from loquitur.vision.labels.own.videos import LabelledVideo
from loquitur.vision.labels.own.words import Cut, encode_pieces, pieces
from loquitur.vision.labels.records.quantising import dequantise
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.vocabulary import LabelVocabulary

CAPTIONS = """1
00:00:00,000 --> 00:00:01,000
A long tone.

2
00:00:01,000 --> 00:00:02,000
Still there.
"""
EYE = EngineStamp(name="descriptor", version="1")
EAR = EngineStamp(name="logmel", version="1")
STREAMS = (
    StreamInfo(name="rgb", dimension=6, encoder=EYE),
    StreamInfo(name="audio", dimension=4, encoder=EAR),
)


def _words(*texts: str, gap_ms: int = 300) -> list[Word]:
    return [
        Word(start_ms=at * gap_ms, end_ms=at * gap_ms + 200, text=text)
        for at, text in enumerate(texts)
    ]


def test_phrases_end_with_sentences_pauses_and_twelve_words() -> None:
    said = pieces(_words("Hello", 'there."', "And", "on"), Cut())
    assert [one.text for one in said] == ['Hello there."', "And on"]
    assert (said[1].start_ms, said[1].end_ms) == (600, 1100)
    assert len(pieces(_words(*"abcdefghijklmnopqrstuvwxyz"), Cut())) == 3
    assert len(pieces(_words("a", "b", gap_ms=1300), Cut())) == 2
    assert [one.text for one in pieces(_words("a", "b"), Cut(by="word"))] == ["a", "b"]


def test_titles_are_rows_only_where_asked_for() -> None:
    words = _words("a")
    assert len(pieces(words, Cut(), title="T", description="D")) == 1
    said = pieces(words, Cut(title=True, description=True), title=" T \n t", description="")
    assert [(one.text, one.start_ms) for one in said] == [("T t", 0), ("a", 0)]


def test_a_cut_is_named_and_known_again() -> None:
    for cut in (Cut(), Cut(by="word", title=True), Cut(title=True, description=True)):
        assert Cut.of(str(cut)) == cut
    assert Cut.of("") == Cut()
    for wrong in ("letters", "phrase+tags"):
        with pytest.raises(InputError):
            Cut.of(wrong)


def test_rows_of_words_are_those_of_the_engine(tmp_path: Path) -> None:
    engine = Hashing(HashingOptions(model="128"), Resources(models=tmp_path))
    said = pieces(_words("a", "boat."), Cut())
    rows = encode_pieces(engine, said)
    assert np.array_equal(rows.vectors, engine.encode(["a boat."], role="passage"))
    assert encode_pieces(engine, ()).vectors.shape == (0, 128)


def _stream(matrix: np.ndarray, stamp: EngineStamp) -> StreamRows:
    return StreamRows(
        encoder=stamp,
        dimension=matrix.shape[1],
        times_ms=tuple(range(0, 1000 * len(matrix), 1000)),
        load=partial(np.asarray, matrix),
    )


def _gathered(count: int = 6, *, seed: int = 0) -> list[Gathered]:
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        video = LabelledVideo(
            video=f"{number}.mp4", video_id=f"v{number}", labels=("b", "a")[: 1 + number % 2],
            part=("train", "train", "validate", "train", "test", "train")[number % 6],
            title=f"Video {number}",
        )  # fmt: skip
        streams = {"rgb": _stream(rng.normal(3, 2, (5 + number, 6)).astype(np.float32), EYE)}
        if number != 1:
            streams["audio"] = _stream(rng.normal(0, 1, (4, 4)).astype(np.float32), EAR)
        found.append(Gathered(video=video, streams=streams))
    return found


def test_a_data_set_is_written_and_read(tmp_path: Path) -> None:
    gathered = _gathered()
    vocabulary = LabelVocabulary.of(["a", "b"])
    written = write_features(tmp_path, gathered, STREAMS, Form(shards=2), vocabulary=vocabulary)
    assert written.videos == {"train": 4, "validate": 1, "test": 1}
    assert written.absent == {"rgb": 0, "audio": 1}
    info, shards = open_dataset(tmp_path)
    assert info == written.info
    assert [one.encoder for one in info.streams] == [EYE, EAR]
    assert info.vocabulary == vocabulary.digest
    assert [one.name for one in shards_of(shards, "train")] == [
        "trainaa.tfrecord", "trainab.tfrecord",
    ]  # fmt: skip
    projection = read_projection(projections_in(tmp_path, info)["rgb"])
    with open_shard(shards_of(shards, "train")[0].address, info) as shard:
        found = shard.read(range(shard.count))
    assert found.video_ids == ("v0", "v1")
    assert found.labels_of(0).tolist() == [1]
    assert found.labels_of(1).tolist() == [0, 1]
    assert found.streams["audio"].lengths.tolist() == [4, 0]
    assert found.texts["title"] == ("Video 0", "Video 1")
    rows = dequantise(found.streams["rgb"].of(0))
    assert np.abs(rows - projection.apply(gathered[0].streams["rgb"].load())).max() < 0.016


def test_nothing_of_validation_and_test_is_fitted(tmp_path: Path) -> None:
    plain = write_features(tmp_path / "a", _gathered(), STREAMS, Form(), vocabulary=None)
    other = _gathered()
    for number in (2, 4):
        wild = np.full((5, 6), 1000, np.float32)
        other[number] = Gathered(video=other[number].video, streams={"rgb": _stream(wild, EYE)})
    again = write_features(tmp_path / "b", other, STREAMS, Form(), vocabulary=None)
    assert again.info.streams[0].projection == plain.info.streams[0].projection


def test_components_means_and_plain_numbers(tmp_path: Path) -> None:
    form = Form(level="video", dimensions={"rgb": 2})
    written = write_features(tmp_path / "means", _gathered(), STREAMS, form)
    assert [one.dimension for one in written.info.streams] == [2, 4]
    info, shards = open_dataset(tmp_path / "means")
    with open_shard(shards_of(shards, "test")[0].address, info) as shard:
        found = shard.read(range(shard.count))
    projection = written.projections["rgb"]
    mean = projection.apply(_gathered()[4].streams["rgb"].load()).mean(axis=0)
    assert np.allclose(found.streams["rgb"].of(0)[0], mean, atol=1e-6)
    plain = write_features(tmp_path / "plain", _gathered(), STREAMS, Form(quantised=False))
    info, shards = open_dataset(tmp_path / "plain")
    assert not any(one.projection for one in plain.info.streams)
    with open_shard(shards_of(shards, "test")[0].address, info) as shard:
        found = shard.read(range(shard.count))
    assert np.array_equal(found.streams["rgb"].of(0), _gathered()[4].streams["rgb"].load())


def test_a_projection_is_taken_along(tmp_path: Path) -> None:
    first = write_features(tmp_path / "a", _gathered(), STREAMS, Form(dimensions={"rgb": 3}))
    files = projections_in(tmp_path / "a", first.info)
    later = [one for one in _gathered(seed=5) if one.video.part == "test"]
    second = write_features(tmp_path / "b", later, STREAMS, Form(projections=files))
    assert [one.projection for one in second.info.streams] == [
        one.projection for one in first.info.streams
    ]
    wide = (StreamInfo(name="rgb", dimension=7, encoder=EYE),)
    with pytest.raises(InputError, match="reads 6 numbers"):
        write_features(tmp_path / "c", later, wide, Form(projections=files))
    (tmp_path / "a" / "projection-rgb.safetensors").write_bytes(files["audio"])
    with pytest.raises(InputError, match="not the projection"):
        projections_in(tmp_path / "a", first.info)


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    mixed = _gathered()
    mixed[3] = Gathered(
        video=mixed[3].video, streams={"rgb": _stream(np.ones((2, 6), np.float32), EAR)}
    )
    with pytest.raises(UsageError, match="are of the encoder"):
        write_features(tmp_path / "a", mixed, STREAMS, Form())
    with pytest.raises(InputError, match="no video has anything"):
        write_features(tmp_path / "a", [], STREAMS, Form())
    with pytest.raises(InputError, match="'b'"):
        write_features(
            tmp_path / "a", _gathered(), STREAMS, Form(), vocabulary=LabelVocabulary.of(["a"])
        )
    untrained = [one for one in _gathered() if one.video.part != "train"]
    with pytest.raises(InputError, match="'rgb': nothing to fit"):
        write_features(tmp_path / "a", untrained, STREAMS, Form())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "train00.tfrecord").write_bytes(b"x")
    with pytest.raises(UsageError, match="holds other data"):
        write_features(tmp_path / "other", _gathered(), STREAMS, Form())
    assert (tmp_path / "other" / "train00.tfrecord").read_bytes() == b"x"


def test_a_smaller_data_set_leaves_no_shard_of_the_larger(tmp_path: Path) -> None:
    write_features(tmp_path, _gathered(), STREAMS, Form(shards=3))
    write_features(tmp_path, _gathered(4), STREAMS, Form(shards=1))
    _, shards = open_dataset(tmp_path)
    assert [one.name for one in shards] == ["trainaa.tfrecord", "validateaa.tfrecord"]
    assert not list(tmp_path.glob(".making*"))


@pytest.fixture
def clip(shared: Path) -> Path:
    return shared / "media" / "video" / "testsrc2.mp4"


def test_the_verb(clip: Path, shared: Path, tmp_path: Path) -> None:
    """Pictures of one video, sound of another, words of a file; one that is not there is told."""
    sound = shared / "media" / "audio" / "sine_mono_s32_8000.wav"
    said = tmp_path / "said"
    said.mkdir()
    (said / "tone.srt").write_text(CAPTIONS, "utf-8")
    table = tmp_path / "videos.csv"
    table.write_text(
        "video,video_id,labels,part,title\n"
        f"{clip},pattern,Test|Pattern,train,A pattern\n"
        f"{sound},tone,Test,train,\n"
        "gone.mp4,gone,Pattern,train,\n",
        "utf-8",
    )
    place = ["--store", str(tmp_path / "store"), "label", "features", str(table)]
    place += ["-o", str(tmp_path / "data"), "--transcript", str(said), "--json"]
    ran = CliRunner().invoke(cli, place)
    assert ran.exit_code == 4, ran.output
    document = json.loads(ran.stdout)
    assert document["videos"] == {"train": 2, "validate": 0, "test": 0}
    assert [(one["name"], one["absent"]) for one in document["streams"]] == [
        ("rgb", 1), ("audio", 1), ("words", 1),
    ]  # fmt: skip
    assert [one["video_id"] for one in document["failures"]] == ["gone"]
    info, shards = open_dataset(tmp_path / "data")
    assert [stream.name for stream in info.streams] == ["rgb", "audio", "words"]
    with open_shard(shards[0].address, info) as shard:
        found = shard.read(range(shard.count))
    assert found.streams["words"].lengths.tolist() == [0, 2]
    assert found.labels_of(0).tolist() == [0, 1]
    again = CliRunner().invoke(cli, place)
    assert json.loads(again.stdout) == document


def test_a_place_that_is_taken_is_told_before_a_video_is_looked_at(
    clip: Path, tmp_path: Path
) -> None:
    taken, store = tmp_path / "taken", tmp_path / "store"
    taken.write_bytes(b"mine")
    asked = ["label", "features", str(clip), "-o", str(taken), "--transcript", "none"]
    done = CliRunner().invoke(cli, ["--store", str(store), *asked])
    assert isinstance(done.exception, FullError)
    assert taken.read_bytes() == b"mine"
    assert not store.exists()


def test_videos_without_labels_keep_their_numbers(clip: Path, tmp_path: Path) -> None:
    place = ["--store", str(tmp_path / "store"), "label", "features", str(clip)]
    place += ["-o", str(tmp_path / "data"), "--transcript", "none", "--audio", "none", "--json"]
    ran = CliRunner().invoke(cli, place)
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.stdout)
    assert document["videos"] == {"train": 0, "validate": 0, "test": 1}
    assert document["labels"] == 0
    assert not document["streams"][0]["quantised"]
    refused = CliRunner().invoke(cli, [*place, "--projection", "fit"])
    assert isinstance(refused.exception, UsageError)


def test_features_are_made_like_those_of_a_data_set(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--like`, and `features_of`: the very rows; what is made otherwise is refused."""
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    table = tmp_path / "videos.csv"
    table.write_text(f"video,video_id,labels,part\n{clip},pattern,Test,train\n", "utf-8")
    first = ["label", "features", str(table), "-o", str(tmp_path / "first"), "--transcript", "none"]
    ran = CliRunner().invoke(cli, [*first, "--rate", "4", "--dimensions", "rgb=3"])
    assert ran.exit_code == 0, ran.output
    like = ["label", "features", str(table), "-o", str(tmp_path / "second"), "--like"]
    like += [str(tmp_path / "first"), "--json"]
    ran = CliRunner().invoke(cli, like)
    assert ran.exit_code == 0, ran.output
    info, shards = open_dataset(tmp_path / "first")
    again, others = open_dataset(tmp_path / "second")
    assert again.streams == info.streams
    assert again.vocabulary == info.vocabulary
    rows = []
    for one, what in ((shards[0], info), (others[0], again)):
        with open_shard(one.address, what) as shard:
            rows.append(shard.read([0]).streams["rgb"].rows)
    found = features_of([clip], info, projections=projections_in(tmp_path / "first", info))
    assert np.array_equal(rows[0], rows[1])
    assert np.array_equal(rows[0], found.streams["rgb"].rows)
    for wrong, said in (
        (["--encoder", "things"], "encoder things"),
        (["--rate", "2"], "at once"),
    ):
        refused = CliRunner().invoke(cli, [*like, *wrong])
        assert isinstance(refused.exception, UsageError), wrong
        assert said in str(refused.exception), wrong
