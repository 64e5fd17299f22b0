from __future__ import annotations

import json

import pytest

import loquitur as lq

pytest.importorskip("rapidfuzz")


@pytest.fixture
def sides(tmp_path):
    """A reference and a hypothesis of two recordings each, as STM and as CTM."""
    (tmp_path / "ref.stm").write_text(
        "one 1 A 0 2 Hello there\none 1 B 2 4 good day\ntwo 1 A 0 2 yes\n"
    )
    (tmp_path / "hyp.ctm").write_text(
        "one 1 0 1 hello\none 1 1 1 there\none 1 2 1 good\none 1 3 1 night\ntwo 1 0 1 yes\n"
    )
    (tmp_path / "ref.rttm").write_text(
        "SPEAKER one 1 0 2 <NA> <NA> A <NA> <NA>\nSPEAKER one 1 2 2 <NA> <NA> B <NA> <NA>\n"
    )
    (tmp_path / "hyp.rttm").write_text("SPEAKER one 1 0 3 <NA> <NA> x <NA> <NA>\n")
    return tmp_path


def test_wer_as_json(loquitur, sides):
    answer = loquitur("eval", "wer", "ref.stm", "hyp.ctm", "--normalizer", "plain", "--json")
    assert answer.code == 0, answer
    found = answer.json
    assert found["measure"] == "wer"
    assert found["wer"] == 0.2
    assert (found["hits"], found["substitutions"], found["words"]) == (4, 1, 5)
    assert found["raw"]["wer"] == 0.4
    assert [(one["name"], one["wer"]) for one in found["files"]] == [("one", 0.25), ("two", 0.0)]
    assert found["normalizer"] == {"name": "plain", "source": "loquitur"}
    assert found["interval"]["unit"] == "utterance"
    assert found["interval"]["low"] <= 0.2 <= found["interval"]["high"]
    assert found["word_times"] is None
    same = lq.wer(sides / "ref.stm", sides / "hyp.ctm", normalizer="plain").score
    assert same.counts.rate == 0.2


def test_wer_for_people(loquitur, sides):
    answer = loquitur("eval", "wer", "hyp.ctm", "hyp.ctm", "--normalizer", "none")
    assert answer.code == 0, answer
    header, first, _, total, *rest = answer.out.splitlines()
    assert header.split()[:3] == ["recording", "words", "WER"]
    assert first.split() == ["one", "4", "0.0000", "0", "0", "0", "0.0000"]
    assert total.split()[:3] == ["all", "5", "0.0000"]
    assert "95% interval of WER: 0.0000 to 0.0000" in rest[0]
    assert "5 of 5 words matched (100.0%); off by 0 ms on average" in rest[2]


def test_characters_where_words_have_no_blanks(loquitur, tmp_path):
    (tmp_path / "a.txt").write_text("今天 天气很好。")
    (tmp_path / "b.txt").write_text("今天天气很冷")
    arguments = ["eval", "wer", "a.txt", "b.txt", "--language", "zh-Hans", "--normalizer", "plain"]
    found = loquitur(*arguments, "--json").json
    assert (found["measure"], found["cer"], found["characters"]) == ("cer", 0.166667, 6)
    assert "CER" in loquitur(*arguments).out
    assert loquitur(*arguments, "--words", "--json").json["measure"] == "wer"


def test_an_empty_reference_has_no_rate(loquitur, tmp_path):
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.txt").write_text("thanks for watching")
    answer = loquitur("eval", "wer", "a.txt", "b.txt", "--normalizer", "none", "--json")
    assert answer.code == 0
    assert answer.json["wer"] is None
    assert answer.json["insertions"] == 3
    assert answer.json["notices"] == ["the reference has no words, so there is no rate"]
    shown = loquitur("eval", "wer", "a.txt", "b.txt", "--normalizer", "none")
    assert " -  " in shown.out
    assert "no rate" in shown.err
    assert loquitur("eval", "wer", "a.txt", "b.txt", "--normalizer", "none", "-q").err == ""


def test_cpwer_and_tcpwer(loquitur, sides):
    (sides / "hyp.stm").write_text("one 1 x 0 2 hello there\none 1 y 2 4 good day\n")
    arguments = ["eval", "cpwer", "ref.stm", "hyp.stm", "--normalizer", "plain"]
    found = loquitur(*arguments, "--json").json
    assert (found["measure"], found["cpwer"], found["deletions"]) == ("cpwer", 0.2, 1)
    assert found["files"][0]["mapping"] == {"x": "A", "y": "B"}
    assert found["notices"] == ["no hypothesis, counted as silence: two"]
    timed = loquitur(*arguments, "--collar", "5", "--json").json
    assert (timed["measure"], timed["tcpwer"]) == ("tcpwer", 0.2)
    assert timed["collar_ms_each_side"] == 5000
    assert "collar: 5 s on each side" in loquitur(*arguments, "--collar", "5").out
    nameless = loquitur("eval", "cpwer", "ref.stm", "hyp.ctm", "--normalizer", "plain").err
    assert "the hypothesis names no speaker" in nameless


def test_der_says_what_its_collar_is(loquitur, sides):
    answer = loquitur("eval", "der", "ref.rttm", "hyp.rttm", "--json")
    assert answer.code == 0, answer
    found = answer.json
    assert (found["der"], found["miss"], found["confusion"]) == (0.5, 0.25, 0.25)
    assert (found["total_ms"], found["false_alarm_ms"], found["jer"]) == (4000, 0, 0.666667)
    assert found["files"][0]["mapping"] == {"x": "A"}
    for options in (["--collar", "0.25"], ["--collar-total", "0.5"]):
        found = loquitur("eval", "der", "ref.rttm", "hyp.rttm", *options, "--json").json
        assert (found["collar_ms_each_side"], found["collar_ms_total"]) == (250, 500)
        assert found["total_ms"] == 3000
    shown = loquitur("eval", "der", "ref.rttm", "hyp.rttm", "--collar", "0.25").out
    assert "collar: 0.25 s on each side, 0.5 s together" in shown


def test_der_inside_a_map(loquitur, sides):
    (sides / "ref.uem").write_text("one 1 0 2\n")
    found = loquitur("eval", "der", "ref.rttm", "hyp.rttm", "--json").json
    assert (found["der"], found["files"][0]["uem"], found["scored_ms"]) == (0.0, True, 2000)


def test_der_of_nobody(loquitur, sides):
    (sides / "ref.uem").write_text("one 1 10 20\n")
    answer = loquitur("eval", "der", "ref.rttm", "hyp.rttm", "--json")
    assert answer.code == 0
    assert (answer.json["der"], answer.json["jer"]) == (None, None)
    assert "nobody speaks" in answer.json["notices"][0]


def test_a_transcript_of_loquitur_against_itself(loquitur, finished):
    (made,) = finished.out.glob("*.json")
    found = loquitur("eval", "wer", made, made, "--normalizer", "plain", "--json").json
    assert found["wer"] == 0.0
    assert found["word_times"]["coverage"] == 1.0
    assert found["word_times"]["median_ms"] == 0.0
    assert found["language"] == "en"
    assert loquitur("eval", "der", made, made, "--json").json["der"] == 0.0
    captions = made.with_suffix(".vtt")
    found = loquitur("eval", "cpwer", made, captions, "--normalizer", "plain", "--json").json
    assert found["cpwer"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["wer", "ref.stm", "absent.txt"], 4, "absent.txt: no such file"),
        (["wer", "ref.rttm", "hyp.ctm"], 4, "tells no words"),
        (["der", "ref.rttm", "hyp.ctm"], 4, "tells no turns"),
        (["wer", "ref.stm", "hyp.ctm", "--normalizer", "englisch"], 2, "no normaliser"),
        (["der", "ref.rttm", "hyp.rttm", "--collar", "nan"], 2, "a collar is from 0 to 60"),
        (["der", "ref.rttm", "hyp.rttm", "--collar", "-1"], 2, "a collar is from 0 to 60"),
        (["der", "ref.rttm", "hyp.rttm", "--collar", "1", "--collar-total", "1"], 2, "twice"),
        (["der", "ref.rttm", "hyp.rttm", "--uem", "ref.rttm"], 4, "line 1"),
        (["wer", "ref.stm"], 2, "HYP"),
    ],
)
def test_what_is_wrong_is_one_line(loquitur, sides, arguments, code, told):
    answer = loquitur("eval", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.err.splitlines()[-1]
    assert loquitur("eval", *arguments, "--json").error["code"].startswith("LQ-")


def test_a_missing_package_is_exit_3_with_what_to_type(loquitur, sides, monkeypatch):
    import sys

    from loquitur.evaluation import normalizing

    normalizing._of_package.cache_clear()
    monkeypatch.setitem(sys.modules, "whisper_normalizer.basic", None)
    answer = loquitur("eval", "wer", "ref.stm", "hyp.ctm")
    assert answer.code == 3
    assert 'pip install "loquitur[eval]"' in answer.err
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
    answer = loquitur("eval", "wer", "ref.stm", "hyp.ctm", "--normalizer", "none")
    assert answer.code == 3
    assert "need the package rapidfuzz" in answer.err
    normalizing._of_package.cache_clear()


def test_the_document_is_json_to_the_letter(loquitur, sides):
    answer = loquitur("eval", "wer", "ref.stm", "hyp.ctm", "--normalizer", "none", "--json")
    assert json.loads(answer.out, parse_constant=pytest.fail)
