from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from bad_captions import (
    dense_tracks,
    dropped,
    ink,
    track_of,
    wild_tracks,
    words_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur import formats
from loquitur.formats import Document
from loquitur.model.captions import Block, CaptionTrack, Cue, Diagnostic, Settings
from loquitur.model.speech import Word
from loquitur.subtitles.check import check
from loquitur.subtitles.fix import fix
from loquitur.subtitles.rules import load_rules, rule_names

NETFLIX = load_rules("netflix")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SUBTITLES = SHARED / "subtitles"
needs_data = pytest.mark.skipif(not SUBTITLES.is_dir(), reason="the shared data is not here")
EXAMPLES = 50
MANY = 1_500
LONG = "a text that is long enough to be read"


def fixed(*cues, rules=NETFLIX, known=None, **more):
    return fix(track_of(*cues, **more), rules, **(known or {})).track


def times(track):
    return [(cue.start_ms, cue.end_ms) for cue in track.cues]


def hold(track, rules, **known):
    """Mended once: nothing lost, nothing to mend any more, and a second time changes nothing."""
    first = fix(track, rules, **known)
    second = fix(first.track, rules, **known)
    assert second.track == first.track
    assert second.done == (), [
        (one.code, one.cue, one.start_ms, one.message) for one in second.done
    ][:8]
    assert ink(track) - ink(first.track) - dropped(first.done) == Counter()
    assert ink(first.track) - ink(track) == Counter()
    left = [
        one
        for one in check(first.track, rules, **known)
        if one.fix and not one.code.startswith("F")
    ]
    assert left == []
    return first


languages = st.sampled_from(["en", "ja", "fr", "ar", "ko", "th", ""])
some_rules = st.sampled_from([load_rules(name) for name in rule_names()])


@settings(max_examples=EXAMPLES)
@given(wild_tracks(), some_rules, languages, st.one_of(st.none(), st.integers(5_000, 30_000)))
def test_any_captions_are_mended_once_and_for_all(track, rules, language, duration_ms):
    hold(track, rules, language=language, duration_ms=duration_ms)


@settings(max_examples=EXAMPLES)
@given(dense_tracks(), some_rules, st.booleans(), st.booleans())
def test_dense_captions_are_mended_once_and_for_all(scene, rules, with_words, with_cuts):
    track, words, cuts = scene
    known = {"words": words if with_words else None, "cuts": cuts if with_cuts else None}
    done = hold(track, rules, **known)
    if not any(one.dropped for one in done.done):
        assert Counter(words_of(track)) == Counter(words_of(done.track))


@pytest.mark.slow
@settings(max_examples=MANY)
@given(wild_tracks(), some_rules, languages, st.lists(st.integers(0, 20_000), max_size=4))
def test_many_more_captions_are_mended_once_and_for_all(track, rules, language, cuts):
    hold(track, rules, language=language, cuts=cuts)


@pytest.mark.slow
@settings(max_examples=MANY)
@given(dense_tracks(), some_rules, st.integers(3_000, 30_000))
def test_many_more_dense_captions_are_mended_once_and_for_all(scene, rules, duration_ms):
    track, words, cuts = scene
    hold(track, rules, words=words, cuts=cuts, duration_ms=duration_ms)


@settings(max_examples=EXAMPLES)
@given(dense_tracks(), some_rules)
def test_words_keep_their_order_and_no_start_is_later(scene, rules):
    """Without cuts and words nothing is moved later; each word is on screen as early as it was."""
    track, _, _ = scene
    numbered = replace(
        track,
        cues=tuple(
            replace(cue, payload=re.sub(r"(\S+)", rf"w{number}\1", cue.payload))
            for number, cue in enumerate(track.cues)
        ),
    )
    mended = fix(numbered, rules).track
    assert words_of(mended) == words_of(numbered)
    begins = {words_of(replace(mended, cues=(cue,)))[0]: cue.start_ms for cue in mended.cues}
    for cue in numbered.cues:
        start = begins.get(words_of(replace(numbered, cues=(cue,)))[0])
        assert start is None or start <= cue.start_ms  # None: joined to an earlier one


def test_the_order_of_all_words_is_kept_by_splitting_and_breaking():
    text = " ".join(f"word{at:03}" + ("." if at % 9 == 0 else "") for at in range(300))
    done = hold(track_of((0, 200_000, text)), NETFLIX)
    assert words_of(done.track) == re.findall(r"\w+", text)
    assert len(done.track.cues) > 20
    assert {one.code for one in check(done.track, NETFLIX)} <= {"D004", "L005", "X010"}


@pytest.mark.parametrize(
    ("cues", "mended"),
    [
        ([(1_000, 1_000, "Yes.")], [(1_000, 1_833)]),
        ([(3_000, 1_000, "Yes."), (3_300, 5_000, "No.")], [(3_000, 3_217), (3_300, 5_000)]),
        ([(3_000, 1_000, "Yes."), (3_800, 5_000, "No.")], [(2_884, 3_717), (3_800, 5_000)]),
        ([(0, 3_000, LONG), (2_500, 5_000, "Or not.")], [(0, 2_417), (2_500, 5_000)]),
        ([(0, 9_000, LONG), (2_500, 5_000, "Or not.")], [(0, 2_417), (2_500, 5_000)]),
        ([(0, 500, "Yes.")], [(0, 833)]),
        ([(0, 1_000, LONG)], [(0, 1_850)]),
        ([(0, 2_000, LONG), (2_300, 4_300, "Or not.")], [(0, 2_217), (2_300, 4_300)]),
        ([(5_000, 7_000, LONG), (0, 2_000, "Or not.")], [(0, 2_000), (5_000, 7_000)]),
        ([(-500, 2_000, LONG)], [(0, 2_000)]),
        ([(0, 60_000, "Short.")], [(0, 7_000)]),
    ],
)
def test_times(cues, mended):
    assert times(fixed(*cues)) == mended


def test_the_end_of_the_medium():
    assert times(fixed((1_000, 9_000, LONG), known={"duration_ms": 5_000})) == [(1_000, 5_000)]


def test_a_short_cue_begins_a_little_earlier_where_it_cannot_stay():
    mended = fixed(
        (0, 1_000, "First one."), (3_000, 3_700, "Now."), (3_800, 6_000, "Then it was so.")
    )
    assert times(mended)[1] == (2_884, 3_717)


def test_what_comes_at_once_becomes_one_cue():
    mended = fixed((0, 2_000, "Yes."), (0, 2_000, "No."))
    assert [cue.payload for cue in mended.cues] == ["Yes.\nNo."]
    apart = CaptionTrack(
        language="en",
        cues=(
            Cue(start_ms=0, end_ms=2_000, payload="Yes."),
            Cue(start_ms=0, end_ms=2_000, payload="[wind]", settings=Settings(line=0)),
        ),
    )
    assert fix(apart, NETFLIX).track == apart


def test_a_lone_word_joins_its_sentence():
    mended = fixed((0, 2_000, "We have all we need,"), (2_083, 2_900, "captain."))
    assert [(cue.end_ms, cue.text) for cue in mended.cues] == [
        (2_900, "We have all we need, captain.")
    ]


@pytest.mark.parametrize(
    ("notation", "payload", "mended"),
    [
        ("vtt", "  a  &amp;  b ", "a &amp; b"),
        ("vtt", "<i>open", "<i>open</i>"),
        ("vtt", "shut</i>", "shut"),
        ("vtt", "<v Ann>whole", "<v Ann>whole"),
        ("vtt", "<c.a>so <b>it</c> is", "<c.a>so <b>it is</b></c>"),
        ("srt", "{\\an8}<i>so  it</i> is", "{\\an8}<i>so it</i> is"),
        ("srt", "<b>open <i>twice", "<b>open <i>twice</i></b>"),
        ("srt", "- Who?\n- You?", "-Who?\n-You?"),
        ("srt", "-Who is it? -You are.", "-Who is it?\n-You are."),
        ("srt", "well...", "well…"),
        ("srt", "no , yes,then", "no, yes, then"),
        ("srt", "What?? No!!!", "What? No!"),
        ("srt", "and i went, i'm sure", "and I went, I'm sure"),
        ("srt", "(door slams)", "[door slams]"),
        ("srt", "# la la #", "♪ la la ♪"),
        ("srt", "one\n\ntwo", "one two"),
        ("srt", "a\x07b\ufeffc", "abc"),
        ("srt", "this is\nshort", "this is short"),
        ("plain", "two  blanks", "two blanks"),
    ],
)
def test_payloads(notation, payload, mended):
    track = fixed((0, 4_000, payload), notation=notation)
    assert [cue.payload for cue in track.cues] == [mended]
    assert track.cues[0].notation == notation


@pytest.mark.parametrize(
    "payload",
    ["-5 or 10", "3 < 4 &", "See a.com/x?y=1,z", "{curly} i.e. this", "C'est ça", "Yes.\nNo."],
)
def test_what_is_right_is_left(payload):
    assert fixed((0, 4_000, payload)).cues[0].payload == payload


def test_tags_are_closed_and_opened_again_where_a_cue_is_split():
    text = "{\\an8}<i>" + "word after word of it, " * 12 + "until <b>the very end</b> of it</i>"
    mended = fixed((0, 40_000, text))
    assert len(mended.cues) > 2
    for cue in mended.cues:
        assert cue.payload.startswith("{\\an8}<i>"), cue.payload
        assert cue.payload.count("<i>") == cue.payload.count("</i>") == 1
    assert "<b>the very end</b>" in mended.cues[-1].payload.replace("\n", " ")
    assert mended.cues[0].start_ms == 0
    vtt = fixed((0, 40_000, "<v Ann>" + "word after word of it, " * 12), notation="vtt")
    assert all(cue.tree[0].annotation == "Ann" for cue in vtt.cues)


def test_blocks_stay_where_they_stood():
    cues = [(0, 2_000, LONG), (2_083, 4_000, "  "), (4_000, 30_000, "word after word of it, " * 9),
            (31_000, 33_000, LONG + "er")]  # fmt: skip
    blocks = tuple(Block(kind="note", text=str(at), before=at) for at in range(5))
    mended = fixed(*cues, blocks=blocks)
    count = len(mended.cues)
    assert [block.before for block in mended.blocks] == [0, 1, 1, count - 1, count]


def test_what_was_mended_by_the_reader_is_not_told_again():
    track = replace(
        track_of((0, 3_000, LONG)),
        diagnostics=(
            Diagnostic(code="srt.time.dot", line=2, message="a point"),
            Diagnostic(code="vtt.time", line=9, message="cue dropped"),
        ),
    )
    assert [one.code for one in fix(track, NETFLIX).track.diagnostics] == ["vtt.time"]


def test_starts_go_to_words_and_cuts():
    words = [Word(start_ms=1_600 + 200 * at, end_ms=1_790 + 200 * at, text=word)
             for at, word in enumerate(["the", "sea", "is", "wide"])]  # fmt: skip
    late = fixed((1_000, 3_000, "the sea is wide"), known={"words": words})
    assert times(late)[0][0] == 1_600
    cut = fixed((1_000, 3_000, "the sea is wide"), known={"cuts": [1_200, 3_100]})
    assert times(cut) == [(1_200, 3_016)]


def test_japanese_is_broken_between_characters():
    mended = fixed((0, 9_000, "これは長い字幕ですから、二行に分けます。"), language="ja")
    lines = [line for cue in mended.cues for line in cue.text.split("\n")]
    assert "".join(lines) == "これは長い字幕ですから、二行に分けます。"
    assert all(len(line) <= 13 and line[0] not in "、。" for line in lines)


def test_text_of_two_directions_stays_whole():
    text = "\u202bשלום עולם ועוד מילים רבות מאוד שלא נכנסות בשורה אחת של כתוביות\u202c"
    assert fixed((0, 6_000, text), language="he").cues[0].payload == text


def test_ten_thousand_characters():
    text = "word after word, " * 600
    begun = time.process_time()
    mended = hold(track_of((0, 600_000, text)), NETFLIX)
    tight = hold(track_of((0, 5_000, text), (5_000, 7_000, "Yes.")), NETFLIX)
    assert time.process_time() - begun < 30
    assert not any(one.severity == "error" for one in check(mended.track, NETFLIX))
    assert {"L001", "L002"} & {one.code for one in check(tight.track, NETFLIX)}  # no time to split


def test_rolling_captions_are_shown_once():
    lines = [f"line number {name} of it" for name in ("one", "two", "three", "four", "five")]
    rolling = track_of(*[
        (at * 2_000, at * 2_000 + 2_000, f"{lines[at]}\n{lines[at + 1]}") for at in range(4)
    ])  # fmt: skip
    done = hold(rolling, NETFLIX)
    assert [line for cue in done.track.cues for line in cue.text.split("\n")] == lines
    said_twice = track_of((0, 2_000, "No, never."), (2_083, 4_000, "No, never."))
    assert [cue.text for cue in fix(said_twice, NETFLIX).track.cues] == ["No, never."] * 2


@needs_data
def test_youtubes_rolling_captions():
    import json

    expected = json.loads((SUBTITLES / "youtube-rolling" / "expected.json").read_text())
    track = formats.read(SUBTITLES / "youtube-rolling" / "sample.vtt")
    mended = hold(track, load_rules("youtube"), language="en").track
    said = " ".join(cue.text for cue in mended.cues).split()
    assert [word.lower() for word in said] == [word.lower() for word, *_ in expected["words"]]


FILES = (
    sorted((SHARED / "seeds").glob("*.srt"))
    + sorted((SUBTITLES / "elephants-dream").glob("captions.*.vtt"))
    + sorted((SUBTITLES / "google-captions").glob("*/*.srt"))
)


@needs_data
@pytest.mark.parametrize("name", ["netflix", "bbc", "vertical"])
def test_files_of_the_world(name):
    rules = load_rules(name)
    assert len(FILES) > 20
    for path in FILES[:: 1 if name == "netflix" else 4]:
        track = formats.read(path)
        track = replace(track, cues=track.cues[:120])
        language = track.language or path.parent.name
        done = hold(track, rules, language=language)
        errors = {one.code for one in check(done.track, rules, language=language)
                  if one.severity == "error"}  # fmt: skip
        assert errors <= {"L001", "L002"}, (path.name, errors)  # where there is no time to split


@needs_data
def test_messy_files_are_mended():
    import json

    cases = json.loads((SUBTITLES / "srt-messy.json").read_text())["cases"]
    for case in cases:
        track = formats.read(Document.of_text(case["input"]), form="srt")
        done = hold(track, NETFLIX, language="en")
        written = formats.write_track("srt", done.track)
        again = formats.read(Document.of_text(written.text), form="srt")
        assert fix(again, NETFLIX, language="en").done == (), case["name"]


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}"[:40])
def test_whole_files_of_the_world(path):
    track = formats.read(path)
    for name in rule_names():
        hold(track, load_rules(name), language=track.language or path.parent.name)


@pytest.mark.slow
def test_a_hundred_thousand_cues():
    track = track_of(*[
        (at * 2_000, at * 2_000 + 2_000, f"Line {at} is said here\nand  then another, isn't it?")
        for at in range(100_000)
    ])  # fmt: skip
    begun = time.process_time()
    check(track, NETFLIX)
    checked = time.process_time()
    done = fix(track, NETFLIX)
    mended = time.process_time()
    print(f"check {checked - begun:.1f} s, fix {mended - checked:.1f} s")
    assert checked - begun < 15
    assert mended - checked < 60
    assert len(done.track.cues) == 100_000


def test_two_cuts_close_together_pass_no_start_to_and_fro():
    words = [Word(start_ms=337, end_ms=397, text="the")]
    track = track_of((1, 585, "the"))
    hold(track, NETFLIX, words=words, cuts=[1, 672])
