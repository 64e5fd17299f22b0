"""Passages: every word at its time, borders where nothing is torn, neighbours that overlap."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.insight.spoken.reading import read_spoken
from loquitur.insight.spoken.timeline import timeline
from loquitur.library.passages.cutting import MOST, MOST_MS, USUAL, Unit, windows
from loquitur.library.passages.remarks import Remark, moments_in, passages_of_remarks
from loquitur.library.passages.speech import passages_of
from loquitur.model.speech import Chapter, Feeling, SpokenWord

WORDS = ["abc", "so-called", "it's", "été,", "東京都は", "て", "end.", "what?", "한국어", "x" * 40]


def speech(seed):
    """Fragments in order, some with words that have times, some that overlap or fall silent."""
    rng = random.Random(seed)
    fragments, at = [], rng.randrange(5_000)
    for _ in range(rng.randint(1, 12)):
        texts = rng.choices(WORDS, k=rng.randint(1, 30))
        ends = [at + 10]
        words = []
        for text in texts:
            ends.append(ends[-1] + rng.randint(1, 900))
            words.append(SpokenWord(start_ms=ends[-2], end_ms=ends[-1], text=text))
        fragments.append(
            Fragment(
                start_ms=at, end_ms=ends[-1], text=" ".join(texts),
                speaker=rng.choice(["Anna", "Bob", None]),
                words=tuple(words) if rng.random() < 0.5 else (),
            )
        )  # fmt: skip
        at = max(at, ends[-1] + rng.choice([-800, 0, 500, 3_000, 11_000]))
    fragments.sort(key=lambda one: (one.start_ms, one.end_ms))
    return Spoken(name="x", title="x", fragments=tuple(fragments), language="en")


def cut(spoken, chapters=()):
    return passages_of(spoken, media_id="youtube:abc", part="speech:en", chapters=chapters)


def bare(text):
    """A text as a recogniser heard it: what restoring changes is taken away."""
    return re.sub(r"[^\w]", "", text).lower()


@settings(max_examples=30)
@given(
    st.integers(0, 1 << 32), st.lists(st.integers(0, 60_000), unique=True, max_size=3).map(sorted)
)
def test_every_word_is_in_a_passage_at_its_own_time(seed, starts):
    spoken = speech(seed)
    line = timeline(spoken)
    chapters = tuple(Chapter(start_ms=ms, title=f"c{ms}") for ms in starts)
    found = cut(spoken, chapters)
    assert [one.number for one in found] == list(range(len(found)))
    due = 0  # the first piece that is in no passage yet
    for one in found:
        pieces = len(one.offsets)
        first = next(
            at for at in range(due + 1)
            if tuple(line.starts_ms[at : at + pieces]) == one.times_ms
            and bare(line.text(at, at + pieces)) == bare(one.text)
        )  # fmt: skip
        assert first <= due < first + pieces or due == first
        due = max(due, first + pieces)
        for place, offset in enumerate(one.offsets):
            assert bare(one.text[offset:]).startswith(bare(line.texts[first + place]))
        assert one.start_ms == min(one.times_ms)
        assert one.sentences[0] == 0
        assert set(one.sentences) <= set(one.offsets)
        assert list(one.offsets) == sorted(set(one.offsets))
        assert one.end_ms - one.start_ms <= MOST_MS or pieces < 40
        begun = [ms for ms in starts if ms <= min(one.times_ms)]
        if not any(a > b for a, b in pairwise(line.starts_ms)):
            assert one.chapter == (f"c{begun[-1]}" if begun else "")
            assert not any(one.start_ms < ms <= max(one.times_ms) for ms in starts)
    assert due == len(line)


def units(seed):
    """Sentences of any length, silences, speakers and walls."""
    rng = random.Random(seed)
    found, at = [], 0
    for number in range(rng.randint(0, 60)):
        at += rng.choice([0, 0, 500, 4_000])
        length = rng.randint(1, MOST_MS // 3)
        found.append(
            Unit(
                first=number, end=number + 1, weight=rng.randint(1, rng.choice([40, MOST])),
                start_ms=at, end_ms=at + length, speaker=rng.choice("AB"),
                opens=rng.random() < 0.5, walled=rng.random() < 0.1,
            )
        )  # fmt: skip
        at += length
    return found


@settings(max_examples=60)
@given(st.integers(0, 1 << 32))
def test_windows_hold_all_units_within_their_bounds(seed):
    found = units(seed)
    ranges = windows(found)
    assert sorted({at for first, end in ranges for at in range(first, end)}) == [*range(len(found))]
    for first, end in ranges:
        own = found[first:end]
        weight = sum(one.weight for one in own)
        assert len(own) == 1 or weight <= MOST
        assert len(own) == 1 or own[-1].end_ms - own[0].start_ms <= MOST_MS
        assert not any(one.walled for one in own[1:])
    for (first, end), (after, last) in pairwise(ranges):
        assert first < after <= end < last  # each goes further than the one before
        shared = sum(one.weight for one in found[after:end])
        assert shared <= 0.6 * USUAL


def sentence(number, words=10, at=0, speaker=None):
    text = " ".join([f"Word{number}", *("said" for _ in range(words - 2)), "so."])
    start = at or number * 4_000
    return Fragment(start_ms=start, end_ms=start + 3_900, text=text, speaker=speaker)


def spoken_of(*fragments):
    return Spoken(name="x", title="x", fragments=fragments, language="en")


def test_windows_have_about_eighty_words_and_share_a_quarter():
    found = cut(spoken_of(*(sentence(number) for number in range(40))))
    sizes = [len(one.text.split()) for one in found]
    assert all(70 <= size <= 120 for size in sizes)
    for one, other in pairwise(found):
        shared = (one.end_ms - other.start_ms) / 4_000
        assert 1 <= shared <= 4


def test_a_silence_and_a_chapter_are_walls():
    early = [sentence(number) for number in range(3)]
    late = [sentence(number, at=30_000 + 4_000 * number) for number in range(3)]
    found = cut(spoken_of(*early, *late), (Chapter(start_ms=34_000, title="  Two \n parts "),))
    assert [(one.start_ms, one.end_ms, one.chapter) for one in found] == [
        (0, 11_900, ""), (30_000, 33_900, ""), (34_000, 41_900, "Two parts"),
    ]  # fmt: skip


def test_a_passage_ends_where_another_speaks():
    said = [sentence(n, speaker="Anna") for n in range(7)]
    said += [sentence(n, speaker="Bob") for n in range(7, 14)]
    found = cut(spoken_of(*said))
    assert [(one.speaker, one.speakers) for one in found] == [
        ("Anna", ("Anna",)), ("Bob", ("Bob",)),
    ]  # fmt: skip


def test_moods_speakers_and_untimed_text_are_kept():
    feeling = Feeling(start_ms=0, end_ms=900, label="joy", score=0.9)
    one = Fragment(start_ms=0, end_ms=900, text="Hello there.", speaker="Anna", feeling=feeling)
    two = Fragment(start_ms=900, end_ms=1_500, text="Hm.", speaker="Bob")
    (found,) = cut(spoken_of(one, two))
    assert (found.emotion, found.speaker, found.speakers) == ("joy", "Anna", ("Anna", "Bob"))
    assert found.sentences == (0, 13)
    guessed = Spoken(name="x", title="x", fragments=(one,), times_known=False)
    assert not cut(guessed, (Chapter(start_ms=0, title="c"),))[0].timed


def test_nothing_said_is_no_passage():
    assert cut(spoken_of()) == ()


def test_a_run_without_blanks_is_cut_too():
    chinese = "我们今天讨论对称性和群论的基本概念" * 60
    found = cut(spoken_of(Fragment(start_ms=0, end_ms=300_000, text=chinese)))
    assert len(found) > 3
    assert max(len(one.text) for one in found) <= MOST
    assert max(one.end_ms - one.start_ms for one in found) <= MOST_MS + 1_000


@pytest.mark.parametrize(
    "name", ["seeds/siraj_t5qgjJIBy9g.en.srt", "seeds/equivariant_2bP_KuBrXSc.en.json"]
)
def test_rolling_captions_of_the_course_say_each_line_once(shared, name):
    spoken = read_spoken(shared / name)
    text = timeline(spoken)
    said = " ".join(one.text for one in spoken.fragments)
    found = cut(spoken)
    due = -1
    kept = []
    for one in found:  # what is shared is at the same times: counted once
        ends = [*one.offsets[1:], len(one.text)]
        for offset, end, ms in zip(one.offsets, ends, one.times_ms, strict=True):
            if ms > due:
                kept.append(one.text[offset:end])
                due = ms
    assert len(kept) == len(text)
    assert bare("".join(kept))[:20_000] == bare(said)[:20_000]


# --- what is written ------------------------------------------------------------------------------


def written(*remarks, **more):
    return passages_of_remarks(remarks, media_id="youtube:abc", part="comments:und", **more)


def test_each_comment_is_a_passage_of_its_author():
    found = written(Remark(text="So good!\nThanks.", author="ann"), Remark(text="No", author="bob"))
    assert [(one.text, one.speaker, one.timed) for one in found] == [
        ("So good! Thanks.", "ann", False), ("No", "bob", False),
    ]  # fmt: skip
    assert found[0].sentences == (0, 9)


def test_a_moment_that_a_comment_names_is_its_time():
    (found,) = written(Remark(text="I laughed at 1:05 and 12:34, at 99:99"), duration_ms=800_000)
    assert (found.start_ms, found.timed) == (65_000, True)
    assert found.text[found.offsets[1] :].startswith("12:34")
    assert found.times_ms == (65_000, 754_000)
    assert found.end_ms == 759_000


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1:02:03", [3_723_000]),
        ("see (0:07)", [7_000]),
        ("at 10:30 pm", []),
        ("score 3:1, 2024-01-02 10:00:00.5", [36_000_000]),
        ("1:2:3:4:5", []),
    ],
)
def test_what_is_a_moment(text, ms):
    assert [one for _, one in moments_in(text)] == ms


def test_messages_of_a_chat_share_passages_until_it_falls_silent():
    said = [
        Remark(text=f"message {at}", author=f"a{at % 2}", start_ms=at * 1_000) for at in range(10)
    ]
    found = written(*said, Remark(text="later", start_ms=200_000), together=True)
    assert [(one.start_ms, one.speaker, one.speakers) for one in found] == [
        (0, "", ("a0", "a1")), (200_000, "", ()),
    ]  # fmt: skip
    assert found[0].time_of(found[0].text.index("message 4")) == 4_000


def test_a_long_comment_is_several_passages():
    found = written(Remark(text="Well, that is a thing to say here. " * 60, author="ann"))
    assert len(found) > 3
    assert {one.speaker for one in found} == {"ann"}
    assert max(len(one.text.split()) for one in found) <= 120


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(st.text(max_size=40), max_size=3), st.booleans())
def test_any_text_is_cut(texts, together):
    found = written(*(Remark(text=text) for text in texts), together=together)
    said = re.sub("[\0\ud800-\udfff]", "\ufffd", "".join("".join(texts).split()))
    assert "".join("".join(one.text.split()) for one in found) == said
    for one in found:
        assert len(one.text.splitlines()) == 1
        one.text.encode()
