from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.evaluation.entries import Entry, TimedWord
from loquitur.evaluation.reading import READERS, open_content, read, stem_of, suffixes
from loquitur.evaluation.rows import read_uem
from loquitur.timing import Span


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def entries(folder, name, content, **options):
    return read(written(folder, name, content), **options).entries


def test_ctm(tmp_path):
    content = ";; comment\nrec 1 0.25 0.5 Hello 0.9\nrec A 0.755 0 there\n\n"
    assert entries(tmp_path, "x.ctm", content) == (
        Entry(
            recording="rec", text="Hello", start_ms=250, end_ms=750,
            words=(TimedWord(start_ms=250, end_ms=750, text="Hello"),),
        ),
        Entry(
            recording="rec", text="there", start_ms=755, end_ms=755,
            words=(TimedWord(start_ms=755, end_ms=755, text="there"),),
        ),
    )  # fmt: skip


def test_stm_with_labels_and_unscored_segments(tmp_path):
    content = (
        "a 1 S1 0.0 1.5 <o,f0,male> Hello   there\n"
        "a 1 S2 1.5 2 \n"
        "a 1 inter_segment_gap 2 3\n"
        "a 1 S2 3 4 IGNORE_TIME_SEGMENT_IN_SCORING\n"
    )
    sheet = read(written(tmp_path, "x.stm", content))
    assert [(e.speaker, e.start_ms, e.end_ms, e.text) for e in sheet.entries] == [
        ("S1", 0, 1500, "Hello there"),
        ("S2", 1500, 2000, ""),
    ]
    assert sheet.notes[0].startswith("2 segments of x.stm are not to be scored")


def test_rttm_passes_over_what_is_no_turn(tmp_path):
    content = (
        "SPKR-INFO rec 1 <NA> <NA> <NA> unknown A <NA>\n"
        "SPEAKER rec 1 1.0 0.5 <NA> <NA> A\n"
        "SPEAKER rec 1 2.0 0 <NA> <NA> A <NA> <NA>\n"
        "LEXEME rec 1 1.0 0.5 word lex A\n"
    )
    assert entries(tmp_path, "x.rttm", content, turns=True) == (
        Entry(recording="rec", speaker="A", start_ms=1000, end_ms=1500),
    )


def test_uem(tmp_path):
    path = written(tmp_path, "x.uem", "rec 1 0 30\nrec 1 40.5 50\nother NA 5 5\n")
    assert read_uem(open_content(path)) == {
        "rec": (Span(start_ms=0, end_ms=30_000), Span(start_ms=40_500, end_ms=50_000)),
        "other": (),
    }


def test_srt_without_its_mark_up(tmp_path):
    content = (
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i>\r\nthere{\\an8}\r\n\r\n"
        "2\r\n0:00:03,000 --> 0:00:04,000 X1:1\r\n- yes\r\n"
    )
    assert [(e.start_ms, e.end_ms, e.text) for e in entries(tmp_path, "x.srt", content)] == [
        (1000, 2500, "Hello there"),
        (3000, 4000, "- yes"),
    ]


def test_vtt_voices_are_speakers(tmp_path):
    content = (
        "WEBVTT - title\nKind: captions\n\nNOTE a --> b is no cue\n\nSTYLE\n::cue {}\n\n"
        "id\n00:01.000 --> 00:02.000 align:start\n"
        "<v.loud Mary (calm)>a &lt; <00:01.500><c>b</c></v> <v Peter>c\n\n"
        "00:00:03.000 --> 00:00:04.000\nnobody\n"
    )
    assert [(e.speaker, e.start_ms, e.text) for e in entries(tmp_path, "x.vtt", content)] == [
        ("Mary", 1000, "a < b"),
        ("Peter", 1000, "c"),
        ("", 3000, "nobody"),
    ]


def test_text_as_it_is_and_as_loquitur_writes_it(tmp_path):
    assert [e.text for e in entries(tmp_path, "a.txt", "one  two\n\nthree [0:01]\n")] == [
        "one two",
        "three [0:01]",
    ]
    made = "Draft quality: made by x.\n\nA title\n\n[0:01] Mary (calm): one two\n[1:02:03] P: 3\n"
    assert [(e.speaker, e.text) for e in entries(tmp_path, "b.txt", made)] == [
        ("Mary", "one two"),
        ("P", "3"),
    ]
    mixed = "[0:01] Mary: one\nand a line of another kind\n"
    assert len(entries(tmp_path, "c.txt", mixed)) == 2


def test_seglst_with_times_as_numbers_text_or_none(tmp_path):
    segments = [
        {"session_id": "a", "speaker": "S", "start_time": 1.5, "end_time": "2.25", "words": "x y"},
        {"session_id": "a", "words": "z", "start_time": None, "more": 3},
    ]
    assert entries(tmp_path, "x.seglst.json", json.dumps(segments)) == (
        Entry(recording="a", speaker="S", start_ms=1500, end_ms=2250, text="x y"),
        Entry(recording="a", text="z"),
    )
    assert stem_of(Path("x.seglst.json")) == "x"


def test_what_loquitur_writes_is_read(finished):
    """The three formats of a finished run tell the same words."""
    found = {}
    for path in finished.out.iterdir():
        sheet = read(path)
        found[path.suffix] = " ".join(entry.text for entry in sheet.entries).lower().split()
    assert set(found) == {".vtt", ".json"}
    assert found[".vtt"] == found[".json"] != []
    sheet = read(next(finished.out.glob("*.json")))
    assert sheet.language == "en"
    assert all(entry.words and entry.speaker for entry in sheet.entries)


WRONG = [
    ("x.ctm", "rec 1 0.5 hello\n", "line 1: found 'rec 1 0.5 hello', expected recording"),
    ("x.ctm", "\nrec 1 zero 0.5 hello\n", "line 2: found 'zero', expected a start in seconds"),
    ("x.ctm", "rec 1 -1 0.5 a\n", "found '-1'"),
    ("x.ctm", "rec 1 nan 0.5 a\n", "found 'nan'"),
    ("x.ctm", "rec 1 0 1e300 a\n", "found '1e300', expected a length"),
    ("x.ctm", "rec 1 * * <ALT_BEGIN>\n", "no alternatives"),
    ("x.stm", "rec 1 A 2 1 hello\n", "found '2 1', expected an end that is not before"),
    ("x.stm", "rec 1 A 2\n", "expected recording, channel, speaker"),
    ("x.rttm", "hello there\n", "line 1: found 'hello', expected an RTTM row"),
    ("x.rttm", "SPEAKER rec 1 0 1 <NA> <NA> <NA>\n", "speaker"),
    ("x.srt", "hello\nthere\n", "line 1: found 'hello', expected a cue"),
    ("x.srt", "1\n00:00:01,000 --> later\nx\n", "line 2: found '00:00:01,000 --> later'"),
    ("x.srt", "1\n00:00:02,000 --> 00:00:01,000\nx\n", "not before its start"),
    ("x.vtt", "1\n00:00:01.000 --> 00:00:02.000\nx\n", "line 1: found '1', expected WEBVTT"),
    ("x.vtt", "WEBVTT\n\nhello\n", "line 3: found 'hello', expected a cue"),
    ("x.json", "{", "expected JSON"),
    ("x.json", "3", "found 'int', expected a transcript of schema loquitur/transcript/1"),
    ("x.json", "{}", "found 'no schema'"),
    ("x.json", '{"schema": "loquitur/cues/1"}', "found 'schema loquitur/cues/1'"),
    ("x.json", '[{"session_id": "a"}]', "`words`"),
    ("x.json", '[{"session_id": "a", "words": 3}]', "$[0].words"),
    ("x.json", '[{"session_id": "a", "words": "b", "start_time": "soon"}]', "of segment 0"),
    ("x.json", '[{"session_id": "a", "words": "b", "start_time": 2, "end_time": 1}]', "segment 0"),
    (
        "x.json",
        '{"schema":"loquitur/transcript/1","utterances":[{"start_ms":2,"end_ms":1,"text":""}]}',
        "utterances[0]",
    ),
    ("x.json", "[" * 100_000, "expected"),
    ("x.txt", b"a\nb \xff\n", "line 2: found bytes that are not utf-8"),
    ("x.wav", "RIFF", "a .wav file tells no words"),
    ("noname", "x", "a nameless file tells no words"),
]


@pytest.mark.parametrize(("name", "content", "told"), WRONG)
def test_what_is_wrong_is_told_with_file_line_found_and_expected(tmp_path, name, content, told):
    with pytest.raises(InputError) as caught:
        read(written(tmp_path, name, content), turns=name.endswith(".rttm"))
    message = caught.value.message
    assert told in message
    assert name in message
    assert len(message) < len(str(tmp_path)) + 300


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "absent.txt")
    with pytest.raises(InputError, match="tells no turns"):
        read(written(tmp_path, "x.txt", "words"), turns=True)
    with pytest.raises(InputError, match="tells no words"):
        read(written(tmp_path, "x.rttm", ""))


def test_utf_16_is_known_by_its_mark(tmp_path):
    assert entries(tmp_path, "x.txt", "größe".encode("utf-16"))[0].text == "größe"


def test_the_richest_format_comes_first():
    assert suffixes(turns=True)[0] == ".rttm"
    assert suffixes(turns=False)[0] == ".stm"
    assert ".rttm" not in suffixes(turns=False)
    assert set(suffixes(turns=True)) | set(suffixes(turns=False)) == set(READERS)


PIECES = st.sampled_from(
    ["rec", "1", "0.5", "-3", "1e9", "nan", "SPEAKER", "<NA>", "WEBVTT", "\n", "\n\n", "\r\n",
     "00:00:01.000 --> 00:00:02.000", "00:00:01,000 -->", "<v A>", "</v>", "<", ">", "[0:01] A: x",
     ";;", "{", "}", "[", "]", '"', ":", ",", '"words"', "\x00", "\u2028", "é", "\ufeff", " "]
)  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=300,
    deadline=None,
    derandomize=True,
)
@given(
    name=st.sampled_from(sorted(READERS)),
    content=st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=40).map("".join),
                      st.lists(PIECES, max_size=40).map(" ".join)),
)  # fmt: skip
def test_whatever_a_file_holds_the_answer_is_a_sheet_or_one_line(tmp_path, name, content):
    path = written(tmp_path, f"x{name}", content)
    try:
        sheet = read(path, turns=name == ".rttm")
    except InputError as exc:
        told = exc.message
        sheet = None
    if sheet is None:
        assert "\n" not in told
    else:
        for entry in sheet.entries:
            if entry.start_ms is not None and entry.end_ms is not None:
                assert 0 <= entry.start_ms <= entry.end_ms
