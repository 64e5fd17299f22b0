"""`loquitur align`: a given text and its sound to captions, and a text of another sound refused."""

from __future__ import annotations

import json

import pytest

SAID = "Hello, Peter. What a beautiful morning!"
QUICK = ["--diarizer", "none", "--emotion", "none", "--profile", "offline"]


@pytest.fixture
def align(loquitur, clip, tmp_path):
    """Runs `align` on six seconds of the sample with a text."""

    def run(text, *arguments, suffix="txt"):
        path = tmp_path / f"text.{suffix}"
        path.write_text(text, encoding="utf-8")
        return loquitur("align", clip, path, "-o", tmp_path / "out", *QUICK, *arguments)

    return run


def words_of(tmp_path):
    (path,) = (tmp_path / "out").glob("*.json")
    document = json.loads(path.read_text())
    return document, [word for one in document["utterances"] for word in one["words"]]


@pytest.mark.slow
def test_captions_of_a_given_text(align, tmp_path, sample):
    """The clip begins a second into the sample; the truth tells when its words are said."""
    answer = align(SAID, "--format", "json,vtt", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["match"] > 0.5
    assert [stage["stage"] for stage in answer.json["stages"]][-3:] == [
        "align",
        "weave",
        "subtitle",
    ]
    document, words = words_of(tmp_path)
    truth = json.loads(sample.with_suffix(".truth.json").read_text())["utterances"][0]["words"]
    assert [word["text"] for word in words] == [word["text"] for word in truth]
    timings = [word.get("timing", "engine") for word in words]
    assert timings.count("aligned") >= len(words) - 1
    assert "interpolated" not in timings
    off_ms = sorted(
        abs(word["start_ms"] + 1_000 - right["start_ms"])
        for word, right in zip(words, truth, strict=True)
    )
    assert off_ms[len(off_ms) // 2] <= 60
    assert off_ms[-1] <= 300
    provenance = {item["stage"]: item for item in document["provenance"]}
    assert provenance["align"]["engine"] == "pocketsphinx"
    assert provenance["align"]["match"] == answer.json["match"]
    assert SAID not in json.dumps(provenance)
    again = align(SAID, "--format", "json,vtt", "--json")
    assert all(stage["cached"] for stage in again.json["stages"])


@pytest.mark.slow
def test_a_subtitle_file_is_a_script_too(align, tmp_path):
    srt = "1\n00:00:09,000 --> 00:00:10,000\nHello, <i>Peter.</i>\nWhat a beautiful morning!\n"
    assert align(srt, "--format", "json", suffix="srt").code == 0
    assert " ".join(word["text"] for word in words_of(tmp_path)[1]) == SAID


@pytest.mark.slow
def test_a_text_of_another_sound_is_refused_with_a_score(align):
    other = "ask not what your country can do for you my fellow americans ask what together"
    answer = align(other, "--json")
    assert answer.code == 4
    assert answer.error["code"] == "LQ-NOT-THIS-TEXT"
    assert "%" in answer.error["message"]
    assert "align.least_match=0" in answer.error["hint"]


def test_a_text_that_is_none(align, loquitur, clip, tmp_path):
    assert align("...").code == 4
    answer = loquitur("align", clip, tmp_path / "none.txt")
    assert answer.code == 4
    assert "cannot read" in answer.err
    assert loquitur("align", clip).code == 2


@pytest.mark.slow
def test_the_last_resort_says_what_it_is(align, tmp_path):
    answer = align(SAID, "--format", "json", "--aligner", "voiced")
    assert answer.code == 0
    timings = {word.get("timing") for word in words_of(tmp_path)[1]}
    assert "interpolated" in timings
    assert "aligned" not in timings
