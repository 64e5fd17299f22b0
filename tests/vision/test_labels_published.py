"""YouTube-8M's own features beside what the engine `yt8m` makes: who reads what, and says so."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from loquitur.cli.main import cli
from loquitur.errors import UsageError
from loquitur.media.frames import sample
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Sampling
from loquitur.protocols import Resources
from loquitur.testing.tiny_labellers import linear_model
from loquitur.testing.tiny_yt8m import tiny_yt8m
from loquitur.vision.encoders import resolve
from loquitur.vision.labels.dataset import YOUTUBE_8M, YOUTUBE_8M_MEANS, StreamInfo
from loquitur.vision.labels.dataset_files import open_dataset, shards_of, write_dataset
from loquitur.vision.labels.modelcard import read_card
from loquitur.vision.labels.own.gathered import Gathered, StreamRows
from loquitur.vision.labels.own.likeness import check_likeness
from loquitur.vision.labels.own.making import Form, check_place, write_features
from loquitur.vision.labels.own.videos import LabelledVideo
from loquitur.vision.labels.published import NEARLY, PUBLISHED, are_close, is_near, unstamped
from loquitur.vision.labels.records.quantising import dequantise, quantise
from loquitur.vision.labels.records.shards import open_shard

MADE = EngineStamp(name="yt8m", version="1.0", model_digest="a" * 64, options="{}")
OTHER = dataclasses.replace(MADE, model_digest="b" * 64)
EYE = EngineStamp(name="descriptor", version="1")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx")
    return tiny_yt8m(tmp_path_factory.mktemp("yt8m") / "files")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of a square that moves, without sound."""
    av = pytest.importorskip("av")
    path = tmp_path_factory.mktemp("films") / "square.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for at in range(50):
            pixels = np.full((36, 64, 3), 120, np.uint8)
            pixels[12:24, at : at + 6] = (220, 10, 10)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return path


def _infos(stamp: EngineStamp | None) -> tuple[StreamInfo, ...]:
    return tuple(dataclasses.replace(one, encoder=stamp) for one in YOUTUBE_8M.streams)


def test_who_is_near_to_whom() -> None:
    assert is_near(PUBLISHED, MADE)
    assert is_near(MADE, PUBLISHED)
    for one, other in ((PUBLISHED, PUBLISHED), (MADE, OTHER), (PUBLISHED, EYE), (None, PUBLISHED)):
        assert not is_near(one, other)
    assert are_close(MADE, MADE)
    assert are_close(PUBLISHED, PUBLISHED)
    assert are_close(None, PUBLISHED), "older models say that nobody knows"
    assert are_close(PUBLISHED, None)
    assert are_close(None, None)
    for one, other in ((MADE, OTHER), (EYE, PUBLISHED), (EYE, MADE), (None, MADE), (EYE, None)):
        assert not are_close(one, other)


def test_runs_of_the_published_shards_go_on() -> None:
    """They wrote down that nobody knows the encoder; another stamp is written as it is."""
    assert tuple(map(unstamped, YOUTUBE_8M.streams)) == _infos(None)
    assert tuple(map(unstamped, _infos(MADE))) == _infos(MADE)


def test_a_model_of_the_published_shards_takes_what_is_near(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    published = read_card(linear_model(tmp_path / "published", YOUTUBE_8M.streams))
    prepared = dataclasses.replace(_infos(MADE)[0], preprocessing=_preprocessing())
    assert published.check_streams((prepared,), what="mine") == (NEARLY,)
    assert published.check_streams(YOUTUBE_8M.streams, what="shards") == ()
    assert published.check_streams(_infos(None), what="old shards") == ()
    for stamp in (EYE, dataclasses.replace(EYE, name="onnx", model_digest="c" * 64)):
        with pytest.raises(UsageError) as refused:
            published.check_streams(_infos(stamp), what="mine")
        assert refused.value.code == "LQ-OTHER-ENCODER"
    cut = dataclasses.replace(prepared, projection="d" * 64)
    with pytest.raises(UsageError, match="another projection"):
        published.check_streams((cut,), what="mine")
    made = read_card(linear_model(tmp_path / "made", _infos(MADE)))
    assert made.check_streams(_infos(MADE), what="mine") == ()
    assert made.check_streams(YOUTUBE_8M.streams, what="shards") == (NEARLY,)
    with pytest.raises(UsageError, match="files bbbbbbbb"):
        made.check_streams(_infos(OTHER), what="others")


def _preprocessing() -> Any:
    from loquitur.engines.yt8m.pictures import Yt8mPictures

    return Yt8mPictures.preprocessing


def test_features_are_held_against_the_published_ones() -> None:
    found = dataclasses.replace(_infos(MADE)[0], preprocessing=_preprocessing())
    assert check_likeness((found,), YOUTUBE_8M, what="youtube-8m") == (NEARLY,)
    with pytest.raises(UsageError, match="not 2, or otherwise prepared"):
        check_likeness((dataclasses.replace(found, rate_hz=2.0),), YOUTUBE_8M, what="youtube-8m")
    with pytest.raises(UsageError, match="encoder descriptor"):
        check_likeness(_infos(EYE), YOUTUBE_8M, what="youtube-8m")
    with pytest.raises(UsageError, match="nobody knows"):
        check_likeness(
            _infos(MADE), dataclasses.replace(YOUTUBE_8M, streams=_infos(None)), what="foreign"
        )


def _gathered(rows: np.ndarray, part: str = "train") -> Gathered:
    video = LabelledVideo(video="a.mp4", video_id="a", part=part)
    stream = StreamRows(
        encoder=MADE, dimension=rows.shape[1],
        times_ms=tuple(range(0, 1000 * len(rows), 1000)), load=partial(np.asarray, rows),
    )  # fmt: skip
    return Gathered(video=video, streams={"rgb": stream})


@pytest.mark.parametrize("quantised", [True, False])
def test_rows_in_their_form_are_kept_as_they_are(tmp_path: Path, *, quantised: bool) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (7, 1024)).astype(np.uint8)
    stored = dequantise(levels).astype(np.float16).astype(np.float32)
    streams = _infos(MADE)[:1]
    written = write_features(tmp_path, [_gathered(stored)], streams, Form(quantised=quantised))
    assert not written.projections
    info, shards = open_dataset(tmp_path)
    assert (info.streams[0].quantised, info.streams[0].projection) == (True, "")
    with open_shard(shards_of(shards, "train")[0].address, info) as shard:
        assert np.array_equal(shard.read([0]).streams["rgb"].rows, levels)
    means = tmp_path / "means"
    write_features(means, [_gathered(stored)], streams, Form(level="video"))
    info, shards = open_dataset(means)
    assert not info.streams[0].quantised
    with open_shard(shards[0].address, info) as shard:
        mean = shard.read([0]).streams["rgb"].rows[0]
    assert np.allclose(mean, dequantise(levels).mean(axis=0), atol=1e-3)
    for form in (Form(dimensions={"rgb": 8}), Form(projections={"rgb": b"another"})):
        with pytest.raises(UsageError, match="own projection already"):
            write_features(tmp_path, [_gathered(stored)], streams, form)


def test_the_published_shards_are_never_written_over(tmp_path: Path) -> None:
    for info in (YOUTUBE_8M, YOUTUBE_8M_MEANS):
        write_dataset(tmp_path, info)
        with pytest.raises(UsageError, match="holds other data"):
            check_place(tmp_path)
    write_dataset(tmp_path, dataclasses.replace(YOUTUBE_8M, streams=_infos(MADE)))
    check_place(tmp_path)


def test_videos_of_ones_own_by_a_model_of_the_published_shards(
    files: Path, film: Path, tmp_path: Path
) -> None:
    model = linear_model(tmp_path / "model", YOUTUBE_8M.streams)
    second = tmp_path / "second.mp4"
    second.write_bytes(film.read_bytes() + b"\0" * 8)
    start = ["--store", str(tmp_path / "store"), "label"]
    asked = ["predict", str(film), str(second), "--model", str(model)]
    named = ["--encoder", f"yt8m:{files}", "--audio", f"yt8m:{files}"]
    ran = CliRunner().invoke(cli, [*start, *asked, *named])
    assert ran.exit_code == 0, ran.output
    assert ran.stderr.count(NEARLY) == 1, "it is said once, not for every video"
    assert ran.stdout.count("genres:") == 2
    ran = CliRunner().invoke(cli, [*start, *asked[:2], *asked[3:], *named, "--json"])
    assert NEARLY in json.loads(ran.stdout)["warnings"]
    ran = CliRunner().invoke(cli, [*start, *asked, "--encoder", "descriptor", *named[2:]])
    assert isinstance(ran.exception, UsageError)
    assert "not of yt8m (published)" in ran.exception.message


def test_their_features_are_those_of_the_engine(files: Path, film: Path, tmp_path: Path) -> None:
    model = linear_model(tmp_path / "model", YOUTUBE_8M.streams)
    start = ["--store", str(tmp_path / "store"), "label", "features", str(film)]
    like = ["--like", str(model), "--encoder", f"yt8m:{files}", "--audio", f"yt8m:{files}"]
    ran = CliRunner().invoke(cli, [*start, "-o", str(tmp_path / "data"), *like])
    assert ran.exit_code == 0, ran.output
    assert ran.stderr.count(NEARLY) == 1
    info, shards = open_dataset(tmp_path / "data")
    resources = Resources(models=tmp_path / "models")
    load, stamp = resolve("vision", "yt8m", resources, options={"model": str(files)})
    assert info.streams == (
        dataclasses.replace(
            YOUTUBE_8M.streams[0], encoder=stamp, preprocessing=load().preprocessing
        ),
    )
    assert f"by yt8m (files {stamp.model_digest[:8]})" in ran.stderr
    with open_shard(shards[0].address, info) as shard:
        rows = shard.read([0]).streams["rgb"].rows
    frames = [one.pixels for one in sample(film, Sampling(by="rate"), isolated=False)]
    assert np.array_equal(rows, quantise(load().encode(np.concatenate(frames))))
    assert rows.shape == (5, 1024)
    lost = CliRunner().invoke(cli, [*start, "-o", str(tmp_path / "lost"), "--encoder", "yt8m"])
    assert "lacks inception.onnx" in str(lost.exception)
    refused = CliRunner().invoke(
        cli, [*start, "-o", str(tmp_path / "lost"), *like[2:], "--dimensions", "rgb=8"]
    )
    assert isinstance(refused.exception, UsageError)
    assert "own projection already" in refused.exception.message


def test_shards_that_say_nothing_of_themselves_are_published_ones(tmp_path: Path) -> None:
    rows = dequantise(np.full((3, 1024), 7, np.uint8))
    write_features(tmp_path, [_gathered(rows)], _infos(MADE)[:1], Form())
    (tmp_path / "dataset.json").unlink()
    info, _ = open_dataset(tmp_path)
    assert (info.name, info.streams) == ("youtube-8m", YOUTUBE_8M.streams[:1])
    with pytest.raises(UsageError, match="holds other data"):
        check_place(tmp_path)


@pytest.mark.parametrize("verb", ["eval", "infer"])
def test_whole_data_sets_of_features_that_are_near_are_told(tmp_path: Path, verb: str) -> None:
    pytest.importorskip("onnx")
    model = linear_model(tmp_path / "model", YOUTUBE_8M.streams[:1])
    vocabulary = read_card(model).vocabulary()
    rows = np.random.default_rng(0).uniform(-2, 2, (3, 1024)).astype(np.float32)
    one = _gathered(rows, "test")
    labelled = dataclasses.replace(
        one, video=dataclasses.replace(one.video, labels=(vocabulary.names[0],))
    )
    for name, stamp in (("near", MADE), ("published", PUBLISHED)):
        stream = dataclasses.replace(labelled.streams["rgb"], encoder=stamp)
        write_features(
            tmp_path / name, [dataclasses.replace(labelled, streams={"rgb": stream})],
            _infos(stamp)[:1], Form(), vocabulary=vocabulary,
        )  # fmt: skip
        asked = ["label", verb, str(model), "--data", str(tmp_path / name), "--part", "test"]
        ran = CliRunner().invoke(cli, asked)
        assert ran.exit_code == 0, ran.output
        assert (ran.stdout + ran.stderr).count(NEARLY) == (1 if name == "near" else 0)
