"""Engines of meaning as they are typed: what an error tells to type works when it is typed."""

from __future__ import annotations

import re
import shlex

import pytest

TALK = "1\n00:00:01,000 --> 00:00:04,000\nA good group is a set.\n"

for package in ("onnx", "onnxruntime", "tokenizers", "safetensors"):
    pytest.importorskip(package)


@pytest.fixture
def typed(loquitur, monkeypatch, tmp_path):
    """A command line beside a talk, a tiny encoder and a tiny cross-encoder."""
    from loquitur.testing.tiny_sentences import tiny_sentence_bert

    monkeypatch.setenv("LOQUITUR_LIBRARIES", str(tmp_path / "libraries"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.en.srt").write_text(TALK)
    tiny_sentence_bert(tmp_path / "encoder")
    tiny_sentence_bert(tmp_path / "cross", classes=1)
    return loquitur


def advised(answer):
    """The command that an error tells."""
    assert answer.code == 2, answer.err
    (command,) = re.findall(r"loquitur (library rebuild .*)\)", answer.err)
    return shlex.split(command)


def test_the_command_of_a_mismatch_mends_it(typed, tmp_path):
    add = ("library", "add", "talk.en.srt", "--library", "my course", "--embedding")
    assert typed(*add, "none").code == 0
    for wanted in ("hashing", "onnx:encoder-int8", "none"):
        answer = typed(*add, wanted)
        assert typed(*advised(answer)).code == 0
        assert typed(*add, wanted).code == 0, "now it fits"
    answer = typed("search", "group", "--library", "my course", "--mode", "meaning")
    assert typed(*advised(answer)).code == 0
    assert typed("search", "group", "--library", "my course", "--mode", "meaning").code == 0


def test_a_moved_folder_is_named_as_the_message_says(typed, tmp_path, monkeypatch):
    add = ("library", "add", "talk.en.srt", "--embedding", "onnx:encoder-int8")
    assert typed(*add).code == 0
    (tmp_path / "encoder").rename(tmp_path / "moved")
    answer = typed("search", "group")
    assert answer.code == 3
    assert "LOQUITUR_EMBEDDING=onnx:FOLDER-int8" in answer.err
    assert "talk" in typed("search", "group", "--mode", "words").out
    monkeypatch.setenv("LOQUITUR_EMBEDDING", "onnx:moved-int8")
    assert "talk" in typed("search", "group").out
    monkeypatch.delenv("LOQUITUR_EMBEDDING")
    (tmp_path / "loquitur.toml").write_text('embedding = "onnx:moved-int8"\n')
    assert "talk" in typed("search", "group").out


def test_reranking_end_to_end(typed, tmp_path):
    assert typed("library", "add", "talk.en.srt", "--embedding", "none").code == 0
    assert "talk" in typed("search", "group", "--rerank", "onnx:cross").out
    answer = typed("search", "group", "--rerank", "onnx:encoder")
    assert answer.code == 4
    assert "encoder: it has no classifier" in answer.err
    assert typed("search", "group", "--rerank", "onnx:nowhere").code == 2
    answer = typed("search", "group", "--rerank", "onnx")
    assert answer.code == 3
    assert "loquitur models pull reranking.onnx:ms-marco-MiniLM-L6-v2" in answer.err


def test_a_wrong_option_is_refused(typed):
    add = ("library", "add", "talk.en.srt", "--embedding", "onnx:encoder", "--set")
    answer = typed(*add, "embedding.poling=cls")
    assert answer.code == 2
    assert "onnx has no option 'poling' (did you mean 'pooling'?)" in answer.err
    assert typed(*add, "embedding.pooling=cls").code == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("embeding.pooling=cls", "no stage is called 'embeding' (did you mean 'embedding' or"),
        ("reranking.device=cpu", "no stage is called 'reranking'"),
        ("transcribe.max_chunk=1", "transcribe has no option 'max_chunk'"),
    ],
)
def test_an_option_of_nothing_is_refused_though_nothing_is_heard(typed, tmp_path, option, said):
    answer = typed("library", "add", "talk.en.srt", "--embedding", "none", "--set", option)
    assert answer.code == 2
    assert said in answer.err
    assert not (tmp_path / "libraries").exists()


def test_options_of_vectors_in_a_project_file_stop_no_other_verb(typed, tmp_path, sample):
    (tmp_path / "loquitur.toml").write_text('[set.embedding]\nmodel = "256"\n')
    assert typed("plan", sample).code == 0
    answer = typed("plan", sample, "--set", "embedding.model=256")
    assert answer.code == 2
    assert "no stage is called 'embedding'" in answer.err
