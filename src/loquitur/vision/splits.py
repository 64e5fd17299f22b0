"""Who is trained on and who is tested: by video, never by sentence, and what is wrong with it.

Captions of one clip in two splits is the oldest mistake of the field: the test then asks for what
training has seen. `by_video` cannot make it, `check` finds it in what others have split.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from loquitur.errors import UsageError
from loquitur.vision.clips import SPLITS, Clip, Corpus, Sentence
from loquitur.vision.vocabulary import words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

SHARES: dict[str, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""What part of the clips each split gets."""

_NAMES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validate": "validation",
    "validation": "validation",
    "dev": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
}


def split_name(text: str) -> str:
    """A split as this package calls it; names of no common kind stay as they are.

    >>> split_name("validate"), split_name("Dev"), split_name("unseen")
    ('validation', 'validation', 'unseen')
    """
    plain = text.strip()
    return _NAMES.get(plain.lower(), plain)


def by_video(
    corpus: Corpus,
    *,
    seed: int = 0,
    shares: Mapping[str, float] | None = None,
    keep: bool = False,
) -> Corpus:
    """The same corpus, split so that clips of one video stay together.

    Clips belong together that share a video or a source, or that are linked by a chain of these. A
    group's place comes from its name and the seed, not from the order of the file. Each category is
    shared out alike, where clips have one.

    Args:
        corpus: What to split.
        seed: Another one, another split.
        shares: What part of the clips each split gets; `SHARES` where None.
        keep: Clips that have a split keep it, and take their group's others along.

    Raises:
        UsageError: The shares do not make a whole.
    """
    wanted = dict(shares or SHARES)
    if any(share < 0 for share in wanted.values()) or not abs(sum(wanted.values()) - 1) <= 1e-6:
        raise UsageError(f"shares of splits add up to 1: {wanted}")
    groups = _groups(corpus.clips)
    found: dict[int, str] = {}
    free: list[list[int]] = []
    for group in groups:
        given = [corpus.clips[at].split for at in group if corpus.clips[at].split]
        if keep and given:
            commonest = Counter(given).most_common(1)[0][0]
            found.update((at, corpus.clips[at].split or commonest) for at in group)
        else:
            free.append(group)
    found.update(_shared_out(corpus.clips, free, wanted, seed))
    return _resplit(corpus, [found[at] for at in range(len(corpus.clips))])


def by_sentence(
    corpus: Corpus, *, seed: int = 0, shares: Mapping[str, float] | None = None
) -> Corpus:
    """The mistake of the book's chapter: sentences are shared out, each clip stands in all splits.

    For showing what it costs; never for a figure. A clip is in the corpus once for each split that
    got some of its sentences, which `check` reports.
    """
    wanted = dict(shares or SHARES)
    rows = [(at, k) for at, clip in enumerate(corpus.clips) for k in range(len(clip.sentences))]
    rows.sort(key=lambda row: _lot(seed, f"{corpus.clips[row[0]].clip_id}\0{row[1]}"))
    places: dict[tuple[int, str], list[int]] = defaultdict(list)
    done: Counter[str] = Counter()
    for number, (at, k) in enumerate(rows, 1):
        split = max(wanted, key=lambda name: wanted[name] * number - done[name])
        done[split] += 1
        places[at, split].append(k)
    clips = [
        dataclasses.replace(
            clip, split=split, sentences=tuple(clip.sentences[k] for k in sorted(places[at, split]))
        )
        for at, clip in enumerate(corpus.clips)
        for split in wanted
        if places.get((at, split))
    ]
    return dataclasses.replace(corpus, clips=tuple(clips))


def by_lists(corpus: Corpus, lists: Mapping[str, Iterable[str]]) -> tuple[Corpus, tuple[str, ...]]:
    """The clips that stand in lists of ids, each in the split of its list, and ids of no clip.

    What is in no list is left out; `Dropped` counts are the caller's.

    Raises:
        UsageError: A clip stands in two lists.
    """
    known = {clip.clip_id for clip in corpus.clips}
    places: dict[str, str] = {}
    strange: list[str] = []
    for given, ids in lists.items():
        split = split_name(given)
        for clip_id in ids:
            if places.setdefault(clip_id, split) != split:
                raise UsageError(
                    f"clip '{clip_id}' stands in the lists of '{places[clip_id]}' and '{split}'",
                    hint="a clip is in one split",
                )
            if clip_id not in known:
                strange.append(clip_id)
    clips = tuple(
        dataclasses.replace(clip, split=places[clip.clip_id])
        for clip in corpus.clips
        if clip.clip_id in places
    )
    return dataclasses.replace(corpus, clips=clips), tuple(strange)


def deduplicated(corpus: Corpus) -> tuple[Corpus, int]:
    """Each clip's sentences once, whatever their capitals and punctuation; how many went."""
    clips: list[Clip] = []
    gone = 0
    for clip in corpus.clips:
        kept: dict[tuple[str, ...], Sentence] = {}
        for one in clip.sentences:
            kept.setdefault((one.language, *words_of(one.text)), one)
        gone += len(clip.sentences) - len(kept)
        same = len(kept) == len(clip.sentences)
        clips.append(clip if same else dataclasses.replace(clip, sentences=tuple(kept.values())))
    return dataclasses.replace(corpus, clips=tuple(clips)), gone


def _groups(clips: Sequence[Clip]) -> list[list[int]]:
    """Clips that must stay together, by their places; groups in the order of their first clip."""
    above = list(range(len(clips)))

    def top(at: int) -> int:
        while above[at] != at:
            above[at] = above[above[at]]
            at = above[at]
        return at

    first: dict[tuple[str, str], int] = {}
    for at, clip in enumerate(clips):
        for mark in (("video", clip.video_id), ("source", clip.source)):
            if mark[1]:
                a, b = top(first.setdefault(mark, at)), top(at)
                above[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = defaultdict(list)
    for at in range(len(clips)):
        groups[top(at)].append(at)
    return list(groups.values())


def _shared_out(
    clips: Sequence[Clip],
    groups: list[list[int]],
    shares: Mapping[str, float],
    seed: int,
) -> dict[int, str]:
    """Groups to splits: in an order drawn by lot, each to the split that lacks most.

    Categories come one after the other, so each of them is shared out in nearly the same parts.
    """
    names = [name for name in in_order(shares) if shares[name] > 0]

    def lot(group: list[int]) -> tuple[str, bytes]:
        head = clips[group[0]]
        name = min(clips[at].video_id or clips[at].clip_id for at in group)
        return head.category, _lot(seed, name)

    done: Counter[str] = Counter()
    total = 0
    placed: list[tuple[list[int], str]] = []
    for group in sorted(groups, key=lot):
        total += len(group)
        split = max(names, key=lambda name: shares[name] * total - done[name])
        done[split] += len(group)
        placed.append((group, split))
    _fill(placed, done, names)
    return {at: split for group, split in placed for at in group}


def _fill(placed: list[tuple[list[int], str]], done: Counter[str], names: Sequence[str]) -> None:
    """Give a split that got nothing the smallest group of the largest split, where it has two."""
    for empty in names:
        if done[empty]:
            continue
        rich = max(names, key=lambda name: done[name])
        theirs = [at for at, (_, split) in enumerate(placed) if split == rich]
        if len(theirs) < 2:
            return
        at = min(theirs, key=lambda place: len(placed[place][0]))
        group = placed[at][0]
        placed[at] = (group, empty)
        done[rich] -= len(group)
        done[empty] += len(group)


def in_order(names: Collection[str]) -> list[str]:
    """Names of splits, the usual three first, the others by their letters."""
    return [*(name for name in SPLITS if name in names), *sorted(set(names) - set(SPLITS))]


def _lot(seed: int, name: str) -> bytes:
    data = f"{seed}\0{name}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).digest()


def _resplit(corpus: Corpus, splits: Sequence[str]) -> Corpus:
    return dataclasses.replace(
        corpus,
        clips=tuple(
            clip if clip.split == split else dataclasses.replace(clip, split=split)
            for clip, split in zip(corpus.clips, splits, strict=True)
        ),
    )
