"""Splits by video: together what belongs together, the same again, in the parts asked for."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import UsageError
from loquitur.vision.clips import Clip, Corpus, Sentence
from loquitur.vision.splits import (
    SHARES,
    by_lists,
    by_sentence,
    by_video,
    deduplicated,
    split_name,
)


def clip_of(name: str, video: str, **more: str) -> Clip:
    said = tuple(Sentence(text=f"{name} sentence {k}") for k in range(3))
    return Clip(clip_id=name, video_id=video, sentences=said, **more)


def corpus_of(videos: list[int], categories: int = 1) -> Corpus:
    clips = [
        clip_of(f"c{v}.{k}", f"v{v}", category=f"k{v % categories}" if categories > 1 else "")
        for v, many in enumerate(videos)
        for k in range(many)
    ]
    return Corpus(name="made", clips=tuple(clips))


def splits_of(corpus: Corpus) -> dict[str, str]:
    return {clip.clip_id: clip.split for clip in corpus.clips}


@settings(max_examples=30)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=40), st.integers(0, 9), st.integers(1, 4))
def test_videos_stay_together_whatever_the_order(
    videos: list[int], seed: int, categories: int
) -> None:
    corpus = corpus_of(videos, categories)
    split = by_video(corpus, seed=seed)
    places = defaultdict(set)
    for clip in split.clips:
        places[clip.video_id].add(clip.split)
    assert all(len(names) == 1 for names in places.values())
    assert set(split.sizes()) <= set(SHARES)
    if len(videos) >= 3:
        assert set(split.sizes()) == set(SHARES)
    mixed = list(corpus.clips)
    random.Random(seed).shuffle(mixed)
    again = by_video(dataclasses.replace(corpus, clips=tuple(mixed)), seed=seed)
    if all(many == 1 for many in videos):
        assert splits_of(again) == splits_of(split)


def test_the_parts_are_those_asked_for() -> None:
    sizes = by_video(corpus_of([1] * 1000)).sizes()
    assert sizes == {"train": 800, "validation": 100, "test": 100}
    sizes = by_video(corpus_of([2] * 100), shares={"train": 0.5, "seen": 0.5}).sizes()
    assert sizes == {"train": 100, "seen": 100}
    one = by_video(corpus_of([1] * 5), shares={"train": 1.0, "test": 0.0}).sizes()
    assert one == {"train": 5}


def test_categories_are_shared_out_alike() -> None:
    split = by_video(corpus_of([1] * 400, categories=4))
    counts = Counter((clip.category, clip.split) for clip in split.clips)
    for category in range(4):
        assert counts[f"k{category}", "train"] == pytest.approx(80, abs=1)
        assert counts[f"k{category}", "test"] == pytest.approx(10, abs=1)


def test_seeds_differ() -> None:
    corpus = corpus_of([1] * 60)
    assert splits_of(by_video(corpus, seed=1)) != splits_of(by_video(corpus, seed=2))
    assert splits_of(by_video(corpus, seed=1)) == splits_of(by_video(corpus, seed=1))


def test_a_chain_of_sources_stays_together() -> None:
    clips = [clip_of(f"c{k}", f"v{k}", source=f"file{k // 2}.mp4") for k in range(40)]
    clips += [clip_of("link", "v0", source="file1.mp4")]
    split = splits_of(by_video(Corpus(name="c", clips=tuple(clips))))
    assert len({split[name] for name in ("c0", "c1", "c2", "c3", "link")}) == 1
    assert all(split[f"c{k}"] == split[f"c{k + 1}"] for k in range(0, 40, 2))


def test_given_splits_are_kept_and_take_their_videos_along() -> None:
    clips = [clip_of("a", "v", split="test"), clip_of("b", "v"), clip_of("c", "w")]
    split = splits_of(by_video(Corpus(name="c", clips=tuple(clips)), keep=True))
    assert split["a"] == split["b"] == "test"
    assert split["c"] == "train"


def test_shares_that_are_no_whole_are_refused() -> None:
    nothing = {"train": 0.5, "test": float("nan")}
    for shares in ({"train": 0.5}, {"train": 1.5, "test": -0.5}, nothing):
        with pytest.raises(UsageError, match="add up to 1"):
            by_video(corpus_of([1]), shares=shares)


def test_by_sentence_is_the_leak_it_says_it_is() -> None:
    from loquitur.vision.soundness import check

    split = by_sentence(corpus_of([1] * 100))
    rows = Counter()
    for clip in split.clips:
        rows[clip.split] += len(clip.sentences)
    assert rows == {"train": 240, "validation": 30, "test": 30}
    said = [one.text for clip in split.clips for one in clip.sentences]
    assert len(said) == len(set(said)) == 300
    assert {"clip-twice", "video-in-splits"} <= {one.code for one in check(split)}


def test_lists_of_ids_split() -> None:
    corpus = corpus_of([1, 1, 1])
    split, strange = by_lists(corpus, {"training": ["c0.0", "gone"], "val": ["c2.0"]})
    assert splits_of(split) == {"c0.0": "train", "c2.0": "validation"}
    assert strange == ("gone",)
    with pytest.raises(UsageError, match=r"'c0\.0' stands in the lists of 'train' and 'test'"):
        by_lists(corpus, {"train": ["c0.0"], "test": ["c0.0"]})


def test_names_of_splits() -> None:
    assert [split_name(name) for name in ("Training", "validate", " test", "seen")] == [
        "train",
        "validation",
        "test",
        "seen",
    ]


def test_equal_sentences_go_once() -> None:
    said = ("A cat.", "a cat", "eine katze", "A dog")
    clip = Clip(
        clip_id="c",
        video_id="v",
        sentences=(*(Sentence(text=text, language="en") for text in said), Sentence(text="a cat")),
    )
    found, gone = deduplicated(Corpus(name="c", clips=(clip,)))
    assert gone == 1
    assert found.clips[0].texts() == ("A cat.", "eine katze", "A dog", "a cat")
