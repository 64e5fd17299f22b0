"""Tracks for the tests of captions as they are found."""

from __future__ import annotations

from hypothesis import strategies as st

from loquitur import formats
from loquitur.formats import Document
from loquitur.model.captions import Block, CaptionTrack, Cue


def vtt(text, **more):
    return formats.read(Document.of_text("WEBVTT\n\n" + text), form="vtt", **more)


def srt(*texts, lasts_ms=1_000):
    """Cues one after the other, one a second and a half."""
    cues = tuple(
        Cue(start_ms=at * 1_500, end_ms=at * 1_500 + lasts_ms, payload=text, notation="srt")
        for at, text in enumerate(texts)
    )
    return CaptionTrack(language="en", cues=cues, format="srt")


def words(track):
    return " ".join(cue.text for cue in track.cues).split()


def spans(track):
    return [(cue.start_ms, cue.end_ms) for cue in track.cues]


_WORDS = st.lists(
    st.sampled_from(
        ["a", "very", "boat,", "Ann:", "[x]", "- no", "♪", "naïve", "日本", "<i>so</i>"]
    ),
    min_size=1,
    max_size=5,
)


@st.composite
def tracks(draw, most=8):
    """Cues in order, apart, some with times inside, some comments between."""
    at, cues = draw(st.integers(0, 5_000)), []
    for number in range(draw(st.integers(0, most))):
        lasts = draw(st.integers(1, 5_000))
        payload = " ".join(draw(_WORDS))
        if draw(st.booleans()):
            inner = at + lasts // 2
            stamp = f"<00:00:{inner // 1000:02d}.{inner % 1000:03d}>" if inner < 60_000 else ""
            payload += f" {stamp}end"
        cues.append(Cue(start_ms=at, end_ms=at + lasts, payload=payload, id=str(number)))
        at += lasts + draw(st.integers(0, 3_000))
    blocks = [
        Block(kind="note", text=f"note {number}", before=place)
        for number, place in enumerate(
            sorted(draw(st.lists(st.integers(0, len(cues)), max_size=2, unique=True)))
        )
    ]
    return CaptionTrack(language="en", cues=tuple(cues), format="vtt", blocks=tuple(blocks))
