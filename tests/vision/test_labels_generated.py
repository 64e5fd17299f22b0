"""The generated data set: the same whoever draws it, noticed by the senses as it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from loquitur.cli.main import cli
from loquitur.errors import InputError, UsageError
from loquitur.vision.labels.dataset_files import open_dataset, shards_of
from loquitur.vision.labels.generated import Design, Drawing, read_design, write_sample
from loquitur.vision.labels.generated.drawing import place_of, video_id
from loquitur.vision.labels.generated.oracle import Noticing, told
from loquitur.vision.labels.generated.writing import Sample
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.vocabulary import VERTICALS
from loquitur.vision.labels.vocabulary_files import read_vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.vision.labels.examples import Examples

SMALL = Design(labels=40, rgb=24, audio=16, words=16, least_rows=20, most_rows=40)

EXPECTED = {
    False: ([219, 149, 144, 8, 144, 200], [[8, 10, 12, 30], [9]]),
    True: ([129, 63, 143, 123, 120, 167], [[0, 8, 30], [9]]),
}
"""By kin or not: six numbers of the sixth row of pictures of the first video, labels of two."""


def test_videos_do_not_depend_on_what_is_drawn_beside_them() -> None:
    one = Drawing(SMALL).examples("train", [3, 7])
    alone = Drawing(SMALL).examples("train", [7], streams=["audio"])
    assert np.array_equal(one.streams["audio"].of(1), alone.streams["audio"].of(0))
    assert np.array_equal(one.labels_of(1), alone.labels_of(0))
    other = Drawing(SMALL).examples("validate", [7])
    assert not np.array_equal(other.streams["rgb"].of(0), one.streams["rgb"].of(1))


def test_a_known_video_stays_what_it_is() -> None:
    """Another machine, another numpy: the same bytes. Change `VERSION` where this must change."""
    for kin, (row, labels) in EXPECTED.items():
        drawing = Drawing(replace(SMALL, kin=kin))
        examples = drawing.examples("train", [0, 1])
        assert examples.streams["rgb"].rows[5, :6].tolist() == row
        assert [examples.labels_of(0).tolist(), examples.labels_of(1).tolist()] == labels
        assert drawing.info(level="frame").name == f"generated-{1 + kin}-0"


def test_means_are_those_of_the_dequantised_rows() -> None:
    drawing = Drawing(SMALL)
    frames = drawing.examples("test", range(4))
    means = drawing.examples("test", range(4), level="video")
    for name, stream in frames.streams.items():
        for video in range(4):
            rows = stream.of(video).astype(np.float64) * 4 / 255 + (4 / 512 - 2)
            found = means.streams[name].of(video)
            assert len(found) == min(1, len(rows))
            if len(rows):
                assert np.allclose(found[0], rows.mean(axis=0), atol=1e-5)


def test_labels_are_spread_as_said() -> None:
    drawing = Drawing(Design(labels=200))
    casts = [drawing.cast("train", number) for number in range(1500)]
    given = np.bincount(np.concatenate([one.given for one in casts]), minlength=200)
    assert 2 < given.sum() / 1500 < 4
    assert all(len(one.given) for one in casts)
    assert given[:10].sum() > 5 * given[100:110].sum(), "the first are far more frequent"
    missed = sum(len(np.setdiff1d(one.true, one.given)) for one in casts)
    assert missed / sum(len(one.true) for one in casts) == pytest.approx(0.1, abs=0.02)
    wrong = sum(len(np.setdiff1d(one.given, one.true)) for one in casts)
    assert 0.01 < wrong / 1500 <= 0.06
    assert sum("audio" not in one.streams for one in casts) / 1500 == pytest.approx(0.08, abs=0.03)
    for one in casts:
        groups = [drawing.topics.topics[label].group for label in one.true.tolist()]
        shared = [group for group in groups if group >= 0]
        assert len(shared) == len(set(shared)), "labels that share events exclude one another"


def test_genres_are_those_of_the_vocabulary_and_go_together() -> None:
    drawing = Drawing(Design(labels=300))
    assert set(drawing.vocabulary.verticals) <= set(VERTICALS)
    topics = drawing.topics
    for number, topic in enumerate(topics.topics):
        assert topic.parent < number
        assert topic.parent < 0 or topics.topics[topic.parent].genre == topic.genre
    casts = [drawing.cast("train", number).true for number in range(400)]
    pairs = [(a, b) for true in casts for a in true for b in true if a < b]
    alike = np.mean([topics.topics[a].genre == topics.topics[b].genre for a, b in pairs])
    genres = np.bincount([topics.topics[one].genre for true in casts for one in true])
    by_chance = ((genres / genres.sum()) ** 2).sum()
    assert alike > 1.5 * by_chance


def _hot(examples: Examples, labels: int) -> NDArray[np.bool_]:
    found = np.zeros((len(examples), labels), np.bool_)
    for video in range(len(examples)):
        found[video, examples.labels_of(video)] = True
    return found


def _precision(scores: NDArray[np.float32], hot: NDArray[np.bool_]) -> float:
    """Average precision of all pairs of a video and a label."""
    right = hot.ravel()[np.argsort(-scores.ravel(), kind="stable")]
    return float((np.cumsum(right) / np.arange(1, len(right) + 1))[right].mean())


def test_each_sense_matters_and_none_is_enough() -> None:
    drawing = Drawing(SMALL)
    examples = drawing.examples("validate", range(150))
    hot = _hot(examples, 40)
    every = ("rgb", "audio", "words")
    alone = {
        name: _precision(Noticing.learnt(drawing, [name], videos=150).scores(examples), hot)
        for name in every
    }
    together = _precision(Noticing.learnt(drawing, every, videos=150).scores(examples), hot)
    ceiling = _precision(told(drawing, examples.video_ids), hot)
    prior = _precision(np.tile(hot.mean(axis=0), (150, 1)).astype(np.float32), hot)
    assert prior < min(alone.values())
    assert max(alone.values()) + 0.1 < together < ceiling
    assert ceiling < 0.97, "label noise keeps even who knows the truth below 1"


def test_ids_name_their_place() -> None:
    for part, number in (("train", 0), ("validate", 61), ("test", 62**4 + 5)):
        assert place_of(video_id(part, number)) == (part, number)
    for wrong in ("", "x0000", "t000", "t00!00", "t0000000"):
        with pytest.raises(UsageError):
            place_of(wrong)


def test_a_sample_is_written_read_and_gone_on_with(tmp_path: Path) -> None:
    sample = Sample(design=SMALL, videos=60, shards=3)
    drawn = write_sample(tmp_path, sample)
    assert drawn.videos == {"train": 48, "validate": 6, "test": 6}
    info, shards = open_dataset(tmp_path)
    assert [one.name for one in shards_of(shards, "train")] == [
        "trainaa.tfrecord", "trainab.tfrecord", "trainac.tfrecord",
    ]  # fmt: skip
    assert read_vocabulary(tmp_path / info.vocabulary_file).digest == info.vocabulary
    with open_shard(shards_of(shards, "train")[1].address, info) as shard:
        found = shard.read(range(shard.count))
    numbers = [place_of(one)[1] for one in found.video_ids]
    assert numbers == list(range(16, 32))
    drawing = Drawing(read_design(tmp_path).design)
    expected = drawing.examples("train", numbers)
    assert np.array_equal(found.labels, expected.labels)
    for name, stream in expected.streams.items():
        assert np.array_equal(found.streams[name].rows, stream.rows)
        assert np.array_equal(found.streams[name].offsets, stream.offsets)
    before = (tmp_path / "trainab.tfrecord").read_bytes()
    (tmp_path / "trainab.tfrecord").unlink()
    again = write_sample(tmp_path, sample)
    assert (again.shards, again.kept) == (1, drawn.shards - 1)
    assert (tmp_path / "trainab.tfrecord").read_bytes() == before


def test_another_data_set_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "train00.tfrecord").write_bytes(b"")
    with pytest.raises(UsageError, match="holds other data"):
        write_sample(tmp_path, Sample(design=SMALL, videos=10))
    own = tmp_path / "own"
    write_sample(own, Sample(design=SMALL, videos=10, level="video"))
    with pytest.raises(UsageError, match="another generated data set"):
        write_sample(own, Sample(design=SMALL, videos=11, level="video"))
    (own / "generated.json").write_text("{}")
    with pytest.raises(InputError):
        read_design(own)


def test_the_first_version_is_read_and_gone_on_with(tmp_path: Path) -> None:
    sample = Sample(design=replace(SMALL, kin=False), videos=10, level="video")
    write_sample(tmp_path, sample)
    path = tmp_path / "generated.json"
    document = json.loads(path.read_text())
    assert document["version"] == 1
    assert read_design(tmp_path) == sample
    assert write_sample(tmp_path, sample).shards == 0
    path.write_text(json.dumps(document | {"version": 2}))
    with pytest.raises(InputError, match="another version of the drawing"):
        read_design(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": 1},
        {"least_rows": 400},
        {"missing": 1.5},
        {"rgb": 4},
        {"seed": -1},
    ],
)
def test_figures_out_of_bounds_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        Design(**wrong)


def test_the_verb(tmp_path: Path) -> None:
    given = ["label", "data", "sample", str(tmp_path / "s"), "--videos", "20", "--seconds", "5-9"]
    given += ["--dimensions", "rgb=16,audio=8,words=8", "--jobs", "1", "--json"]
    found = CliRunner().invoke(cli, [*given, "--streams", "words,rgb"])
    assert found.exit_code == 0, found.output
    document = json.loads(found.stdout)
    assert document["streams"] == ["rgb", "words"]
    assert document["videos"] == {"train": 16, "validate": 2, "test": 2}
    for wrong, said in (
        (["--streams", "rgb,smell"], "no stream 'smell'"),
        (["--split", "1,2"], "3 whole numbers"),
        (["--dimensions", "rgb"], "such as rgb=128"),
    ):
        refused = CliRunner().invoke(cli, [*given, *wrong])
        assert isinstance(refused.exception, UsageError)
        assert said in f"{refused.exception} {refused.exception.hint}"


def test_processes_write_the_same(tmp_path: Path) -> None:
    sample = Sample(design=SMALL, videos=40, shards=2)
    write_sample(tmp_path / "one", sample)
    write_sample(tmp_path / "two", sample, workers=2)
    for path in (tmp_path / "one").glob("*.tfrecord"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.slow
def test_an_interrupt_is_one_line_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """As a terminal sends it: to the command and to its processes at once."""
    command = [sys.executable, "-m", "loquitur", "label", "data", "sample"]
    command += [
        str(tmp_path / "set"),
        "--videos",
        "60000",
        "--shards",
        "200",
        "--dimensions",
        "rgb=64",
        "--jobs",
        "2",
    ]
    for wait_s in (0.8, 1.2, 1.6, 2.5, 4):
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        time.sleep(wait_s)
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=60)
        if child.returncode == 130:
            assert said.splitlines()[-1].startswith("error: interrupted")
            assert "Traceback" not in said


def test_kin_share_their_genre() -> None:
    for kin in (True, False):
        topics = Drawing(Design(labels=100, kin=kin)).topics.topics
        groups: dict[int, set[int]] = {}
        for topic in topics:
            if topic.group >= 0:
                groups.setdefault(topic.group, set()).add(topic.genre)
        assert len(groups) > 5
        assert all(len(genres) == 1 for genres in groups.values()) is kin


def test_labels_in_order_have_the_same_means() -> None:
    """Two labels that differ in the order alone: their events take as many rows on average."""
    drawing = Drawing(Design(labels=12, rgb=32, least_rows=30, most_rows=30, kin=True))
    pair = [number for number, one in enumerate(drawing.topics.topics) if one.manner == "ordered"]
    first, second = (drawing.topics.topics[number] for number in pair)
    assert first.events == second.events[::-1]
    assert first.events[0][0] == "rgb"
    direction = drawing.sense("rgb").events[first.events[0][1]]
    along: dict[int, list[float]] = {number: [] for number in pair}
    early: dict[int, list[float]] = {number: [] for number in pair}
    for number in range(600):
        true = drawing.cast("train", number).true
        for label in set(pair) & set(true.tolist()):
            rows = drawing.examples("train", [number], streams=["rgb"]).streams["rgb"].of(0)
            shown = (rows.astype(np.float64) * 4 / 255 - 2) @ direction
            along[label].append(shown.mean())
            early[label].append(shown[:15].mean() - shown[15:].mean())
    means = [float(np.mean(along[number])) for number in pair]
    spread = float(np.std(along[pair[0]]))
    assert abs(means[0] - means[1]) < 0.5 * spread
    assert np.mean(early[pair[0]]) > 0 > np.mean(early[pair[1]])
