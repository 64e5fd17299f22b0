"""Graphs of sentence encoders against transformers; sentence-transformers on tiny models."""

from __future__ import annotations

import json

import numpy as np
import pytest

from loquitur.protocols import Resources
from loquitur.testing import tiny_sentences as tiny

pytestmark = pytest.mark.extras

TEXTS = ["a good group", "what is the worst day?", "set 12 with the group, is the set good"]


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


def kind_of(path):
    return json.loads((path / "config.json").read_text())["model_type"]


def hidden(transformers, torch, path, kind, *texts):
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(path / "tokenizer.json"), model_max_length=tiny.LONGEST // 2
    )
    model = getattr(transformers, kind).from_pretrained(path).eval()
    with torch.inference_mode():
        given = tokenizer(
            *([text] for text in texts),
            return_tensors="pt",
            truncation=True,
            return_token_type_ids=len(texts) == 2 and kind_of(path) == "bert",
        )
        return model(**given)


@pytest.mark.parametrize("name", ["bert", "xlm_roberta", "distilbert"])
def test_vectors_are_those_of_transformers(name, tmp_path, resources):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from loquitur.engines.embedding.onnx import OnnxEncoder

    path = getattr(tiny, f"tiny_sentence_{name}")(tmp_path / name)
    engine = OnnxEncoder(OnnxEncoder.Options(model=str(path)), resources)
    for text, vector in zip(TEXTS, engine.encode(TEXTS, role="passage"), strict=True):
        wanted = hidden(transformers, torch, path, "AutoModel", text).last_hidden_state[0].mean(0)
        wanted = (wanted / wanted.norm()).numpy()
        assert float(vector @ wanted) == pytest.approx(1.0, abs=1e-5)
        assert np.abs(vector - wanted).max() < 1e-5


@pytest.mark.parametrize("name", ["bert", "xlm_roberta"])
def test_scores_are_those_of_transformers(name, tmp_path, resources):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from loquitur.engines.reranking.onnx import OnnxReranker

    path = getattr(tiny, f"tiny_sentence_{name}")(tmp_path / name, classes=1)
    engine = OnnxReranker(OnnxReranker.Options(model=str(path)), resources)
    found = engine.score("what is a group?", TEXTS)
    for text, score in zip(TEXTS, found, strict=True):
        kind = "AutoModelForSequenceClassification"
        logits = hidden(transformers, torch, path, kind, "what is a group?", text).logits
        assert float(score) == pytest.approx(float(logits[0, 0]), abs=1e-4)


@pytest.mark.parametrize("name", ["bert", "xlm_roberta"])
def test_sentence_transformers_gives_what_the_graph_gives(name, tmp_path, resources):
    pytest.importorskip("sentence_transformers")
    from loquitur.engines.embedding.onnx import OnnxEncoder
    from loquitur.engines.embedding.sentence_transformers import SentenceTransformers
    from loquitur.testing.conformance import check_engine, check_text_encoder

    path = getattr(tiny, f"tiny_sentence_{name}")(tmp_path / name)
    options = SentenceTransformers.Options(model=str(path), device="cpu")
    engine = SentenceTransformers(options, resources)
    check_engine(SentenceTransformers, options, resources)
    check_text_encoder(engine)
    graph = OnnxEncoder(OnnxEncoder.Options(model=str(path)), resources)
    first, second = (one.encode(TEXTS, role="passage") for one in (engine, graph))
    assert np.abs(first - second).max() < 1e-5
