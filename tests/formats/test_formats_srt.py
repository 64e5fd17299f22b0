"""SubRip as found: what is mended, what is told, what is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur import formats
from loquitur.formats import Document
from loquitur.formats.placement import number_of, settings_of
from loquitur.markup import Node, subrip
from loquitur.model.captions import PLAIN_SETTINGS

SHARED = Path(__file__).parents[3] / "shared" / "data"
MESSY = SHARED / "subtitles" / "srt-messy.json"
CHECK = settings(derandomize=True, deadline=None, max_examples=200)


def read(text):
    return formats.read(Document.of_text(text), form="srt")


def cases():
    return json.loads(MESSY.read_text(encoding="utf-8"))["cases"] if MESSY.exists() else []


@pytest.mark.skipif(not MESSY.exists(), reason="the messy cases are not here")
def test_every_messy_case_is_read_as_its_maker_meant_it_and_told():
    wrong = {}
    for case in cases():
        track = read(case["input"])
        got = [[cue.start_ms, cue.end_ms, cue.text] for cue in track.cues]
        told = {one.code for one in track.diagnostics}
        if got != case["cues"] or not set(case["diagnostics"]) <= told:
            wrong[case["name"]] = (got, sorted(told))
    assert wrong == {}
    assert len(cases()) >= 31


@pytest.mark.skipif(not MESSY.exists(), reason="the messy cases are not here")
def test_what_is_written_of_the_messy_cases_reads_back_the_same():
    for case in cases():
        track = read(case["input"])
        again = read(formats.write_track("srt", track).text)
        assert again.cues == track.cues, case["name"]


@pytest.mark.skipif(not MESSY.exists(), reason="the data are not here")
def test_real_files_come_back_byte_for_byte():
    path = SHARED / "seeds" / "siraj_t5qgjJIBy9g.en.srt"
    text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    written = formats.write_track("srt", formats.read(path)).text
    assert written.split() == text.split()


def test_numbers_in_a_text_are_no_indices_and_times_in_a_text_no_cues():
    text = "1\n00:00:01,000 --> 00:00:02,000\n2024\n10:30 -> 11:45 is lunch\n12\n"
    track = read(text)
    assert [cue.text for cue in track.cues] == ["2024\n10:30 -> 11:45 is lunch\n12"]
    assert formats.write_track("srt", track).text == text


def test_a_place_becomes_settings_and_comes_back():
    track = read(
        "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}top\n\n2\n00:00:03,000 --> 00:00:04,000\n{\\a6}\n"
    )
    assert [number_of(cue.settings) for cue in track.cues] == [8, 8]
    vtt = formats.write_track("vtt", track).text
    assert "00:00:02.000 line:0\ntop\n" in vtt
    again = formats.read(Document.of_text(vtt), form="vtt")
    assert formats.write_track("srt", again).text.startswith(
        "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}top"
    )


def as_srt(*cues):
    vtt = "WEBVTT\n\n" + "\n".join(
        f"00:0{at}.000 --> 00:0{at}.900\n{cue}\n" for at, cue in enumerate(cues)
    )
    return formats.write_track("srt", formats.read(Document.of_text(vtt), form="vtt")).text


def test_two_voices_behind_dashes_get_names_where_these_have_room():
    shared = "<v Ann>-Really?</v>\n<v Bob>-Yes.</v>"
    text = as_srt("<v Ann>Hello", shared, "<v Bob>So.", "<v Ann>No.")
    assert "Ann: Hello\n" in text
    assert "Ann: Really?\nBob: Yes.\n" in text
    assert "\nSo.\n" in text
    assert "\nAnn: No.\n" in text
    assert "Ann: Really?\nBob: Yes.\n" in as_srt("<v Ann>Really?</v>\n<v Bob>Yes.</v>")
    long = "<v Ann>-Have you really seen a whale?</v>\n<v Bob>-Yes.</v>"
    text = as_srt(long, "<v Bob>So.")
    assert "-Have you really seen a whale?\n-Yes.\n" in text
    assert "Bob: So.\n" in text


def test_a_name_makes_no_line_longer_than_the_others_are():
    long = "We should go home and tell the children."
    halves = "We should go home\nand tell the children."
    text = as_srt(f"<v Bob>{long}", f"<v SPEAKER_01>{long}", f"<v Ann>{halves}")
    assert max(map(len, text.split("\n"))) <= len(long)
    assert f"SPEAKER_01:\n{long}\n" in text
    assert "Ann: We should go home\nand tell the children.\n" in text


@pytest.mark.parametrize("number", range(1, 10))
def test_nine_places_have_nine_settings(number):
    assert number_of(settings_of(number)) == number
    assert (settings_of(number) == PLAIN_SETTINGS) == (number == 2)


def test_tags_are_those_that_players_know_and_nothing_else():
    tree = subrip.parse('<B>b</b> <laughing> {i}x{/i} <font color="red">r</font> </br> a<3 {\\an8}')
    assert tree[0] == Node(tag="b", children=("b",))
    assert "".join(item for item in tree if isinstance(item, str)) == " <laughing>    a<3 "
    assert Node(tag="font", annotation='color="red"', children=("r",)) in tree


def test_a_colour_of_webvtt_survives_and_another_is_told():
    text = '<font color="#FF0000">a</font><font color="#123456">b</font>'
    text = f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n"
    written = formats.write_track("vtt", read(text))
    assert "<c.red>a</c>b" in written.text
    assert written.losses == ("the tag 'font'",)


TEXT = st.text(
    st.sampled_from("1234567890:,.->\n\r \t<>{}\\/ibfont&;aX\u2028\u2014\u2192\ufeff\0"),
    max_size=120,
)


@CHECK
@given(text=TEXT)
def test_any_text_is_read_and_what_is_written_of_it_stays_the_same(text):
    first = read("1\n00:00:01,000 --> 00:00:02,000\n" + text)
    second = read(formats.write_track("srt", first).text)
    assert [(c.start_ms, c.end_ms, c.payload) for c in second.cues] == [
        (c.start_ms, c.end_ms, c.payload) for c in first.cues
    ]


def test_a_speaker_without_a_name_is_a_sign_where_the_label_has_no_room():
    upper, lower = "We should all go home and", "tell everybody about the whale."
    text = as_srt(f"<v A>{lower}", f"<v SPEAKER_01>{upper}\n{lower}", f"<v Bob>{upper}\n{lower}")
    assert f">> {upper}\n{lower}\n" in text
    assert f"Bob: {upper}\n{lower}\n" in text
