"""Batches: nothing left out, the same again, taken up in the middle."""

from __future__ import annotations

import itertools
import threading
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.vision.batches import Batch, ClipBatches
from loquitur.vision.clips import Clip, Sentence
from loquitur.vision.vocabulary import BOS, EOS, PAD, UNK, Vocabulary


class Shelf:
    """Features in memory: clip k has k % 5 + 1 frames, all numbers k."""

    def __init__(self, width: int = 3) -> None:
        self.width = width
        self.spoilt: dict[str, np.ndarray] = {}

    def get(self, clip_id: str) -> tuple[np.ndarray, np.ndarray]:
        if clip_id in self.spoilt:
            return np.zeros(1, np.int64), self.spoilt[clip_id]
        k = int(clip_id[1:])
        frames = k % 5 + 1
        return np.arange(frames), np.full((frames, self.width), k, np.float16)


def clips_of(many: int, sentences: int = 3) -> list[Clip]:
    return [
        Clip(
            clip_id=f"c{k}",
            video_id=f"v{k}",
            sentences=tuple(
                Sentence(text=" ".join(["a", f"w{n}", *["on"] * (k % 4)])) for n in range(sentences)
            ),
        )
        for k in range(many)
    ]


def batches_of(many: int = 11, **options: object) -> ClipBatches:
    clips = clips_of(many)
    words = Vocabulary.of(text for clip in clips for text in clip.texts())
    given: dict = {"batch": 4, **options}
    return ClipBatches(given.pop("features", Shelf()), clips, words, **given)


def told(batches: list[Batch]) -> list[tuple]:
    return [(one.clip_ids, one.texts, one.words.tolist(), one.features.sum()) for one in batches]


@settings(max_examples=40)
@given(
    many=st.integers(1, 30),
    size=st.integers(1, 9),
    seed=st.integers(0, 5),
    every=st.booleans(),
    shuffle=st.booleans(),
)
def test_every_clip_stands_in_every_epoch(
    many: int, size: int, seed: int, every: bool, shuffle: bool
) -> None:
    batches = batches_of(many, batch=size, seed=seed, all_captions=every, shuffle=shuffle)
    found = list(batches.epoch(3))
    seen = Counter(clip for one in found for clip in one.clip_ids)
    assert seen == {f"c{k}": 3 if every else 1 for k in range(many)}
    assert len(found) == batches.steps()
    assert sum(map(len, found)) == batches.rows()
    assert all(len(one) == size for one in sorted(found, key=len)[1:])


@settings(max_examples=25)
@given(first=st.integers(0, 3), workers=st.integers(0, 3), every=st.booleans())
def test_an_epoch_is_taken_up_where_it_was_left(first: int, workers: int, every: bool) -> None:
    whole = told(list(batches_of(all_captions=every).epoch(2)))
    rest = told(list(batches_of(all_captions=every, workers=workers).epoch(2, first=first)))
    assert rest == whole[first:]


@settings(max_examples=25)
@given(first=st.integers(0, 2), workers=st.integers(0, 3), half=st.booleans())
def test_one_epoch_follows_the_other(first: int, workers: int, half: bool) -> None:
    alone = batches_of(half=half)
    wanted = [one for number in (2, 3, 4) for one in told(list(alone.epoch(number)))][first:]
    onward = batches_of(half=half, workers=workers).epochs(2, first=first)
    assert told(list(itertools.islice(onward, len(wanted)))) == wanted
    onward.close()


def test_the_next_epoch_is_filled_while_the_last_batch_is_used() -> None:
    asked: list[str] = []
    begun = threading.Event()

    class Told(Shelf):
        def get(self, clip_id: str) -> tuple[np.ndarray, np.ndarray]:
            asked.append(clip_id)
            if len(asked) > 12:
                begun.set()
            return super().get(clip_id)

    batches = batches_of(12, workers=1, features=Told())
    onward = batches.epochs(0)
    for _ in range(batches.steps()):
        next(onward)
    assert begun.wait(10)
    onward.close()


def test_features_are_put_where_there_is_room_for_them() -> None:
    given: list[np.ndarray] = []

    def room(shape: tuple[int, ...], kind: np.dtype) -> np.ndarray:
        given.append(np.full(shape, np.nan, kind))
        return given[-1]

    found = list(batches_of(room=room).epoch(0))
    assert all(one.features is two for one, two in zip(found, given, strict=True))
    assert told(found) == told(list(batches_of().epoch(0)))


def test_epochs_and_seeds_differ() -> None:
    orders = {
        tuple(clip for one in batches_of(seed=seed).epoch(number) for clip in one.clip_ids)
        for seed in range(3)
        for number in range(3)
    }
    assert len(orders) == 9


def test_sentences_of_a_clip_take_turns() -> None:
    batches = batches_of(5)
    for start in (0, 3, 6):
        seen: dict[str, set[str]] = {}
        for number in range(start, start + 3):
            for one in batches.epoch(number):
                for clip, text in zip(one.clip_ids, one.texts, strict=True):
                    seen.setdefault(clip, set()).add(text)
        assert all(len(texts) == 3 for texts in seen.values())


def test_words_stand_between_bos_and_eos() -> None:
    for one in batches_of().epoch(0):
        assert (one.words[:, 0] == BOS).all()
        for row, length in zip(one.words, one.word_lengths, strict=True):
            assert row[length] == EOS
            assert (row[length + 1 :] == PAD).all()
            assert EOS not in row[:length]


def test_a_sentence_that_is_cut_has_no_end() -> None:
    clip = Clip(clip_id="c1", video_id="v", sentences=(Sentence(text="word " * 200),))
    words = Vocabulary.of(["word"])
    (one,) = ClipBatches(Shelf(), [clip], words, batch=1, most_words=20).epoch(0)
    assert one.words.shape == (1, 21)
    assert one.word_lengths.tolist() == [20]
    assert EOS not in one.words
    (one,) = ClipBatches(Shelf(), [clip], Vocabulary.of([]), batch=1, most_words=201).epoch(0)
    assert one.words[0, 1:].tolist() == [UNK] * 200 + [EOS]


def test_frames_are_padded_with_zeros_and_thinned() -> None:
    for one in batches_of(most_frames=4).epoch(0):
        for row, length, clip in zip(one.features, one.lengths, one.clip_ids, strict=True):
            k = int(clip[1:])
            assert length == min(4, k % 5 + 1)
            assert (row[:length] == k).all()
            assert (row[length:] == 0).all()
        assert one.features.dtype == np.float32


def test_frames_of_a_longer_clip_are_the_same_however_they_are_kept() -> None:
    chance = np.random.default_rng(0)
    shelf = Shelf()
    for kind in (np.float16, np.float32):
        shelf.spoilt = {"c2": chance.normal(size=(9, 3)).astype(kind)}
        for half in (False, True):
            batches = batches_of(features=shelf, half=half, most_frames=4, shuffle=False)
            row = next(batches.epoch(0)).features[2]
            assert (row == shelf.spoilt["c2"][[0, 3, 5, 8]].astype(row.dtype)).all()


def test_normalised_by_the_statistics_given() -> None:
    batches = batches_of(statistics=(np.full(3, 2.0), np.full(3, 0.95)))
    for one in batches.epoch(0):
        for row, length, clip in zip(one.features, one.lengths, one.clip_ids, strict=True):
            assert row[:length] == pytest.approx(int(clip[1:]) - 2.0)


def test_rows_of_a_batch_are_of_like_length() -> None:
    even = batches_of(64, batch=8)
    spread = [np.ptp(one.word_lengths) for one in even.epoch(0)]
    assert max(spread) <= 1


def test_shards_part_each_batch() -> None:
    whole = list(batches_of(batch=4).epoch(1))
    parts = [list(batches_of(batch=4, shard=(at, 2)).epoch(1)) for at in range(2)]
    for one, left, right in zip(whole, *parts, strict=True):
        assert left.clip_ids == one.clip_ids[0::2]
        assert right.clip_ids == one.clip_ids[1::2]


def test_a_shard_may_be_left_nothing() -> None:
    (one,) = batches_of(1, shard=(1, 2)).epoch(0)
    assert len(one) == 0
    assert one.words.shape[0] == one.features.shape[0] == 0


def test_augmentation_changes_both_alike_and_the_same_again() -> None:
    def shift(matrix: np.ndarray, text: str, chance: np.random.Generator) -> tuple:
        by = int(chance.integers(100))
        return matrix + by, f"{text} w{by % 3}"

    first = told(list(batches_of(augment=shift).epoch(0)))
    again = told(list(batches_of(augment=shift, workers=2).epoch(0)))
    assert first == again != told(list(batches_of(augment=shift).epoch(1)))


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.zeros(4), r"c2 are \[4\]"),
        (np.zeros((0, 3)), r"c2 are \[0, 3\]"),
        (np.full((2, 3), np.nan), "c2 are not finite"),
        (np.zeros((2, 7)), "7 numbers a frame"),
    ],
)
@pytest.mark.parametrize("workers", [0, 2])
def test_bad_features_are_named(matrix: np.ndarray, said: str, workers: int) -> None:
    shelf = Shelf()
    shelf.spoilt["c2"] = matrix
    batches = batches_of(features=shelf, workers=workers, shuffle=False)
    with pytest.raises(InputError, match=said):
        list(batches.epoch(0))


def test_half_numbers_stay_as_they_are_kept() -> None:
    shelf = Shelf()
    statistics = (np.full(3, 2.0), np.ones(3))
    batches = batches_of(features=shelf, half=True, statistics=statistics, shuffle=False)
    for one in batches.epoch(0):
        assert one.features.dtype == np.float16
        for row, length, clip in zip(one.features, one.lengths, one.clip_ids, strict=True):
            assert (row[:length] == int(clip[1:])).all()
            assert (row[length:] == 0).all()
    for spoilt in (np.inf, -np.inf, np.nan):
        shelf.spoilt["c2"] = np.array([[1, 2, spoilt]], np.float16)
        with pytest.raises(InputError, match="c2 are not finite"):
            list(batches_of(features=shelf, half=True, shuffle=False).epoch(0))
    with pytest.raises(ValueError, match="augmented"):
        batches_of(half=True, augment=lambda matrix, text, chance: (matrix, text))


def test_large_numbers_are_finite_all_the_same() -> None:
    shelf = Shelf()
    shelf.spoilt["c2"] = np.full((1, 3), 3e38)
    batches = batches_of(features=shelf, shuffle=False)
    assert sum(map(len, batches.epoch(0))) == 11


def test_a_mean_of_other_features_is_refused() -> None:
    batches = batches_of(statistics=(np.zeros(5), np.ones(5)))
    with pytest.raises(InputError, match="their mean 5"):
        list(batches.epoch(0))


def test_clips_without_sentences_are_refused() -> None:
    words = Vocabulary.of(["a"])
    silent = [*clips_of(2), Clip(clip_id="c9", video_id="v9", sentences=(Sentence(text=" ... "),))]
    with pytest.raises(InputError, match="1 clip without a sentence, 'c9' the first"):
        ClipBatches(Shelf(), silent, words, batch=2)
    with pytest.raises(InputError, match="no clips"):
        ClipBatches(Shelf(), [], words, batch=2)


def test_leaving_an_epoch_early_ends_its_threads() -> None:
    for _ in batches_of(30, workers=2).epoch(0):
        break
    assert not [one for one in threading.enumerate() if one.name.startswith("batches")]
