"""Measures of labels beyond memory: the same figures, nothing lost, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import FullError, InputError, StoreError
from loquitur.evaluation.labels import Evaluator, LabelScores, ranking
from loquitur.evaluation.labels.areas import Area
from loquitur.evaluation.labels.columns import padded
from loquitur.evaluation.labels.pool import Pooled
from loquitur.evaluation.labels.runs import Level, sorted_stretches
from loquitur.evaluation.labels.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

CLASSES, GENRES = 37, 3
MEMBERS = np.random.default_rng(1).random((CLASSES, GENRES)) < 0.4
TINY_MB = 0.002
"""500 bytes are kept, and a stretch has 15 predictions."""


def evaluator(memory_mb: float = 1000, folder: Path | None = None) -> Evaluator:
    """With genres."""
    return Evaluator(
        CLASSES,
        verticals=("A", "B", "C"),
        vertical_matrix=MEMBERS,
        memory_mb=memory_mb,
        folder=folder,
    )


def lists(
    videos: int, seed: int, levels: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Predicted labels, their scores, what holds; of few levels there are many ties."""
    rng = np.random.default_rng(seed)
    every = np.tile(np.arange(CLASSES), (videos, 1))
    predicted = rng.permuted(every, axis=1)[:, :25]
    predicted[rng.random(predicted.shape) < 0.2] = -1
    scores = rng.random(predicted.shape)
    if levels:
        scores = np.round(scores * levels) / levels
    labels = padded([rng.integers(0, CLASSES, rng.integers(0, 5)).tolist() for _ in range(videos)])
    return predicted, scores.astype(np.float32), labels


def give(
    into: Evaluator, given: tuple[NDArray[Any], NDArray[Any], NDArray[Any]], step: int
) -> Evaluator:
    """Some videos at a time."""
    for first in range(0, len(given[0]), step):
        into.add_lists(*(one[first : first + step] for one in given))
    return into


def plain(found: LabelScores) -> tuple[list[float], list[int]]:
    """Every figure of it; and every count."""
    calibration = found.calibration
    assert calibration is not None
    figures = [
        *found.figures().values(),
        *found.precision_at.values(),
        *found.recall_at.values(),
        *(np.nan if one.gap is None else one.gap for one in found.verticals),
        *(np.nan if one.map is None else one.map for one in found.verticals),
        *found.average_precision.tolist(),
    ]
    counts = [found.videos, found.unlabelled, found.positives, calibration.pairs]
    return figures, counts + found.class_positives.tolist()


def assert_same(found: Evaluator, expected: Evaluator) -> None:
    """Measures to 1e-12, and what intervals are drawn from, byte for byte."""
    (figures, counts), (others, other_counts) = plain(found.result()), plain(expected.result())
    assert counts == other_counts
    np.testing.assert_allclose(figures, others, rtol=0, atol=1e-12)
    for field in fields(Pooled):
        have, want = getattr(found.pooled(), field.name), getattr(expected.pooled(), field.name)
        assert have.dtype == want.dtype
        assert np.array_equal(have, want)


@settings(max_examples=20)
@given(
    videos=st.integers(1, 30),
    step=st.integers(1, 30),
    seed=st.integers(0, 10_000),
    levels=st.sampled_from([0, 1, 2, 7, 100]),
    memory_mb=st.sampled_from([0.001, TINY_MB, 0.01]),
)
def test_beyond_memory_all_measures_are_the_same(
    videos: int, step: int, seed: int, levels: int, memory_mb: float
) -> None:
    predicted, scores, labels = lists(videos, seed, levels)
    labels[0, 0] = 5
    expected = give(evaluator(), (predicted, scores, labels), videos)
    found = give(evaluator(memory_mb), (predicted, scores, labels), step)
    assert_same(found, expected)
    assert_same(found, expected)  # a result takes nothing away
    give(found, (predicted, scores, labels), step)
    give(expected, (predicted, scores, labels), step)
    assert_same(found, expected)


def by_threshold(keys: NDArray[np.uint64]) -> float:
    """The sum of precision over right predictions, by its definition."""
    scores, hits = ranking.scores_in(keys), ranking.hits_in(keys)
    found = 0.0
    for one, many in zip(*np.unique(scores[hits], return_counts=True), strict=True):
        found += many * float(hits[scores >= one].mean())
    return found


@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(0, 60), min_size=1, max_size=6),
    most=st.integers(1, 40),
    seed=st.integers(0, 10_000),
    levels=st.sampled_from([0, 1, 3, 20]),
    spill=st.booleans(),
)
def test_stretches_go_down_and_never_part_a_score(
    sizes: list[int], most: int, seed: int, levels: int, spill: bool
) -> None:
    assert_stretches(sizes, most, seed, levels, spill=spill)


@pytest.mark.parametrize("levels", [0, 3, 500])
@pytest.mark.parametrize("spill", [True, False])
def test_of_long_runs_only_some_keys_are_at_hand(levels: int, spill: bool) -> None:
    assert_stretches([9000, 12_345, 1, 0, 4096, 70], 4500, 2, levels, spill=spill)


def assert_stretches(sizes: list[int], most: int, seed: int, levels: int, *, spill: bool) -> None:
    """Every key in its order, and no more at once than is wanted."""
    rng = np.random.default_rng(seed)
    parts = []
    for size in sizes:
        scores = rng.random(size)
        if levels:
            scores = np.round(scores * levels) / levels
        parts.append(ranking.pack(scores, rng.integers(0, 9, size), rng.random(size) < 0.4))
    whole = np.sort(np.concatenate(parts))
    area, read, last = Area(), [], -1.0
    given = [part.copy() for part in parts if len(part)]
    for stretch in sorted_stretches(given, most, folder=None, spill=spill):
        if isinstance(stretch, Level):
            keys = np.concatenate([*stretch.parts])
            assert len(keys) > most
            assert len(set(ranking.score_bits(keys).tolist())) == 1
            area.add_level(len(keys), int(ranking.hits_in(keys).sum()))
        else:
            keys = stretch
            assert np.array_equal(keys, np.sort(keys))
            # as many as are wanted, twice where borders are unlucky, and what runs have too much
            assert len(keys) <= 2 * most + (len(sizes) + 1) * max(1, most // 1024)
            area.add(keys)
        bits = ranking.score_bits(keys)
        assert bits.min() > last
        last = float(bits.max())
        read.append(np.sort(keys))
    assert np.array_equal(np.concatenate(read or [whole[:0]]), whole)
    assert area.value(1) == pytest.approx(by_threshold(whole), rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_score_that_all_predictions_have_is_one_step(value: float) -> None:
    predicted, scores, labels = lists(80, 3)
    scores[:] = value
    expected = give(evaluator(), (predicted, scores, labels), 80)
    found = give(evaluator(TINY_MB), (predicted, scores, labels), 7)
    assert_same(found, expected)
    held = (predicted[:, :, None] == labels[:, None, :]) & (predicted >= 0)[:, :, None]
    there = (labels >= 0).any(axis=1)
    order = np.argsort(np.where(predicted < 0, CLASSES, predicted), axis=1)[:, :20]
    right = np.take_along_axis(held.any(axis=2), order, axis=1)[there].sum()
    listed = (np.take_along_axis(predicted, order, axis=1)[there] >= 0).sum()
    positives = sum(len(set(row[row >= 0].tolist())) for row in labels)
    assert found.result().gap == pytest.approx(right / listed * right / positives, abs=1e-12)


def test_matrices_are_put_down_too() -> None:
    rng = np.random.default_rng(4)
    scores = np.round(rng.random((90, CLASSES)), 2)
    labels = rng.integers(-1, CLASSES, (90, 3))
    silent = rng.random(90) < 0.1
    expected, found = evaluator(), evaluator(TINY_MB)
    expected.add(scores, labels, silent=silent)
    for first in range(0, 90, 8):
        piece = slice(first, first + 8)
        found.add(scores[piece], labels[piece], silent=silent[piece])
    assert_same(found, expected)
    all_pairs, others = (one.result().calibration_of_all for one in (found, expected))
    assert all_pairs is not None
    assert others is not None
    assert all_pairs.error == pytest.approx(others.error, abs=1e-12)


@pytest.mark.parametrize("memory_mb", [(TINY_MB, TINY_MB), (TINY_MB, 1000), (1000, TINY_MB)])
def test_workers_are_merged_wherever_their_predictions_lie(
    memory_mb: tuple[float, float], tmp_path: Path
) -> None:
    parts = [lists(40, seed, 10) for seed in (5, 6, 7)]
    expected = evaluator()
    for part in parts:
        give(expected, part, 40)
    first, second, third = (
        give(evaluator(memory_mb[at % 2], tmp_path), part, 9) for at, part in enumerate(parts)
    )
    first.merge(pickle.loads(pickle.dumps(second)))
    first.merge(third)
    del second, third  # their file stays as long as somebody reads it
    assert_same(first, expected)
    assert_same(pickle.loads(pickle.dumps(first)), expected)


def test_a_child_of_fork_does_not_write_into_its_parents_file() -> None:
    given, further = lists(60, 8), lists(60, 9)
    found, expected = give(evaluator(TINY_MB), given, 5), give(evaluator(), given, 60)
    child = os.fork()
    if not child:
        code = 1
        with contextlib.suppress(BaseException):
            assert_same(give(found, further, 5), give(expected, further, 60))
            code = 0
        os._exit(code)
    give(found, further, 6)
    give(expected, further, 6)
    assert os.waitpid(child, 0)[1] == 0
    assert_same(found, expected)


@contextlib.contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """The system itself ends every write beyond a size (EFBIG), as a full disk would (ENOSPC)."""
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    given = lists(100, 10, 8)
    found, expected = evaluator(TINY_MB, tmp_path), evaluator()
    refused = []
    for first in range(0, 100, 5):
        batch = [one[first : first + 5] for one in given]
        try:
            with files_of_at_most(100 if first % 3 else 1 << 20):  # full, and then there is room
                found.add_lists(*batch)
        except FullError as error:
            refused.append(error)
        else:
            expected.add_lists(*batch)
    assert 0 < len(refused) < 20
    assert all(str(tmp_path) in error.message for error in refused)
    assert refused[0].hint == "free some, or name another folder"
    assert found.videos == expected.videos
    with files_of_at_most(100), pytest.raises(FullError, match="no room for predictions"):
        found.result()
    assert_same(found, expected)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = evaluator(TINY_MB, tmp_path / "gone")
    with pytest.raises(FullError, match="gone"):
        give(found, lists(50, 11), 5)


def test_a_file_that_was_cut_is_no_result(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    extent = scratch.append([np.arange(100, dtype=np.uint64)], np.uint64)
    assert extent.read(90, 100).tolist() == [*range(90, 100)]
    os.ftruncate(scratch._file.fileno(), 400)
    assert extent.read(0, 50).tolist() == [*range(50)]
    with pytest.raises(StoreError, match="cannot be read back"):
        extent.read(40, 60)


def test_refused_videos_are_not_counted() -> None:
    found, labels = evaluator(), padded([[1], []])
    with pytest.raises(InputError):
        found.add(np.full((2, CLASSES), 2.0), labels)
    with pytest.raises(InputError):
        found.add_lists(np.array([[1], [2]]), np.array([[2.0], [0.1]]), labels)
    found.add(np.full((2, CLASSES), 0.5), labels)
    assert (found.result().videos, found.result().unlabelled) == (1, 1)
    with pytest.raises(ValueError, match="memory"):
        Evaluator(5, memory_mb=0)


def test_nothing_lies_in_the_folder_and_no_file_stays_open(tmp_path: Path) -> None:
    handles = Path("/proc/self/fd")
    if not handles.is_dir():
        pytest.skip("open files are named in /proc")

    def opened() -> int:
        said = [os.path.realpath(one) for one in handles.iterdir()]
        return sum(one.startswith(str(tmp_path.resolve())) for one in said)

    found = give(evaluator(TINY_MB, tmp_path), lists(60, 12), 5)
    assert opened() == 1
    found.result()
    assert opened() == 1
    assert [*tmp_path.iterdir()] == []
    del found
    assert opened() == 0


STREAM = """
import os, sys
import numpy as np
from pathlib import Path
from loquitur.evaluation.labels import Evaluator

videos, folder = int(sys.argv[1]), Path(sys.argv[2])

def peak_mb():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024

rng = np.random.default_rng(0)
evaluator, before = Evaluator(3862, memory_mb=64, folder=folder), 0
for at in range(videos // 2000):
    predicted = rng.integers(0, 193, (2000, 20)) * 20 + np.arange(20)
    scores = rng.random((2000, 20), dtype=np.float32)
    before = before or peak_mb()
    evaluator.add_lists(predicted, scores, predicted[:, :3])
    if evaluator._pool.spilled and len(sys.argv) > 3:
        os.kill(os.getpid(), 9)
found = evaluator.result()
print(found.videos, peak_mb() - before)
"""


def stream(*given: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: the peak of this one is of all tests."""
    return subprocess.run(
        [sys.executable, "-c", STREAM, *given], capture_output=True, text=True, check=False
    )


def test_a_killed_process_leaves_nothing_behind(tmp_path: Path) -> None:
    assert stream("200000", str(tmp_path), "kill").returncode == -signal.SIGKILL
    assert [*tmp_path.iterdir()] == []


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read in /proc")
def test_a_million_videos_take_no_more_memory_than_a_quarter_of_them(tmp_path: Path) -> None:
    """Twenty million predictions: 160 MB of keys alone, within 64 MB."""
    peaks = []
    for videos in (250_000, 1_000_000):
        ended = stream(str(videos), str(tmp_path))
        assert ended.returncode == 0, ended.stderr
        counted, peak_mb = ended.stdout.split()
        assert int(counted) == videos
        peaks.append(float(peak_mb))
    assert max(peaks) < 64
    # 750,000 videos more are 139 MB of columns; how long stretches are differs by some MB
    assert peaks[1] < peaks[0] + 25
