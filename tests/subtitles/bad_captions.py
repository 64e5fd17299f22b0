"""Caption files as they should not be, and what must survive their mending."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import strategies as st

from loquitur.model.captions import PLAIN_SETTINGS, Block, CaptionTrack, Cue, Settings
from loquitur.model.speech import Word

WORDS = [
    "the", "sea", "a", "I", "i", "No.", "Yes!", "wait", "...", "…", "--", "and", "of", "Mr.",
    "Hello,", "don't", "don’t", "'quoted'", '"so"', "''x''", "10", "3", "longer" * 4, "x" * 60,
    "- Who?", "-You", "[door", "slams]", "(bang)", "♪", "#", "Ann:", ">>", "今日は", "講演。",
    "「はい」", "한국어", "สวัสดีครับ", "שלום", "مرحبا", "\u200eabc", "\u202bעברית\u202c", "क्षमा",
    "!!", "word,word", " ,", "&amp;", "<i>", "</i>", "<b>", "</b>", "<v Ann>", "</v>", "<c.red>",
    "</c>", "{\\an8}", "<00:00:01.000>", "<ruby>漢<rt>かん</rt></ruby>", "&lt;", "3 < 4", "\u00a0",
    "\u200b", "\ufeff", "\x07", "  ",
]  # fmt: skip
SEA = re.findall(
    r"\S+",
    "the sea is wide and the wind is cold today we sail with Captain Ahab no we do not Yes we do",
)
PLACES = [PLAIN_SETTINGS] * 5 + [Settings(line=0)]

payloads = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", " ", " ", "\n", "", "  ", "\n\n"])),
    max_size=14,
).map(lambda pairs: "".join(word + gap for word, gap in pairs))


@st.composite
def wild_tracks(draw):
    """Any times, any text, in any notation; a comment somewhere."""
    cues = [
        Cue(
            start_ms=(start := draw(st.integers(-1_000, 20_000))),
            end_ms=start
            + draw(st.one_of(st.integers(-500, 9_000), st.integers(0, 100), st.just(25_000))),
            payload=draw(payloads),
            notation=draw(st.sampled_from(["vtt", "srt", "plain"])),
            settings=draw(st.sampled_from(PLACES)),
        )
        for _ in range(draw(st.integers(0, 6)))
    ]
    note = Block(kind="note", text="n", before=draw(st.integers(0, len(cues))))
    return CaptionTrack(language="", cues=tuple(cues), blocks=(note,))


@st.composite
def dense_tracks(draw):
    """Speech in cues close together, overlapping or late, with its words and cuts nearby."""
    at, cues, words = draw(st.integers(0, 500)), [], []
    late = draw(st.integers(-2_500, 2_500))
    for _ in range(draw(st.integers(1, 7))):
        start = max(0, at + draw(st.integers(-300, 700)))
        time, count = draw(st.integers(0, 3_000)), draw(st.integers(1, 12))
        first, cut = draw(st.integers(0, 30)), draw(st.integers(0, count))
        said = [SEA[(first + step) % len(SEA)] for step in range(count)]
        text = " ".join(said[:cut]) + draw(st.sampled_from(["\n", " "])) + " ".join(said[cut:])
        cues.append(
            Cue(
                start_ms=start,
                end_ms=start + time,
                payload=text.strip(),
                notation="srt",
                settings=draw(st.sampled_from(PLACES)),
            )
        )
        for step, word in enumerate(said):
            begin = max(0, start + late + step * max(time, 100) // count)
            words.append(Word(start_ms=begin, end_ms=begin + max(60, time // count), text=word))
        at = start + time
    words.sort(key=lambda word: word.start_ms)
    cuts = [
        max(0, draw(st.sampled_from(cues)).start_ms + draw(st.integers(-600, 600)))
        for _ in range(draw(st.integers(0, 4)))
    ]
    return CaptionTrack(language="en", cues=tuple(cues)), words, cuts


def track_of(*cues, language="en", notation="srt", **more):
    """A track of `(start, end, text)`."""
    return CaptionTrack(
        language=language,
        cues=tuple(
            Cue(start_ms=start, end_ms=end, payload=text, notation=notation)
            for start, end, text in cues
        ),
        **more,
    )


def ink(track):
    """Every letter and digit that is shown, and how often."""
    return Counter("".join(re.sub(r"\W", "", cue.text).casefold() for cue in track.cues))


def words_of(track):
    """The words that are shown, in their order; those of scripts with blanks between words."""
    return [
        word
        for cue in sorted(track.cues, key=lambda cue: cue.start_ms)
        for word in re.findall(r"\w+", cue.text.casefold())
        if word.isascii()
    ]


def dropped(repairs):
    """What was taken out because it was shown twice, as letters."""
    return Counter(re.sub(r"\W", "", "".join(one.dropped for one in repairs)).casefold())
