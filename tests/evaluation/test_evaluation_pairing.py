from __future__ import annotations

import pytest

from loquitur.errors import InputError
from loquitur.evaluation.pairing import pair_up
from loquitur.timing import Span


@pytest.fixture
def put(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        return path

    return write


def names(pairing):
    return [pair.name for pair in pairing.pairs]


def words(sheet):
    return " ".join(entry.text for entry in sheet.entries)


def test_two_files_of_one_recording_each_belong_together(put):
    found = pair_up(put("truth.txt", "a"), put("heard.ctm", "talk 1 0 1 b\n"))
    assert names(found) == ["truth"]
    assert words(found.pairs[0].hypothesis) == "b"
    assert found.notices == ()


def test_two_files_with_different_names_inside_are_told(put):
    found = pair_up(put("a.ctm", "one 1 0 1 a\n"), put("b.ctm", "two 1 0 1 b\n"))
    assert found.notices == ("'two' of the hypothesis is taken for 'one'",)
    assert words(found.pairs[0].hypothesis) == "b"


def test_recordings_inside_a_file_are_matched_by_name(put):
    true = put("a.stm", "one 1 S 1 2 b\none 1 S 0 1 a\ntwo 1 S 0 1 c\n")
    heard = put("b.ctm", "two 1 0 1 c\nthree 1 0 1 x\n")
    found = pair_up(true, heard)
    assert names(found) == ["one", "two"]
    assert words(found.pairs[0].reference) == "a b"
    assert words(found.pairs[0].hypothesis) == ""
    assert words(found.pairs[1].hypothesis) == "c"
    assert found.notices == (
        "no hypothesis, counted as silence: one",
        "no reference, not scored: three",
    )


def test_nothing_that_belongs_together_is_an_error(put):
    true = put("a.stm", "one 1 S 0 1 a\ntwo 1 S 0 1 c\n")
    with pytest.raises(InputError, match="found three, expected one, two"):
        pair_up(true, put("b.ctm", "three 1 0 1 x\n"))


def test_folders_are_matched_by_stem_and_the_richest_format_is_taken(put, tmp_path):
    put("ref/one.txt", "poor")
    put("ref/one.stm", "whatever 1 S 0 1 rich\n")
    put("ref/two.txt", "two")
    put("ref/one.wav", "RIFF")
    put("ref/.txt", "hidden")
    put("hyp/one.srt", "1\n00:00:00,000 --> 00:00:01,000\nheard\n")
    put("hyp/two.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\ntwo\n")
    found = pair_up(tmp_path / "ref", tmp_path / "hyp")
    assert names(found) == ["one", "two"]
    assert words(found.pairs[0].reference) == "rich"
    assert words(found.pairs[0].hypothesis) == "heard"
    assert found.notices == ()


def test_a_file_of_many_recordings_against_a_folder(put, tmp_path):
    true = put("all.stm", "one 1 S 0 1 a\ntwo 1 S 0 1 b\n")
    put("hyp/one.txt", "a")
    put("hyp/two.txt", "b")
    found = pair_up(true, tmp_path / "hyp")
    assert [words(pair.hypothesis) for pair in found.pairs] == ["a", "b"]


def test_a_recording_in_two_files_of_a_folder_is_an_error(put, tmp_path):
    put("ref/x.ctm", "one 1 0 1 a\ntwo 1 0 1 a\n")
    put("ref/one.txt", "a")
    with pytest.raises(InputError, match="the recording one is in another file too"):
        pair_up(tmp_path / "ref", put("b.txt", "a"))


def test_nothing_to_score_is_an_error(put, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no file to score"):
        pair_up(tmp_path / "empty", put("a.txt", "a"))
    with pytest.raises(InputError, match="no such file or folder"):
        pair_up(tmp_path / "absent", put("a.txt", "a"))


def test_other_json_in_a_folder_is_passed_over(put, tmp_path):
    put("ref/one.json", '{"model": "x"}')
    put("ref/one.txt", "a")
    put("ref/two.words.json", "[1]")
    found = pair_up(tmp_path / "ref", put("b.txt", "a"))
    assert names(found) == ["one"]
    assert words(found.pairs[0].reference) == "a"
    assert [notice[:12] for notice in found.notices] == ["passed over:"] * 2
    with pytest.raises(InputError, match="found 'no schema'"):
        pair_up(tmp_path / "ref" / "one.json", tmp_path / "b.txt")


@pytest.mark.parametrize("name", ["a.txt", "a.ctm", "a.srt"])
def test_an_empty_file_is_a_recording_in_which_nobody_speaks(put, name):
    for other in ("", "x 1 0 1 word\n"):
        found = pair_up(put(name, "\n"), put("b.ctm", other))
        assert names(found) == ["a"]
        assert found.pairs[0].reference.entries == ()
        assert words(found.pairs[0].hypothesis) == other[8:].strip()
    assert pair_up(put("c.ctm", "x 1 0 1 word\n"), put(name, "")).notices == ()


TURN = "SPEAKER one 1 0 1 <NA> <NA> A <NA> <NA>\n"


def test_maps_beside_the_reference_or_given(put):
    true, heard = put("a.rttm", TURN), put("b.rttm", TURN)
    assert pair_up(true, heard, turns=True).pairs[0].uem is None
    beside = put("a.uem", "one 1 0 30\n")
    span = Span(start_ms=0, end_ms=30_000)
    assert pair_up(true, heard, turns=True).pairs[0].uem == (span,)
    assert pair_up(true, heard, turns=True, uem=beside).pairs[0].uem == (span,)
    other = put("other.uem", "called-otherwise 1 1 2\n")
    given = pair_up(true, heard, turns=True, uem=other).pairs[0].uem
    assert given == (Span(start_ms=1000, end_ms=2000),)


def test_a_given_map_that_lacks_a_recording_is_an_error(put):
    two = TURN + TURN.replace("one", "two")
    with pytest.raises(InputError, match="no map for two, found one, three"):
        pair_up(
            put("a.rttm", two),
            put("b.rttm", two),
            turns=True,
            uem=put("x.uem", "one 1 0 1\nthree 1 0 1\n"),
        )
