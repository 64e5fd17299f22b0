"""A transcript cut into cues: what stands together on screen, and from when to when.

First version of the segmentation; this module alone decides spans. Cues are cut by dynamic
programming over the worth of breaks after sentences, commas and pauses. The costs are set by hand,
not tuned. On the twelve English talks of google-captions (32 x 2, an even clock, so that pauses
give nothing away) it finds the cue breaks of the human captioners with F1 0.68, all line breaks
with 0.60; filling lines greedily gives 0.10 and 0.18.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from loquitur.model.captions import CaptionTrack, Cue, Node, notes_of
from loquitur.model.speech import UNKNOWN_MOOD
from loquitur.subtitles.layout import break_lines, ends_phrase, ends_sentence, reaches, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.model.speech import SpokenWord, Transcript, Utterance

CUE_COST = 2.0
"""So that a sentence end is worth a new cue, a comma only where length or a pause asks for one."""
FILL_COST = 0.5
"""Of a full cue; quadratic, so that what needs two cues is shared evenly between them."""
SHORT_COST = 1.2
SHORT_WIDTH = 16
INNER_SENTENCE_COST = 0.9
SENTENCE_WORTH = 3.0
PHRASE_WORTH = 1.6
PLAIN_BREAK_COST = 0.4
PAUSE_WORTH = 2.0
LONG_PAUSE_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOptions:
    """What a cue may be.

    Args:
        line_width: Character cells on a line; a wide character takes two.
        line_count: Lines of a cue.
        longest_ms: No cue is shown longer, not even that of one longer word.
        shortest_ms: A cue said faster than this stays that long, where time is free: 20 frames at
            24 per second, the Netflix minimum.
        pause_ms: A silence of at least this length ends a cue.
    """

    line_width: int = 42
    line_count: int = 2
    longest_ms: int = 7_000
    shortest_ms: int = 833
    pause_ms: int = 2_000

    def __post_init__(self) -> None:
        if min(self.line_width, self.line_count, self.shortest_ms, self.pause_ms) <= 0:
            raise ValueError(f"segmentation limits must be positive: {self}")
        if self.longest_ms < self.shortest_ms:
            raise ValueError(f"longest_ms is below shortest_ms: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Words that share a cue; `voice` names speaker and mood."""

    words: tuple[SpokenWord, ...]
    texts: tuple[str, ...]
    voice: str

    @property
    def start_ms(self) -> int:
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        return max(word.end_ms for word in self.words)


def segment(transcript: Transcript, *, options: SegmentOptions | None = None) -> CaptionTrack:
    """Cut a transcript into a caption track: every word once, in order.

    A new cue begins with each utterance (another speaker, another mood), at a pause, and where
    length asks for it: then after a sentence, a comma or a longer pause, in this order. Cues are
    sorted, never overlap, and stay on screen for `shortest_ms` where the next cue leaves time;
    a cue that begins while another is said ends that one.

    Args:
        transcript: What to show.
        options: The limits; the defaults where None.

    Returns:
        Cues of one voice node each, annotated `Name (feeling)`; the notes say where the transcript
        is of draft quality, and all that it says of itself.
    """
    options = options or SegmentOptions()
    names = {speaker.id: speaker.name or speaker.id for speaker in transcript.speakers}
    pieces = [
        piece
        for utterance in transcript.utterances
        for piece in _pieces(utterance, names.get(utterance.speaker, utterance.speaker), options)
    ]
    pieces.sort(key=lambda piece: piece.start_ms)
    spans = _spans(pieces, transcript.duration_ms, options)
    cues = tuple(
        Cue.of(start_ms=start_ms, end_ms=end_ms, tree=(_voice(piece, options.line_width),))
        for piece, (start_ms, end_ms) in zip(pieces, spans, strict=True)
    )
    return CaptionTrack(
        language=transcript.language, cues=cues, blocks=notes_of(_notes(transcript))
    )


def _pieces(utterance: Utterance, name: str, options: SegmentOptions) -> Iterator[_Piece]:
    label = utterance.feeling.label if utterance.feeling else ""
    voice = f"{name} ({label})" if label not in ("", UNKNOWN_MOOD) else name
    for words in _breaths(utterance.words, options.pause_ms):
        texts = tuple(" ".join(word.text.split()) for word in words)
        start = 0
        for end in _cuts(words, texts, options):
            yield _Piece(words=words[start:end], texts=texts[start:end], voice=voice)
            start = end


def _breaths(words: tuple[SpokenWord, ...], pause_ms: int) -> Iterator[tuple[SpokenWord, ...]]:
    """The words between pauses."""
    start, silent_from = 0, words[0].end_ms
    for index, word in enumerate(words):
        if word.start_ms - silent_from >= pause_ms:
            yield words[start:index]
            start = index
        silent_from = max(silent_from, word.end_ms)
    yield words[start:]


def _cuts(words: Sequence[SpokenWord], texts: Sequence[str], options: SegmentOptions) -> list[int]:
    """The indices after the last word of each cue, of least cost together."""
    count = len(words)
    widths = [width(text) for text in texts]
    offsets = [0, *accumulate(one + 1 for one in widths)]
    sentences = [0, *accumulate(int(ends_sentence(text)) for text in texts)]
    after = [_break_cost(words, texts, index) for index in range(count)]
    reach = reaches(widths, options.line_width)
    capacity = options.line_width * options.line_count
    best = [0.0] * (count + 1)
    cut = [count] * (count + 1)
    for start in range(count - 1, -1, -1):
        limit = start
        for _ in range(options.line_count):
            limit = reach[limit] if limit < count else limit
        until_ms = words[start].start_ms + options.longest_ms
        lowest = float("inf")
        for end in range(start + 1, limit + 1):
            if words[end - 1].end_ms > until_ms and end > start + 1:
                break
            filled = offsets[end] - offsets[start] - 1
            inner = sentences[end - 1] - sentences[start]
            cost = CUE_COST + FILL_COST * (filled / capacity) ** 2 + INNER_SENTENCE_COST * inner
            if filled < SHORT_WIDTH:
                cost += SHORT_COST * (1 - filled / SHORT_WIDTH)
            cost += after[end - 1] + best[end]
            if cost < lowest:
                lowest, cut[start] = cost, end
        best[start] = lowest
    cuts, position = [], 0
    while position < count:
        position = cut[position]
        cuts.append(position)
    return cuts


def _break_cost(words: Sequence[SpokenWord], texts: Sequence[str], index: int) -> float:
    """What it costs to end a cue after a word; less than nothing where one should."""
    if index + 1 == len(words):
        return 0.0
    gap_ms = words[index + 1].start_ms - words[index].end_ms
    worth = PAUSE_WORTH * min(max(gap_ms, 0), LONG_PAUSE_MS) / LONG_PAUSE_MS
    if ends_sentence(texts[index]):
        return -SENTENCE_WORTH - worth
    if ends_phrase(texts[index]):
        return -PHRASE_WORTH - worth
    return PLAIN_BREAK_COST - worth


def _spans(
    pieces: Sequence[_Piece], duration_ms: int, options: SegmentOptions
) -> list[tuple[int, int]]:
    """When each cue is on screen: sorted, apart, and long enough where there is room."""
    starts = _starts(pieces, options)
    spans = []
    for index, (piece, start_ms) in enumerate(zip(pieces, starts, strict=True)):
        said_until_ms = max(piece.end_ms, start_ms + 1)
        # Reading time is taken from silence, but not from beyond the end of the medium.
        stay_until_ms = min(start_ms + options.shortest_ms, max(duration_ms, said_until_ms))
        end_ms = min(max(said_until_ms, stay_until_ms), start_ms + options.longest_ms)
        if index + 1 < len(starts):
            end_ms = min(end_ms, starts[index + 1])
        spans.append((start_ms, end_ms))
    return spans


def _starts(pieces: Sequence[_Piece], options: SegmentOptions) -> list[int]:
    """Strictly rising starts: cues said from the same moment on share the time they have."""
    starts: list[int] = []
    first = 0
    while first < len(pieces):
        start_ms = pieces[first].start_ms
        last = first
        while last < len(pieces) and pieces[last].start_ms == start_ms:
            last += 1
        together = pieces[first:last]
        room_ms = max(piece.end_ms for piece in together) - start_ms
        room_ms = max(room_ms, options.shortest_ms * (last - first))
        if last < len(pieces):
            room_ms = min(room_ms, pieces[last].start_ms - start_ms)
        for rank in range(last - first):
            share_ms = start_ms + room_ms * rank // (last - first)
            starts.append(max(share_ms, starts[-1] + 1) if starts else share_ms)
        first = last
    return starts


def _voice(piece: _Piece, line_width: int) -> Node:
    lines = break_lines(piece.texts, line_width)
    return Node(tag="v", annotation=piece.voice, children=("\n".join(lines),))


def _notes(transcript: Transcript) -> tuple[str, ...]:
    drafts = dict.fromkeys(item.engine for item in transcript.provenance if item.draft)
    if not drafts:
        return transcript.notes
    return (f"Draft quality: made by {', '.join(drafts)}; check before use.", *transcript.notes)
