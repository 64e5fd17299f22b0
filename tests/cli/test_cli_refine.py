"""`loquitur refine`, `--llm`, `--translate`: against the server that stands in for a model."""

from __future__ import annotations

import re

import pytest

from loquitur.testing.language_model import correct, invented, model_server

LLM = ("--llm", "openai-compatible:tiny")


@pytest.fixture
def served():
    with model_server(correct) as server:
        yield "--set", f"refine.base_url={server.openai_url}"


def test_a_diff_is_a_line_for_each_change_with_its_time(speak, finished, served):
    answer = speak("refine", finished.clip, *LLM, *served, "--diff")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines
    for line in lines:
        assert re.match(r"\d\d:\d\d:\d\d\.\d{3}  SPEAKER_0\d  ", line)
        assert re.search(r"\[-.+-\] \{\+.+\+\}", line)
    assert "\x1b" not in answer.out, "no colours where there is no terminal"
    shown = speak("refine", finished.clip, *LLM, *served)
    assert re.search(r"[a-z]\.$", shown.out, re.MULTILINE)


def test_a_diff_for_programs(speak, finished, served):
    answer = speak("refine", finished.clip, *LLM, *served, "--diff", "--json")
    document = answer.json
    change = document["changes"][0]
    assert set(change) == {"start_ms", "speaker", "before", "old", "new", "after"}
    assert change["new"].rstrip(".?") == change["old"].capitalize()
    assert "result" not in document
    whole = speak("refine", finished.clip, *LLM, *served, "--json").json
    assert whole["result"]["schema"].startswith("loquitur/transcript-artifact/")


def test_a_refusal_is_told(speak, finished):
    with model_server(invented) as server:
        place = ("--set", f"refine.base_url={server.openai_url}")
        answer = speak("refine", finished.clip, *LLM, *place, "--diff")
    assert answer.code == 0
    assert answer.out == ""
    assert "changes of 1 of 1 windows were refused" in answer.err


def test_files_in_other_languages(speak, finished, served):
    given = ("-o", finished.out, "--format", "vtt,srt", "--translate", "de", "--json")
    answer = speak("run", finished.clip, *LLM, *served, *given)
    assert answer.code == 0, answer.err
    assert set(answer.json["outputs"]) == {"vtt", "srt", "vtt.de", "srt.de"}
    assert (finished.out / "talk.de.srt").is_file()
    stages = [stage["stage"] for stage in answer.json["stages"]]
    assert stages[-4:] == ["outline", "translate:de", "subtitle", "subtitle:de"]


def test_plan_says_what_a_model_costs(speak, finished):
    place = ("--set", "refine.base_url=https://api.openai.com/v1")
    named = ("--llm", "openai-compatible:gpt-5-mini")
    answer = speak("plan", finished.clip, *named, *place)
    assert answer.code == 0, answer.err
    line = next(line for line in answer.out.splitlines() if " refine " in line)
    assert re.search(r"\d+ \+ \d+ tokens, 0\.00\d+ USD$", line)
    assert "OPENAI_API_KEY is not set" in answer.err
    row = next(row for row in speak("plan", finished.clip, *named, *place, "--json").json
               if row["stage"] == "refine")  # fmt: skip
    assert row["cost_usd"] > 0
    assert len(row["tokens"]) == 2
    own = speak("plan", finished.clip, *LLM)
    assert "tokens, no fee" in own.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--llm", "gemni"), 2, "'gemini'"),
        (("--translate", "de"), 2, "language model"),
        ((*LLM, "--translate", "de!"), 2, "no language code"),
        ((*LLM, "--set", "refine.base_url=ftp://x"), 2, "base_url"),
        ((*LLM, "--set", "refine.base_url=https://example.com/v1"), 2, "offline"),
        ((*LLM, "--set", "refine.base_url=http://127.0.0.1:1/v1"), 5, "no server is reached"),
    ],
)
def test_what_goes_wrong_has_its_code(speak, finished, monkeypatch, arguments, code, said):
    monkeypatch.setattr("loquitur.pipeline.runner.FIRST_WAIT_S", 0.01)
    answer = speak("run", finished.clip, *arguments)
    assert answer.code == code, answer.err
    assert said in answer.err
