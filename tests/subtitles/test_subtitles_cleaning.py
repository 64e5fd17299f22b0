from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from scenes_files import srt, tracks, vtt, words

from loquitur import formats
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.subtitles.cleaning import CleanOptions, clean
from loquitur.subtitles.cue_text import words_of
from loquitur.subtitles.rolling import shape_of, unrolled

EVERYTHING = CleanOptions(sounds=True, speakers=True, music="signs", ads=True)


def timed(track):
    return [(word.text, word.start_ms) for cue in track.cues for word in words_of(cue)]


@pytest.mark.parametrize("form", ["vtt", "json3"])
def test_youtubes_rolling_captions_give_each_word_once_at_its_time(shared, form):
    if form not in formats.readable():
        pytest.skip(f"{form} is not read yet")
    folder = shared / "subtitles" / "youtube-rolling"
    expected = json.loads((folder / "expected.json").read_text())["words"]
    done = clean(formats.read(folder / f"sample.{form}"))
    assert timed(done.track) == [tuple(pair) for pair in expected]
    assert all(cue.text.strip() and "\n" not in cue.text for cue in done.track.cues)
    ends = [cue.end_ms for cue in done.track.cues]
    starts = [cue.start_ms for cue in done.track.cues]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


def test_overlapping_automatic_captions_lose_and_double_nothing(shared):
    for name in ("siraj_t5qgjJIBy9g.en.srt", "equivariant_2bP_KuBrXSc.en.json"):
        track = formats.read(shared / "seeds" / name)
        done = clean(track)
        assert done.shape == "overlapping"
        assert words(done.track) == words(track)
        assert all(
            one.end_ms <= other.start_ms
            for one, other in zip(done.track.cues, done.track.cues[1:], strict=False)
        )
        assert clean(done.track).track == done.track


def test_human_captions_do_not_roll(shared):
    files = sorted((shared / "subtitles" / "google-captions").rglob("*.srt"))
    assert len(files) > 12
    assert {shape_of(formats.read(path)) for path in files} == {""}


ROLLING = """
00:00:01.000 --> 00:00:02.000
{blank}
la<00:00:01.500><c> la</c>

00:00:02.000 --> 00:00:02.010
la la
{blank}

00:00:02.010 --> 00:00:03.000
la la
la<00:00:02.500><c> la</c>

00:00:03.000 --> 00:00:03.010
la la
{blank}

00:00:03.010 --> 00:00:04.000
la la
very

00:00:04.000 --> 00:00:04.010
very
{blank}

00:00:04.010 --> 00:00:05.000
very
very
"""


def test_what_is_sung_twice_is_kept():
    """Lines are compared whole, and one that was just said may be said again."""
    done = unrolled(vtt(ROLLING.format(blank=" ").lstrip()))
    assert [cue.text for cue in done.track.cues] == ["la la", "la la", "very", "very"]


def test_what_is_sung_twice_is_kept_where_blank_rows_were_stripped():
    lines = ROLLING.format(blank="").replace("\n\n\n", "\n\n").replace("000\n\nla<", "000\nla<")
    done = unrolled(vtt(lines.lstrip()))
    assert [cue.text for cue in done.track.cues] == ["la la", "la la", "very", "very"]


def test_repeated_cues_of_a_song_are_no_rolling():
    track = srt("la la la", "la la la", "oh", "la la la")
    assert clean(track).track == track


def test_notes_for_the_deaf_are_taken_out_where_asked():
    track = srt(
        "- [door slams] JOHN: What?\n- MARY (whispers): Very, very good.",
        "[tense music\ncontinues]",
        "- (sighs)\n- He paid (about) five. (laughs)",
        "♪ la la ♪",
        "Note: this stays",
        ">> RAMAN: Hello [laughter] all",
    )
    done = clean(track, options=CleanOptions(sounds=True, speakers=True, music="lines"))
    assert [cue.text for cue in done.track.cues] == [
        "- What?\n- Very, very good.",
        "He paid (about) five.",
        "Note: this stays",
        "Hello all",
    ]
    assert [change.cue for change in done.changes if not change.after] == [2, 4]


def test_by_default_nobody_loses_a_word():
    track = srt("[door slams] JOHN: What?", "(sighs)", "♪ la ♪", "Subtitles by Bob")
    assert clean(track).track == track


def test_remains_of_other_formats():
    track = srt(
        "{\\an8}<font color='red'>Hello&nbsp;&amp; bye</font>",
        "one\\Ntwo<br/>three",
        "<i>kept</i> 3 < 4",
        "&nbsp;",
    )
    track = formats.read(
        formats.Document(data=formats.write_track("srt", track).content), form="srt"
    )
    done = clean(track)
    assert [cue.payload for cue in done.track.cues] == [
        "Hello & bye",
        "one\ntwo\nthree",
        "<i>kept</i> 3 < 4",
    ]
    assert done.track.cues[0].settings == track.cues[1].settings
    kept = clean(track, options=CleanOptions(keep_places=True)).track.cues[0]
    assert (kept.payload, kept.settings.line) == ("{\\an8}Hello & bye", 0)


def test_tags_that_webvtt_escaped_are_meant_unless_they_are_pairs():
    track = vtt("00:01.000 --> 00:02.000\nthe &lt;b&gt; tag\n\n00:03.000 --> 00:04.000\n"
                "&lt;i&gt;so&lt;/i&gt; &amp;nbsp;it")  # fmt: skip
    assert [cue.text for cue in clean(track).track.cues] == ["the <b> tag", "so it"]


def test_ads_go_and_sentences_about_captions_stay():
    track = srt("Subtitles by Bob\nwww.opensubtitles.org", "I made captions by hand", "Hello")
    done = clean(track, options=CleanOptions(ads=True))
    assert [cue.text for cue in done.track.cues] == ["I made captions by hand", "Hello"]


@settings(max_examples=40)
@given(tracks())
def test_a_second_cleaning_finds_nothing(track):
    for options in (CleanOptions(), EVERYTHING, CleanOptions(rolling="overlapping")):
        once = clean(track, options=options).track
        again = clean(once, options=options)
        assert again.track == once
        assert not again.changes


def test_real_captions_are_clean_after_one_run(shared):
    for path in sorted((shared / "subtitles" / "google-captions" / "en").glob("*.srt"))[:6]:
        once = clean(formats.read(path), options=EVERYTHING).track
        assert clean(once, options=EVERYTHING).track == once


def test_comments_stay_where_they_were():
    track = vtt("00:01.000 --> 00:02.000\n[x]\n\nNOTE about b\n\n00:03.000 --> 00:04.000\nb")
    done = clean(track, options=CleanOptions(sounds=True)).track
    assert [(block.text, block.before) for block in done.blocks] == [("about b", 0)]


def test_an_empty_track_is_clean():
    track = CaptionTrack(language="")
    assert clean(track, options=EVERYTHING).track == track
    blank = CaptionTrack(language="", cues=(Cue(start_ms=0, end_ms=5, payload=" \n "),))
    assert clean(blank).track.cues == ()


def test_a_sound_between_two_sentences_goes_and_an_aside_stays():
    options = CleanOptions(sounds=True)
    for said, left in (
        ("Hello. (laughs) How are you?", "Hello. How are you?"),
        ("I saw him (the old one) there.", "I saw him (the old one) there."),
        ("It was late. (Or so I thought.) We left.", "It was late. (Or so I thought.) We left."),
    ):
        cue = Cue(start_ms=0, end_ms=2000, payload=said)
        done = clean(CaptionTrack(language="en", cues=(cue,)), options=options)
        assert done.track.cues[0].text == left
