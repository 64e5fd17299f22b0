"""What happens in a transcript that a chat may react to: terms, laughter, new subjects, speech."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import formats
from loquitur.errors import LoquiturError, UsageError
from loquitur.insight.chats.reactions import Events
from loquitur.insight.spoken.windows import parse_window, windows_of
from loquitur.insight.terms import patterns
from loquitur.insight.terms.patterns import comparable
from loquitur.insight.tokens import tokens
from loquitur.insight.transcripts.novelty import measure
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.spoken.fragments import Fragment, Spoken
    from loquitur.insight.terms.patterns import Term

LAUGHTER = re.compile(
    r"[\[(（【♪*]\s*(?:[\w' ]{0,20}\s)?(?:laugh\w*|chuckl\w*|giggl\w*|웃음|笑い?声?|risas?|rires?|"
    r"lachen|gelächter|risos?|смех|смеется|смеётся)[^\])）】♪*]{0,20}[\])）】♪*]",
    re.IGNORECASE,
)
"""How captions write that somebody laughs, in some languages."""
_LAUGHED = frozenset({"laughter", "laughing", "laugh"})
_NOVEL_WINDOW = "words:60"
_LEAST_P = 0.05
_MOST_TERMS = 50


def events_of(
    spoken: Spoken, *, terms: Sequence[str] = (), path: str | Path = ""
) -> tuple[Events, ...]:  # fmt: skip
    """Every kind of event that a transcript has.

    Args:
        spoken: The transcript.
        terms: Words, phrases, `word*` (see `terms.patterns`); each is a kind of its own.
        path: The file, for laughter in brackets, which is no speech.

    Raises:
        UsageError: A term is none, or there are too many.
    """
    if len(terms) > _MOST_TERMS:
        raise UsageError(f"{len(terms)} terms are too many", hint=f"at most {_MOST_TERMS}")
    sought, _ = patterns.terms(terms)
    found = [
        Events(name=f"'{display(term.text)}'", at_ms=tuple(_said_at(spoken, term)))
        for term in sought
    ]
    laughs = sorted({*_laughs_felt(spoken), *_laughs_written(path)})
    if laughs:
        found.append(Events(name="laughter", at_ms=tuple(laughs)))
    surprises = _surprises(spoken)
    if surprises:
        found.append(Events(name="surprising moments", at_ms=surprises))
    starts = tuple(one.start_ms for one in spoken.fragments)
    return (*found, Events(name="utterances", at_ms=starts))


def _said_at(spoken: Spoken, term: Term) -> Iterator[int]:
    """When a term is said: of a word with times its own, else in proportion to the letters."""
    for fragment in spoken.fragments:
        text = comparable(fragment.text)
        for match in term.pattern.finditer(text):
            yield _place(fragment, text, match.start())


def _place(fragment: Fragment, text: str, at: int) -> int:
    seen = 0
    for word in fragment.words:
        said = comparable(word.text.strip())
        begins = text.find(said, seen)
        if begins < 0:
            break
        seen = begins + len(said)
        if seen > at:
            return word.start_ms
    share = at / max(1, len(text))
    return fragment.start_ms + int(share * (fragment.end_ms - fragment.start_ms))


def _laughs_felt(spoken: Spoken) -> Iterator[int]:
    for one in spoken.fragments:
        if one.feeling is not None and one.feeling.label.lower() in _LAUGHED:
            yield one.start_ms


def _laughs_written(path: str | Path) -> list[int]:
    """Cues of captions that say somebody laughs; none where the file is no caption file."""
    if not path:
        return []
    try:
        track = formats.read(Path(path))
    except LoquiturError:
        return []  # a transcript or list of words: it was read already, and has no such cues
    return [cue.start_ms for cue in track.cues if LAUGHTER.search(cue.text)]


def _surprises(spoken: Spoken) -> tuple[int, ...]:
    windows = windows_of(spoken, parse_window(_NOVEL_WINDOW))
    novelty = measure([tokens(window.text) for window in windows])
    places = sorted({one.window for one in novelty.moments if one.p <= _LEAST_P})
    return tuple(windows[place].start_ms for place in places)
