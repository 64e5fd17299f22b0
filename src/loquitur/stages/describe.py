"""describe: the pictures of a medium to sentences, span by span; a finished part is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from loquitur.codec import decode, encode
from loquitur.errors import InputError
from loquitur.model.media import Shots
from loquitur.model.vision import Description, Descriptions
from loquitur.text import display
from loquitur.vision.spans import Cutting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.media.isolation import Child
    from loquitur.protocols import Work
    from loquitur.timing import Span

VERSION = 1
ENGINE = "description"
RESULT = Descriptions
INPUTS = {"media": "media", "shots": "shots"}
_PART = 16
"""Spans a part: what a killed run loses of them is made again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Cutting):
    """What gets a sentence each (see `vision.spans.Cutting`), and of which section of the medium.

    Args:
        start_ms: Where to begin; None for the beginning.
        end_ms: Where to end; None for the end.
    """

    start_ms: int | None = None
    end_ms: int | None = None

    def __post_init__(self) -> None:
        Cutting.__post_init__(self)
        if self.end_ms is not None and self.end_ms <= (self.start_ms or 0):
            raise ValueError(f"no section: {self.start_ms} to {self.end_ms} ms")


def run(work: Work) -> Descriptions:
    """A sentence for each span, by start.

    Raises:
        InputError: The medium has no moving pictures, or none of them can be seen.
    """
    from loquitur.media.isolation import Child

    shots = work.take("shots", Shots) if work.has("shots") else None
    spans, end_ms = _spans(work, shots)
    cuts_ms = shots.cuts_ms if shots is not None else ()
    engine = work.engine
    found: list[Description] = []
    warnings: list[str] = []
    with Child() as child:  # one for all spans: starting it costs more than a short one
        for at in range(0, len(spans), _PART):
            part = spans[at : at + _PART]
            name = f"{at}-{part[0].start_ms}-{part[-1].end_ms}-{len(part)}"
            data = work.parts.fetch(name, partial(_part, work, part, end_ms, cuts_ms, child))
            made = decode(data, Descriptions)
            found += made.descriptions
            warnings += made.warnings
            work.progress(min(part[-1].end_ms, end_ms), end_ms)
    if not found:
        raise InputError(
            f"{display(work.media.title)}: none of its pictures could be seen",
            hint="the file may be damaged: loquitur describe frames shows what is in it",
        )
    return Descriptions(
        media_id=work.media.media_id,
        language=engine.language,
        engine=work.stamp,
        descriptions=tuple(found),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _spans(work: Work, shots: Shots | None) -> tuple[tuple[Span, ...], int]:
    """The spans that get a sentence, and where the pictures end."""
    from loquitur.media.frames import look
    from loquitur.vision.spans import spans_of

    title = display(work.media.title)
    if not work.media.has_video:
        raise InputError(f"{title}: it has sound alone, and no pictures to describe")
    options = work.options
    start_ms = options.start_ms or 0
    end_ms = max(1, look(work.media_path).duration_ms or work.media.duration_ms or 0)
    if shots is not None:
        end_ms = max(end_ms, shots.end_ms + 1 if shots.frame_count else 0)
    if options.end_ms is not None:
        end_ms = min(end_ms, options.end_ms)
    if start_ms >= end_ms:
        raise InputError(f"{title}: its pictures end at {end_ms} ms, before {start_ms} ms")
    cuts = shots.cuts_ms if shots is not None else ()
    try:
        return spans_of(start_ms, end_ms, options, cuts_ms=cuts), end_ms
    except ValueError as exc:
        raise InputError(f"{title}: {exc}", hint="--length takes longer windows") from exc


def _part(
    work: Work, spans: Sequence[Span], end_ms: int, cuts_ms: Sequence[int], child: Child
) -> bytes:
    """The descriptions of some spans, as they are kept."""
    from loquitur.vision.sentences import described

    found: list[Description] = []
    warnings: list[str] = []
    for span in spans:
        is_last = span.end_ms >= end_ms and work.options.end_ms is None
        one = described(
            work.media_path,
            span,
            work.engine,
            to_the_end=is_last,
            cuts_ms=cuts_ms,
            child=child,
            warn=warnings.append,
        )
        if one is not None:
            found.append(one)
        work.progress(span.end_ms, end_ms)
    return encode(
        Descriptions(
            media_id=work.media.media_id,
            language=work.engine.language,
            engine=work.stamp,
            descriptions=tuple(found),
            warnings=tuple(warnings),
        )
    )
