"""Words with times, whatever they come from, cut into cues."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.languages import primary
from loquitur.markup import Node
from loquitur.subtitles import breaks, phrases
from loquitur.subtitles.cutting import cut
from loquitur.subtitles.dialogue import share
from loquitur.subtitles.fit import fit_spans, needed_ms
from loquitur.subtitles.grammar import grammar_of
from loquitur.subtitles.pieces import Line, Piece, cue_of
from loquitur.subtitles.rules import DEFAULT_RULES, load_rules
from loquitur.subtitles.units import TimedText, units_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from loquitur.model.captions import CaptionTrack, Cue
    from loquitur.subtitles.limits import Limits


def recut(
    words: Sequence[TimedText],
    *,
    limits: Limits | None = None,
    language: str = "",
    cuts: Sequence[int] = (),
    duration_ms: int | None = None,
    dialogues: bool = False,
    inner_times: bool = False,
    ends: Collection[int] = (),
) -> tuple[Cue, ...]:
    """Cues of words: every word once, in order.

    A new cue begins with another voice, at a pause, at the sign `>>`, and where one is best (see
    `cutting`). Cues are sorted, never overlap, and are timed by `fit`.

    Args:
        words: In the order in which they are read; those who speak at once one after the other.
        limits: The guideline's numbers; the defaults of the language where None.
        language: BCP 47 tag, for what is known of its words.
        cuts: Where the picture changes, ms.
        duration_ms: The length of the medium; None where it is not known.
        dialogues: Whether two voices of a short exchange share a cue, as `limits.dashes` says.
        inner_times: Whether each word has its moment before it (karaoke).
        ends: Indices of words behind which a cue must end.

    Returns:
        Cues in WebVTT notation, with a voice node where a word has a voice.
    """
    limits = limits or load_rules(DEFAULT_RULES).limits(language)
    units = units_of(words, limits, ends)
    if not len(units):
        return ()
    breaks.stop_at(units, limits.pause_ms)
    line, cue, weights = breaks.worths(units, grammar_of(language))
    pieces, start = [], 0
    for line_ends in cut(units, line, cue, weights, limits):
        lines = []
        for end in line_ends:
            lines.append(Line(units=units, start=start, end=end))
            start = end
        pieces.append(Piece(lines=tuple(lines)))
    pieces.sort(key=lambda piece: piece.spoken.start_ms)
    if dialogues:
        pieces = share(pieces, limits)
    spans = fit_spans(
        [piece.spoken for piece in pieces],
        [needed_ms(piece.texts, limits) for piece in pieces],
        limits=limits, cuts=cuts, duration_ms=duration_ms,
    )  # fmt: skip
    return tuple(
        cue_of(piece, start_ms, end_ms, inner_times=inner_times)
        for piece, (start_ms, end_ms) in zip(pieces, spans, strict=True)
    )


def words_of(track: CaptionTrack) -> tuple[TimedText, ...]:
    """The words of a caption track with times: a cue's time is shared among its letters.

    Moments inside a cue (`<00:00:01.000>`) are kept; what stands between two of them shares the
    time from one to the other. Voices and tags stay with their words, and where a new cue has no
    voice of its own nobody is named. A cue of rolling captions, which stays while the next one is
    said, has its time until then; one that ends before it starts has no time to share.
    """
    words: list[TimedText] = []
    # In Japanese a line's end stands for a mark and becomes a space, in Chinese it is nothing.
    glues = primary(track.language) != "ja"
    for index, cue in enumerate(track.cues):
        start_ms = max(0, cue.start_ms)
        if words:
            start_ms = max(start_ms, words[-1].start_ms)
        end_ms = min(cue.end_ms, _taken_over(track.cues, index))
        words += _timed(_chunks(cue), start_ms, max(start_ms, end_ms), glues=glues)
    return tuple(words)


def _taken_over(cues: Sequence[Cue], index: int) -> int:
    """When the next cue takes over from one without voices; two voices may speak at once."""
    cue = cues[index]
    if index + 1 == len(cues) or "<v" in cue.payload or "<v" in cues[index + 1].payload:
        return cue.end_ms
    following_ms = cues[index + 1].start_ms
    return following_ms if following_ms > cue.start_ms else cue.end_ms


@dataclass(slots=True, kw_only=True)
class _Chunk:
    """A piece of a cue's text between tags, or an instant (`at_ms`) without any."""

    text: str = ""
    voice: str = ""
    tags: tuple[Node, ...] = ()
    at_ms: int | None = None


def _chunks(cue: Cue) -> Iterator[_Chunk]:
    def walk(items: tuple[str | Node, ...], voice: str, tags: tuple[Node, ...]) -> Iterator[_Chunk]:
        for item in items:
            if isinstance(item, str):
                yield _Chunk(text=item, voice=voice, tags=tags)
            elif item.tag == "time":
                yield _Chunk(at_ms=item.start_ms)
            elif item.tag == "v":
                yield from walk(item.children, item.annotation, tags)
            else:
                shell = Node(tag=item.tag, classes=item.classes, annotation=item.annotation)
                yield from walk(item.children, voice, (*tags, shell))

    return walk(cue.tree, "", ())


def _timed(
    chunks: Iterator[_Chunk], start_ms: int, end_ms: int, *, glues: bool
) -> Iterator[TimedText]:
    """The words of one cue."""
    found: list[_Chunk] = []
    joined: list[bool] = []
    marks: list[tuple[int, int]] = [(0, start_ms)]  # words so far, and the moment then
    open_word, last_space = False, ""
    for chunk in chunks:
        if chunk.at_ms is not None:
            open_word = False
            if marks[-1][1] <= chunk.at_ms <= end_ms:
                marks.append((len(found), chunk.at_ms))
            continue
        for part, spaced in _parts(chunk.text):
            if spaced:
                open_word, last_space = False, part
            elif open_word:
                found[-1].text += part
            else:
                glued = bool(found) and (
                    not last_space
                    or ("\n" in last_space and glues and phrases.both_han(found[-1].text, part))
                )
                joined.append(glued)
                found.append(_Chunk(text=part, voice=chunk.voice, tags=chunk.tags))
                open_word, last_space = True, ""
    marks.append((len(found), end_ms))
    for (first, from_ms), (last, to_ms) in pairwise(marks):
        total, done = sum(len(one.text) for one in found[first:last]), 0
        for index in range(first, last):
            one = found[index]
            begin_ms = from_ms + (to_ms - from_ms) * done // total
            done += len(one.text)
            yield TimedText(
                start_ms=begin_ms, end_ms=from_ms + (to_ms - from_ms) * done // total,
                text=one.text, voice=one.voice, tags=one.tags, joined=joined[index],
            )  # fmt: skip


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of white space and of other characters, in their order."""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or text[index].isspace() != text[start].isspace():
            yield text[start:index], text[start].isspace()
            start = index
