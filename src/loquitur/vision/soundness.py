"""What is wrong with a corpus before a net is trained on it: leaks, empty splits, lost videos."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from loquitur.errors import InputError
from loquitur.media.urls import canonical, is_url, is_video_id
from loquitur.text import counted, display
from loquitur.vision.clips import DRAWN, EXAMPLES, SPLITS
from loquitur.vision.vocabulary import TRAINING, has_words, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.vision.clips import Clip, Corpus

NEEDED = (TRAINING, "validation")
"""Splits without which nothing can be trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about a corpus that a person should know.

    Args:
        code: What it is: a word that stays.
        level: `error`: no figure made with it means anything; `warning`; `note`.
        message: One line.
        count: How many clips, videos or sentences it is about.
        examples: The first of them by name.
    """

    code: str
    level: Literal["error", "warning", "note"]
    message: str
    count: int
    examples: tuple[str, ...] = ()


def check(
    corpus: Corpus,
    *,
    language: str = "",
    needed: Sequence[str] = NEEDED,
    contents: bool = True,
) -> tuple[Finding, ...]:
    """What is wrong with a corpus, errors first.

    Args:
        corpus: The clips.
        language: That of the sentences that count; any where empty.
        needed: Splits without which nothing can be trained.
        contents: Whether files of equal size are compared byte for byte.
    """
    clips = corpus.clips
    found = [
        *_twice(clips),
        *_empty(corpus, needed, language),
        *_spans(clips),
        *_shared(clips, contents=contents),
        *_silent(clips, language),
        *_lost(clips),
        *_strange(corpus),
        *_repeated(clips, language),
    ]
    order = ("error", "warning", "note")
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def require_sound(
    corpus: Corpus,
    *,
    language: str = "",
    needed: Sequence[str] = NEEDED,
    allowed: Iterable[str] = (),
) -> tuple[Finding, ...]:
    """Stop before training on a corpus with an error in it.

    Args:
        corpus: The clips.
        language: That of the sentences that count.
        needed: Splits without which nothing can be trained.
        allowed: Codes of errors that the user takes upon himself: the official splits of MSVD have
            spans of one video in several (`video-in-splits`).

    Returns:
        What else was found.

    Raises:
        InputError: The first of the errors, and how many more there are.
    """
    waived = set(allowed)
    found = check(corpus, language=language, needed=needed)
    errors = [one for one in found if one.level == "error" and one.code not in waived]
    if errors:
        more = f" (and {counted(len(errors) - 1, 'more error')})" if errors[1:] else ""
        raise InputError(
            f"{display(corpus.name)}: {errors[0].message}{more}",
            hint="loquitur describe data check CLIPS.jsonl shows all of it",
            code="LQ-INPUT-CORPUS",
        )
    return found


def _finding(
    code: str, level: Literal["error", "warning", "note"], message: str, names: Sequence[str]
) -> Finding:
    examples = tuple(names[:EXAMPLES])
    shown = ", ".join(display(name) for name in examples[:3])
    told = f"{message}: {shown}{', ...' if len(names) > 3 else ''}" if names else message
    return Finding(code=code, level=level, message=told, count=len(names), examples=examples)


def _twice(clips: Sequence[Clip]) -> Iterator[Finding]:
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for clip in clips:
        if clip.clip_id in seen:
            twice[clip.clip_id] = None
        seen.add(clip.clip_id)
    if twice:
        message = f"{counted(len(twice), 'clip id')} in it more than once"
        yield _finding("clip-twice", "error", message, list(twice))


def _empty(corpus: Corpus, needed: Sequence[str], language: str) -> Iterator[Finding]:
    spoken = {clip.split for clip in corpus.clips if any(map(has_words, clip.texts(language)))}
    sizes = corpus.sizes()
    if not corpus.clips:
        yield _finding("empty", "error", "no clip at all", [])
        return
    for split in dict.fromkeys((*needed, *SPLITS)):
        if split in spoken:
            continue
        level: Literal["error", "note"] = "error" if split in needed else "note"
        if sizes.get(split):
            what = f"in the language '{language}'" if language else "with words"
            message = f"no sentence {what} in the split '{split}'"
        else:
            has = ", ".join(f"{name or '(none)'} {count}" for name, count in sizes.items())
            message = f"the split '{split}' is empty (clips: {display(has)[:200]})"
        yield _finding("split-empty", level, message, [])


def _spans(clips: Sequence[Clip]) -> Iterator[Finding]:
    wrong = [
        clip.clip_id
        for clip in clips
        if (clip.start_ms or 0) < 0
        or (clip.end_ms is not None and clip.end_ms <= (clip.start_ms or 0))
    ]
    if wrong:
        message = f"{counted(len(wrong), 'clip')} whose span ends before it begins"
        yield _finding("span", "error", message, wrong)


def _shared(clips: Sequence[Clip], *, contents: bool) -> Iterator[Finding]:
    """Videos, addresses, and files of one content, in more splits than one."""
    videos = _in_splits((clip.video_id, clip.split) for clip in clips)
    if videos:
        message = f"{counted(len(videos), 'video')} in two splits or more"
        yield _finding("video-in-splits", "error", message, videos)
    known = set(videos)
    sources = _in_splits(
        (_address(clip.source), clip.split) for clip in clips if clip.video_id not in known
    )
    if sources:
        message = f"{counted(len(sources), 'source')} in two splits or more"
        yield _finding("source-in-splits", "error", message, sources)
    if contents:
        twins = _twins([clip for clip in clips if clip.video_id not in known])
        if twins:
            message = f"{counted(len(twins), 'pair')} of equal files in different splits"
            yield _finding("content-in-splits", "error", message, twins)


def _in_splits(pairs: Iterable[tuple[str, str]]) -> list[str]:
    places: dict[str, set[str]] = defaultdict(set)
    for name, split in pairs:
        if name and split:
            places[name].add(split)
    return [name for name, splits in places.items() if len(splits) > 1]


def _address(source: str) -> str:
    """A source as one address has it, however it was written."""
    if source.startswith(DRAWN) or not is_url(source):
        return source
    try:
        return canonical(source)
    except InputError:
        return source


def is_file(source: str) -> bool:
    """Whether a source is a path, as against an address, an id, or something drawn."""
    if not source or source.startswith(DRAWN) or is_url(source):
        return False
    return not is_video_id(source) or Path(source).exists()


def _twins(clips: Sequence[Clip]) -> list[str]:
    """Pairs of different files with the same bytes, in different splits."""
    sizes: dict[int, dict[str, Clip]] = defaultdict(dict)
    for clip in clips:
        if is_file(clip.source) and clip.split:
            try:
                sizes[Path(clip.source).stat().st_size].setdefault(clip.source, clip)
            except (OSError, ValueError):
                continue  # it is told as lost
    pairs: list[str] = []
    for alike in sizes.values():
        if len({clip.split for clip in alike.values()}) < 2:
            continue
        first: dict[str, Clip] = {}
        for clip in alike.values():
            other = first.setdefault(_digest(Path(clip.source)), clip)
            if other.split != clip.split:
                pairs.append(f"{other.clip_id} = {clip.clip_id}")
    return pairs


def _digest(path: Path) -> str:
    """The sha256 of a file; one that cannot be read is equal to none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return f"unread {path}"


def _silent(clips: Sequence[Clip], language: str) -> Iterator[Finding]:
    silent = [clip.clip_id for clip in clips if not any(map(has_words, clip.texts(language)))]
    if silent and len(silent) < len(clips):
        what = f" in the language '{language}'" if language else ""
        message = f"{counted(len(silent), 'clip')} without a sentence{what}"
        yield _finding("no-sentence", "warning", message, silent)


def _lost(clips: Sequence[Clip]) -> Iterator[Finding]:
    sources: dict[str, str] = {}
    for clip in clips:
        sources.setdefault(clip.source, clip.clip_id)
    lost, away, bare = [], [], []
    for source, clip_id in sources.items():
        if not source:
            bare.append(clip_id)
        elif is_file(source):
            if not _there(source):
                lost.append(clip_id)
        elif not source.startswith(DRAWN):
            away.append(clip_id)
    if lost:
        message = f"{counted(len(lost), 'video')} not where the corpus says"
        yield _finding("source-missing", "warning", message, lost)
    if away:
        message = f"{counted(len(away), 'video')} to be fetched (--fetch DIR)"
        yield _finding("source-remote", "note", message, away)
    if bare:
        count = sum(not clip.source for clip in clips)
        message = f"{counted(count, 'clip')} without a video: only features serve"
        yield _finding("source-none", "note", message, bare)


def _there(source: str) -> bool:
    try:
        return Path(source).is_file()
    except (OSError, ValueError):
        return False


def _strange(corpus: Corpus) -> Iterator[Finding]:
    others = [name for name in corpus.sizes() if name not in SPLITS]
    if others:
        names = [name or "(no split)" for name in others]
        yield _finding("split-strange", "note", "splits beside the usual three", names)


def _repeated(clips: Sequence[Clip], language: str) -> Iterator[Finding]:
    """Equal sentences of one clip, and test sentences that training has word for word."""
    twice: list[str] = []
    taught: set[tuple[str, ...]] = set()
    asked: list[tuple[str, tuple[str, ...]]] = []
    for clip in clips:
        said = [tuple(words_of(text)) for text in clip.texts(language)]
        if len(set(said)) < len(said):
            twice.append(clip.clip_id)
        if clip.split == TRAINING:
            taught.update(said)
        elif clip.split == "test":
            asked.extend((clip.clip_id, words) for words in said)
    if twice:
        message = f"{counted(len(twice), 'clip')} with a sentence twice"
        yield _finding("sentence-twice", "note", message, twice)
    same = list(dict.fromkeys(clip_id for clip_id, words in asked if words and words in taught))
    if same:
        message = f"{counted(len(same), 'test clip')} with a sentence that training has as well"
        yield _finding("sentence-in-splits", "note", message, same)
