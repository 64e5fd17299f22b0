from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes_files import spans, srt, tracks, vtt, words

from loquitur import formats
from loquitur.errors import UsageError
from loquitur.formats import Document
from loquitur.subtitles.joining import bilingual, concatenated, together
from loquitur.subtitles.parting import by_chapters, by_length, parted


def said(*tracks):
    return sorted(word for track in tracks for word in words(track))


@settings(max_examples=40)
@given(tracks(), tracks())
def test_merging_keeps_every_word_of_every_cue_once(first, second):
    for result in (
        bilingual(first, second),
        bilingual(first, second, how="places"),
        together([first, second]),
        together([first, second], names=["Ann", "Bob"]),
        concatenated([first, second], [0, 60_000]),
    ):
        assert said(result) == said(first, second)
        assert set(result.notes) == set(first.notes) | set(second.notes)


def test_two_languages_stand_in_one_cue(shared):
    folder = shared / "subtitles" / "elephants-dream"
    english, japanese = (formats.read(folder / f"captions.{code}.vtt") for code in ("en", "ja"))
    result = bilingual(english, japanese)
    assert len(result.cues) == len(english.cues)
    assert result.cues[0].text == "At the left we can see...\n左に見えるのは…"
    apart = bilingual(english, japanese, how="places")
    assert len(apart.cues) == len(english.cues) + len(japanese.cues)
    assert {cue.settings.line for cue in apart.cues} == {None, 0}


def test_a_cue_without_a_partner_stands_alone():
    first = vtt("00:01.000 --> 00:02.000\na")
    second = vtt("00:01.500 --> 00:02.500\nb\n\n00:05.000 --> 00:06.000\nc")
    result = bilingual(first, second)
    assert [(cue.text, cue.start_ms, cue.end_ms) for cue in result.cues] == [
        ("a\nb", 1_000, 2_500),
        ("c", 5_000, 6_000),
    ]


def test_speakers_of_two_files_become_voices_in_the_order_of_time():
    ann = vtt("00:01.000 --> 00:02.000\nhello\n\n00:05.000 --> 00:06.000\nwell")
    bob = vtt("00:03.000 --> 00:04.000\nhi")
    result = together([ann, bob], names=["Ann", "Bob"])
    assert [cue.payload for cue in result.cues] == [
        "<v Ann>hello</v>", "<v Bob>hi</v>", "<v Ann>well</v>",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="as many names"):
        together([ann, bob], names=["Ann"])


def test_regions_of_one_name_stay_two():
    text = "REGION\nid:top\nwidth:{}%\n\n00:01.000 --> 00:02.000 region:top\n{}"
    one, other = vtt(text.format(40, "a")), vtt(text.format(60, "b"))
    result = together([one, other])
    again = formats.read(Document(data=formats.write_track("vtt", result).content), form="vtt")
    widths = {region.id: region.width for region in again.regions}
    assert [widths[cue.settings.region] for cue in again.cues] == [40, 60]


@settings(max_examples=40)
@given(tracks(), st.lists(st.integers(1, 40_000), max_size=3, unique=True), st.booleans())
def test_split_and_appended_again_is_the_file(track, borders, restart):
    borders = sorted(borders)
    parts = parted(track, borders, restart=restart, border="start")
    assert [part.start_ms for part in parts] == [0, *borders]
    offsets = [part.start_ms if restart else 0 for part in parts]
    whole = concatenated([part.track for part in parts], offsets)
    assert whole.cues == track.cues
    assert whole.notes == track.notes


@settings(max_examples=40)
@given(tracks(), st.lists(st.integers(1, 40_000), max_size=3, unique=True))
def test_a_cue_over_a_border_goes_whole_to_one_side(track, borders):
    parts = parted(track, sorted(borders))
    assert [cue.text for part in parts for cue in part.track.cues] == [
        cue.text for cue in track.cues
    ]
    assert all(0 <= cue.start_ms < cue.end_ms for part in parts for cue in part.track.cues)


def test_a_cue_goes_to_the_side_where_it_is_shown_longer():
    track = srt("a", "b", lasts_ms=1_400)
    first, second = parted(track, [1_600])
    assert (spans(first.track), spans(second.track)) == ([(0, 1_400)], [(0, 1_300)])
    assert second.clamped == 1


def test_parts_by_length_and_by_chapters():
    track = srt(*"abcdef")
    assert by_length(track, 3_000) == [3_000, 6_000]
    borders, titles = by_chapters([(4_000, "two"), (1_000, "one")])
    assert (borders, titles) == ([1_000, 4_000], ["", "one", "two"])
    assert by_chapters([(0, "one"), (2_000, "two")]) == ([2_000], ["one", "two"])
    parts = parted(track, borders, titles=titles)
    assert [(part.title, len(part.track.cues)) for part in parts] == [
        ("", 1),
        ("one", 2),
        ("two", 3),
    ]


def test_what_cannot_be_split_is_said():
    track = srt("a")
    for borders in ([0], [2_000, 1_000], [-5]):
        with pytest.raises(UsageError, match="must rise"):
            parted(track, borders)
    with pytest.raises(UsageError, match="no chapters"):
        by_chapters([])
    with pytest.raises(UsageError, match="more than"):
        by_length(replace(track, cues=tuple(replace(c, end_ms=10**9) for c in track.cues)), 1)
