from __future__ import annotations

import shutil

import pytest

pytest.importorskip("rapidfuzz")


@pytest.fixture
def talk(clip, parrot, tmp_path):
    shutil.copy(clip, tmp_path / "talk.wav")
    (tmp_path / "talk.txt").write_text("one speaks and the other listens")
    return "talk.wav"


ONLY = ["--engine", "parrot", "--normalizer", "plain"]


@pytest.mark.slow
def test_a_table_a_document_and_a_plot(loquitur, talk, tmp_path):
    answer = loquitur("bench", "engines", talk, *ONLY, "--json", "--plot", "b.svg")
    assert answer.code == 0, answer
    asr, diarizer = answer.json["engines"]
    assert (asr["engine"], asr["model"], asr["error"]) == ("parrot", "parrot", None)
    assert asr["wer"] is not None
    assert asr["rtfx"] > 0
    assert asr["peak_mb"] > 20
    assert diarizer["kind"] == "diarization"
    assert "der" not in diarizer
    assert answer.json["notices"] == ["no reference of turns, not scored: talk.wav"]
    assert answer.err == ""
    plot = (tmp_path / "b.svg").read_text()
    assert plot.startswith("<svg")
    assert "parrot" in plot


@pytest.mark.slow
def test_the_table_for_people(loquitur, talk):
    answer = loquitur(
        "bench", "engines", talk, *ONLY, "--kind", "asr", "--set", "transcribe.fail=1"
    )
    assert answer.code == 1
    header, row, failed = answer.out.splitlines()
    assert header.split()[:3] == ["kind", "engine", "error"]
    assert row.split()[:3] == ["asr", "parrot", "failed"]
    assert "lost its voice" in failed
    assert "preparing 1 files" in answer.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["absent.wav"], 4, "no such file"),
        (["talk.wav", "--plot", "x.png"], 2, "SVG"),
        (["talk.wav", "--engine", "nonsense"], 2, "no engine is called"),
        (["talk.wav", "--collar", "99"], 2, "0 to 60"),
        ([*ONLY, "talk.wav", "--set", "transcribee.x=1"], 2, "did you mean 'transcribe'"),
        ([], 2, "FILES"),
    ],
)
def test_wrong_use(loquitur, talk, arguments, code, told):
    answer = loquitur("bench", "engines", *arguments)
    assert answer.code == code
    assert told in answer.err


def test_a_missing_package_is_told_before_any_work(loquitur, talk, monkeypatch):
    import sys

    from loquitur.evaluation import normalizing

    normalizing._of_package.cache_clear()
    monkeypatch.setitem(sys.modules, "whisper_normalizer.basic", None)
    answer = loquitur("bench", "engines", talk, "--engine", "parrot")
    assert answer.code == 3
    assert answer.err.startswith("error: the normaliser 'english' needs")
    normalizing._of_package.cache_clear()
