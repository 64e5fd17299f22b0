"""One clip of the page: its frames, the references, what each voice says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.evaluation.sentences.scoring import MEASURES
from loquitur.evaluation.sentences.tokens import tokens_of
from loquitur.insight.page.markup import escaped
from loquitur.timing import short_clock
from loquitur.vision.judging.judge import scene_of
from loquitur.vision.shapes import parse, saying_of, scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.evaluation.sentences.scoring import ClipScore
    from loquitur.vision.clips import Clip
    from loquitur.vision.gallery.strips import Strip

_MOST_REFERENCES = 8
_MOST_TEXT = 600


def card_html(
    clip: Clip,
    strip: Strip,
    said: Sequence[tuple[str, ClipScore | None]],
    *,
    number: int,
    language: str,
    measures: Sequence[str],
) -> str:
    """A clip as an element `article`.

    Args:
        clip: With its references.
        strip: Its frames.
        said: Of each voice its name and its sentence; None where it says nothing of this clip.
        number: Its place in the data of the page.
        language: Of the sentences.
        measures: Which are shown beside each sentence.
    """
    texts = list(dict.fromkeys(clip.texts(language)))
    known = {token for text in texts for token in tokens_of(text, language)}
    lines = "".join(
        _sentence(name, row, known, measures, language, right=is_right(clip, row))
        for name, row in said
    )
    wanted = "".join(
        f'<li dir="auto">{escaped(text, _MOST_TEXT)}</li>' for text in texts[:_MOST_REFERENCES]
    )
    if len(texts) > _MOST_REFERENCES:
        wanted += f'<li class="note">and {len(texts) - _MOST_REFERENCES} more</li>'
    about = [escaped(clip.split, 40), escaped(clip.category, 40), _span(clip)]
    note = " · ".join(part for part in about if part)
    return (
        f'<article class="clip" data-n="{number}">{_picture(strip, clip)}'
        f"<h3><bdi>{escaped(clip.clip_id, 120)}</bdi> <small>{note}</small></h3>"
        f'<dl class="said">{lines}</dl><ul class="refs">{wanted}</ul></article>'
    )


def is_right(clip: Clip, row: ClipScore | None) -> bool | None:
    """Whether a sentence says all that a generated clip shows; None of other clips."""
    name = scene_of(clip)
    if not name or row is None:
        return None
    told = parse(row.prediction)
    return told is not None and told.key == saying_of(scene(name)).key


def _sentence(
    name: str,
    row: ClipScore | None,
    known: set[str],
    measures: Sequence[str],
    language: str,
    *,
    right: bool | None,
) -> str:
    if row is None:
        return f"<dt><bdi>{escaped(name, 60)}</bdi></dt><dd><i>nothing</i></dd>"
    figures = " · ".join(
        f"{MEASURES[key]} {value:.2f}"
        for key in measures
        if (value := row.values.get(key)) is not None
    )
    sign = ""
    if right is not None:
        sign = '<b class="yes">right</b> ' if right else '<b class="no">wrong</b> '
    return (
        f"<dt><bdi>{escaped(name, 60)}</bdi></dt>"
        f'<dd><span dir="auto">{_marked(row.prediction, known, language)}</span>'
        f'<small class="note">{sign}{figures}</small></dd>'
    )


def _marked(text: str, known: set[str], language: str) -> str:
    """A sentence in which words are marked that no reference has."""
    words = text[:_MOST_TEXT].split()
    if not words:
        return "<i>no word</i>"
    shown = []
    for word in words:
        tokens = tokens_of(word, language)
        strange = bool(tokens) and not any(token in known for token in tokens)
        shown.append(f"<u>{escaped(word)}</u>" if strange else escaped(word))
    return " ".join(shown) + ("…" if len(text) > _MOST_TEXT else "")


def _picture(strip: Strip, clip: Clip) -> str:
    if not strip.address:
        return f'<p class="none">{escaped(strip.why, 200)}</p>'
    times = ", ".join(f"{at_ms / 1000:.1f}" for at_ms in strip.times_ms)
    return (
        f'<img src="{strip.address}" width="{strip.width_px}" height="{strip.height_px}" '
        f'alt="Frames of {escaped(clip.clip_id, 120)} at {times} s" loading="lazy">'
    )


def _span(clip: Clip) -> str:
    if clip.start_ms is None and clip.end_ms is None:
        return ""
    end = "end" if clip.end_ms is None else short_clock(clip.end_ms)
    return f"{short_clock(clip.start_ms or 0)}–{end}"
