from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.formats.chapter_list import faults, read, write
from loquitur.model.speech import Chapter

starts = st.lists(st.integers(0, 40_000), unique=True, max_size=20).map(sorted)
words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@settings(max_examples=40)
@given(starts, st.lists(words, min_size=20, max_size=20))
def test_what_is_written_is_read(seconds, titles):
    chapters = tuple(
        Chapter(start_ms=at * 1000, title=title) for at, title in zip(seconds, titles, strict=False)
    )
    assert read(write(chapters)) == chapters


def test_as_people_write_them():
    text = (
        "About 10:30 in the morning\n00:00 Intro\n[1:02:03] End\n2:05 \u2013 Dash\n90:00 Late\n"
        "1:75 no"
    )
    assert [(one.start_ms // 1000, one.title) for one in read(text)] == [
        (0, "Intro"), (3723, "End"), (125, "Dash"), (5400, "Late"),
    ]  # fmt: skip


def test_a_title_stays_on_its_line_and_starts_are_at_or_before():
    text = write([Chapter(start_ms=59_999, title="a\n0:00 b")])
    assert text == "0:59 a 0:00 b\n"


def made(*seconds):
    return [Chapter(start_ms=at * 1000, title="x") for at in seconds]


def test_what_youtube_refuses_is_said():
    assert faults(made(0, 60, 120), duration_ms=180_000) == ()
    assert "at least 3" in faults(made(0, 60))[0]
    assert "at least 3" in faults([])[0]
    assert "0:01" in faults(made(1, 60, 120))[0]
    assert "the chapter at 0:00 is shorter" in faults(made(0, 9, 120))[0]
    assert "shorter" in faults(made(0, 60, 120), duration_ms=125_000)[0]
    assert "stands after" in faults(made(0, 120, 60))[0]
