from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes_files import srt, tracks, vtt, words

from loquitur.model.captions import CaptionTrack, Cue
from loquitur.subtitles.labels import label_of, labelled, names_in, renamed, voiced


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("JOHN: hello", "JOHN"), (">> NAME: hi", "NAME"), ("[Ann] hello", "Ann"),
        ("- BOB: hi", "BOB"), ("Dr. Smith: yes", "Dr. Smith"), ("MAN 2: x", "MAN 2"),
        ("ANN (on phone): hi", "ANN"), ("司会： こんにちは", "司会"), ("Anna: Hallo", "Anna"),
        ("Ludwig van Beethoven: hi", "Ludwig van Beethoven"), ("Mr. O'Neil: x", "Mr. O'Neil"),
        (">> hi", ""), ("- hi there", ""), ("-Hi", ""),
    ],
)  # fmt: skip
def test_labels_are_known(line, name):
    label = label_of(line)
    assert label is not None
    assert label.name == name


@pytest.mark.parametrize(
    "line",
    [
        "[Applause]", "[Music] welcome", "-5 degrees", "Note: this", "The answer is: 5",
        "At 10:30 we", "http://x.y", "[door slams] ok", "Question: why", "well: yes",
        "[clears throat] Yes", "--and then", "—and then", "", ":", "[Laughing] no",
    ],
)  # fmt: skip
def test_what_is_no_label(line):
    assert label_of(line) is None


def test_any_style_becomes_voices_and_any_other():
    track = vtt(
        "00:01.000 --> 00:02.000\n>> ANN: Hello <i>you</i>\n\n"
        "00:02.000 --> 00:03.000\nand more\n\n"
        "00:03.000 --> 00:04.000\n- Who?\n- BOB: Me."
    )
    voices = voiced(track)
    assert [cue.payload for cue in voices.cues] == [
        "<v ANN>Hello <i>you</i></v>",
        "<v ANN>and more</v>",
        "<v>Who?</v>\n<v BOB>Me.</v>",
    ]
    assert names_in(voices) == ("ANN", "BOB")
    said = {
        style: [cue.text for cue in labelled(voices, style).cues]
        for style in ("prefix", "arrows", "brackets", "dashes", "none")
    }
    assert said == {
        "prefix": ["ANN: Hello you", "and more", "- Who?\nBOB: Me."],
        "arrows": [">> ANN: Hello you", "and more", ">> Who?\n>> BOB: Me."],
        "brackets": ["[ANN] Hello you", "and more", "- Who?\n[BOB] Me."],
        "dashes": ["Hello you", "and more", "- Who?\n- Me."],
        "none": ["Hello you", "and more", "Who?\nMe."],
    }


@settings(max_examples=40)
@given(
    st.lists(
        st.lists(st.sampled_from(["Ann", "Bob Ray", "DR. WHO", ""]), min_size=1, max_size=2),
        min_size=1,
        max_size=6,
    )
)
def test_voices_survive_every_style_that_can_hold_them(speakers):
    cues = tuple(
        Cue(
            start_ms=at * 1_000, end_ms=at * 1_000 + 900,
            payload="\n".join(f"<v {name}>word {n}</v>".replace("<v >", "<v>")
                              for n, name in enumerate(names)),
        )
        for at, names in enumerate(speakers)
    )  # fmt: skip
    track = CaptionTrack(language="en", cues=cues)
    for style in ("prefix", "arrows", "brackets"):
        there = labelled(track, style)
        back = voiced(there)
        named = [
            [node.annotation for node in cue.tree if not isinstance(node, str)] or [""]
            for cue in back.cues
        ]
        flat = [_merged(names) for names in speakers]
        assert [_merged(names) for names in named] == flat, style
        assert words(back) == words(track)


def _merged(names):
    """Who speaks, line by line; two lines of one speaker are one turn."""
    return [name for at, name in enumerate(names) if at == 0 or name != names[at - 1]]


def test_without_carrying_only_labelled_cues_have_a_speaker():
    track = srt("ANN: one", "two")
    assert [cue.payload for cue in voiced(track, carry=False).cues] == ["<v ANN>one</v>", "two"]


@settings(max_examples=40)
@given(tracks())
def test_labels_never_cost_a_word_of_what_is_said(track):
    before, after = words(track), iter(words(voiced(track)))
    wanted = next(after, None)
    for word in before:
        if word == wanted:
            wanted = next(after, None)
        else:
            assert word in ("Ann:", "-")
    assert wanted is None


def test_names_are_changed_and_moods_stay():
    track = vtt("00:01.000 --> 00:02.000\n<v SPEAKER_00 (calm)>hi</v>\n\n"
                "00:02.000 --> 00:03.000\n<v Bob>ho</v>")  # fmt: skip
    assert [cue.payload for cue in renamed(track, {"SPEAKER_00": "Ann"}).cues] == [
        "<v Ann (calm)>hi</v>", "<v Bob>ho</v>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("prefix", "Ann: Really?\nBob: Yes."),
        ("brackets", "[Ann] Really?\n[Bob] Yes."),
        ("dashes", "- Really?\n- Yes."),
        ("none", "Really?\nYes."),
    ],
)
def test_a_label_takes_the_place_of_the_dash_of_a_dialogue(style, said):
    cue = Cue(start_ms=0, end_ms=1000, payload="<v Ann>-Really?</v>\n<v Bob>-Yes.</v>")
    track = labelled(CaptionTrack(language="en", cues=(cue,)), style)
    assert track.cues[0].text == said
