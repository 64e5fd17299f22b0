"""Sentence encoders out of the hub: which files come, and that they then run without it."""

from __future__ import annotations

import json

import pytest
from emulated_hub import Repository

from loquitur import builtin, models, pins
from loquitur.engines.embedding.model2vec import Model2Vec
from loquitur.engines.embedding.onnx import OnnxEncoder
from loquitur.engines.embedding.sentence_transformers import SentenceTransformers
from loquitur.engines.reranking.onnx import OnnxReranker
from loquitur.errors import MissingError, RemoteError, UsageError
from loquitur.protocols import Resources
from loquitur.testing.tiny_sentences import tiny_sentence_bert

COMMIT = "1" * 40


@pytest.fixture
def resources(hub, tmp_path):
    return Resources(models=tmp_path / "models", offline=False, hub=hub.endpoint)


@pytest.fixture
def published(hub, tmp_path):
    """Puts a tiny model where a real one is, with more beside it than is wanted."""

    def publish(repository, **changes):
        made = tiny_sentence_bert(tmp_path / "source", classes=1)
        files = {
            path.relative_to(made).as_posix(): path.read_bytes()
            for path in made.rglob("*")
            if path.is_file()
        }
        files |= {"pytorch_model.bin": b"pickled" * 9, "modeling.py": b"import os", **changes}
        files = {name: data for name, data in files.items() if data is not None}
        pinned = pins.PINS.get(repository, COMMIT)
        later = files | {"config.json": b"{}"}
        hub.world.repositories[repository] = Repository(
            history={pinned: files, "2" * 40: later} if pinned != COMMIT else {COMMIT: files}
        )

    return publish


def test_every_known_model_of_meanings_is_pinned():
    specs = [spec for spec in builtin.BUILTIN if spec.kind in ("embedding", "reranking")]
    sources = {model.source for spec in specs for model in spec.models}
    assert len(sources) == 9
    assert sources <= set(pins.PINS)


@pytest.mark.parametrize(
    ("engine", "source", "folder"),
    [
        (OnnxEncoder, "sentence-transformers/all-MiniLM-L6-v2", "onnx/all-MiniLM-L6-v2"),
        (OnnxReranker, "cross-encoder/ms-marco-MiniLM-L6-v2", "onnx/ms-marco-MiniLM-L6-v2"),
    ],
)
def test_a_known_model_comes_and_runs(published, resources, engine, source, folder):
    published(source)
    told = []
    engine.pull("", resources, told.append)
    place = resources.models / folder
    assert place == engine.location("", resources)
    assert (place / "1_Pooling" / "config.json").is_file()
    assert not (place / "pytorch_model.bin").exists()
    assert not (place / "modeling.py").exists()
    assert told[-1].endswith("is ready")
    assert any(f"commit {pins.PINS[source][:12]} (pinned)" in line for line in told)
    engine.pull(f"{place.name}-int8", resources, told.append)
    assert told[-1].endswith("is there already"), "both precisions are of the same files"
    offline = Resources(models=resources.models)
    loaded = engine(engine.Options(model=f"{place.name}-int8"), offline)
    if engine is OnnxEncoder:
        assert loaded.encode(["a group"], role="query").shape == (1, 32)
        assert engine.identity(engine.Options(), offline).model == "all-MiniLM-L6-v2"
    else:
        assert loaded.score("what?", ["a group"]).shape == (1,)


def test_what_eight_bits_bring_is_told_before(published, resources):
    published("sentence-transformers/all-MiniLM-L6-v2")
    told = []
    models.pull("embedding.onnx:all-MiniLM-L6-v2-int8", resources, told.append)
    source = "sentence-transformers/all-MiniLM-L6-v2"
    assert told[0] == (f"onnx:all-MiniLM-L6-v2-int8: about 91 MB from {source}, licence Apache-2.0")


def test_a_strangers_model_of_another_kind_is_taken_away_again(published, resources):
    published("owner/t5", **{"config.json": json.dumps({"model_type": "t5"}).encode()})
    with pytest.raises(RemoteError, match="of the kind 't5'"):
        OnnxEncoder.pull("owner/t5", resources, lambda _: None)
    assert not OnnxEncoder.location("owner/t5", resources).exists()
    published("owner/bin", **{"model.safetensors": None})
    with pytest.raises(RemoteError, match=r"has no model\.safetensors"):
        OnnxEncoder.pull("owner/bin", resources, lambda _: None)


@pytest.mark.parametrize("engine", [OnnxEncoder, OnnxReranker, Model2Vec, SentenceTransformers])
def test_nothing_is_fetched_offline_or_by_a_wrong_name(engine, tmp_path):
    offline = Resources(models=tmp_path / "models")
    with pytest.raises(MissingError, match="cannot be fetched while offline"):
        engine.pull("", offline, lambda _: None)
    with pytest.raises(UsageError, match="no model is called 'nothing'"):
        engine.pull("nothing", offline, lambda _: None)
    with pytest.raises(UsageError, match="no model is called"):
        engine.location("../../etc", offline)


@pytest.mark.parametrize(
    ("engine", "name", "folder"),
    [
        (Model2Vec, "minishlab/potion-base-8M", "model2vec/potion-base-8M"),
        (
            SentenceTransformers,
            "sentence-transformers/all-mpnet-base-v2",
            "sentence-transformers/all-mpnet-base-v2",
        ),
    ],
)
def test_the_files_of_the_other_engines(published, resources, engine, name, folder):
    published(name)
    engine.pull("", resources, lambda _: None)
    place = resources.models / folder
    assert (place / "model.safetensors").is_file()
    assert (place / "tokenizer.json").is_file()
    assert not (place / "modeling.py").exists()
    assert (place / "1_Pooling" / "config.json").is_file() == (engine is SentenceTransformers)
