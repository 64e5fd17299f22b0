"""Sentiment through the real libraries: transformers and ONNX on tiny models, the pipe of spaCy."""

from __future__ import annotations

import json
import shutil

import pytest

from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.testing import conformance

pytestmark = pytest.mark.extras

REFERENCE = (
    "I had a really horrible day. It was the worst day ever! But every now and then I have a "
    "really good day that makes me happy."
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from loquitur.testing import tiny_opinions as tiny

    root = tmp_path_factory.mktemp("opinions")
    return {
        "xlm-roberta": tiny.tiny_xlm_roberta(root / "xlm-roberta"),
        "bert": tiny.tiny_bert(root / "bert"),
        "two": tiny.tiny_bert(root / "two", labels=("NEGATIVE", "POSITIVE")),
        "numbered": tiny.tiny_bert(root / "numbered", labels=("LABEL_0", "LABEL_1")),
        "onnx": tiny.tiny_opinion_onnx(root / "onnx"),
        "onnx-kinds": tiny.tiny_opinion_onnx(root / "kinds", kinds=True),
    }


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models", threads=1)


def torch_engine(folder, resources, **options):
    from loquitur.engines.sentiment.transformers import TransformersSentiment as Engine

    return Engine(Engine.Options(model=str(folder), device="cpu", **options), resources)


def onnx_engine(folder, resources, **options):
    from loquitur.engines.sentiment.onnx import OnnxSentiment as Engine

    return Engine(Engine.Options(model=str(folder), **options), resources)


@pytest.mark.parametrize("name", ["xlm-roberta", "bert", "two"])
def test_conformance_on_torch(folders, resources, name):
    engine = torch_engine(folders[name], resources)
    conformance.check_engine(
        type(engine), type(engine).Options(model=str(folders[name])), resources
    )
    conformance.check_sentiment_reader(engine)


@pytest.mark.parametrize("name", ["onnx", "onnx-kinds"])
def test_conformance_without_torch(folders, resources, name):
    conformance.check_sentiment_reader(onnx_engine(folders[name], resources))


def test_polarity_is_the_mean_of_the_classes(folders, resources):
    engine = torch_engine(folders["bert"], resources)
    (found,) = engine.score(["a good day"], languages=["en"])
    shares = dict(found.scores)
    assert list(shares) == ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-6)
    places = (-1.0, -0.5, 0.0, 0.5, 1.0)
    wanted = sum(share * place for share, place in zip(shares.values(), places, strict=True))
    assert found.polarity == pytest.approx(wanted, abs=1e-9)
    assert found.subjectivity is None


def test_it_is_what_transformers_own_pipeline_says(folders, resources):
    import transformers

    engine = torch_engine(folders["bert"], resources)
    pipe = transformers.pipeline(
        "text-classification", model=str(folders["bert"]), device="cpu", top_k=None
    )
    for text in ("a good day", "the worst day !", "happy happy bad"):
        (found,) = engine.score([text], languages=["en"])
        theirs = {one["label"]: one["score"] for one in pipe([text])[0]}
        assert dict(found.scores) == pytest.approx(theirs, abs=1e-5)


def test_long_texts_are_judged_in_pieces_and_unknown_ones_not_at_all(folders, resources):
    engine = torch_engine(folders["bert"], resources, batch_size=2)
    whole, part, unknown, mixed = engine.score(
        ["good day " * 300, "good day " * 31, "ключ дверь", "good ключ"], languages=["en"] * 4
    )
    assert whole.polarity == pytest.approx(part.polarity, abs=0.15)
    assert (unknown.polarity, unknown.coverage) == (None, 0.0)
    assert mixed.coverage == 0.5


def test_classes_that_say_nothing_must_be_named(folders, resources):
    with pytest.raises(InputError, match="what its class 'LABEL_0' means is not known") as caught:
        torch_engine(folders["numbered"], resources)
    assert "sentiment.labels=" in caught.value.hint
    (low,) = torch_engine(folders["numbered"], resources, labels="negative,positive").score(
        ["good"], languages=["en"]
    )
    (high,) = torch_engine(folders["numbered"], resources, labels="positive,negative").score(
        ["good"], languages=["en"]
    )
    assert low.polarity == pytest.approx(-high.polarity)
    with pytest.raises(InputError, match="2 scores, but 3 classes are named"):
        list(
            torch_engine(folders["numbered"], resources, labels="negative,neutral,positive").score(
                ["good"], languages=["en"]
            )
        )


def test_languages_that_the_user_names(folders, resources):
    engine = torch_engine(folders["two"], resources, languages="en, de")
    assert engine.languages == ("en", "de")
    english, korean = engine.score(["good", "good"], languages=["en-US", "ko"])
    assert english.polarity is not None
    assert korean.polarity is None
    engine = torch_engine(folders["two"], resources, languages="pt-BR")
    assert next(engine.score(["good"], languages=["pt"])).polarity is not None


def test_damaged_and_other_models_are_refused(folders, resources, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(folders["xlm-roberta"], broken)
    (broken / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="is no tokenizer"):
        torch_engine(broken, resources)
    shutil.copytree(folders["xlm-roberta"], tmp_path / "headless")
    config = json.loads((tmp_path / "headless" / "config.json").read_text())
    config["id2label"] = {str(at): f"{at + 1} stars" for at in range(7)}
    (tmp_path / "headless" / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError):
        torch_engine(tmp_path / "headless", resources)
    with pytest.raises(MissingError, match="not in the model cache"):
        torch_engine("nobody/nothing", resources)
    with pytest.raises(UsageError, match="there is no folder"):
        onnx_engine(tmp_path / "absent", resources)


def test_the_pipe_of_spacy_gives_textblobs_figures():
    pytest.importorskip("spacytextblob")
    from loquitur.insight.texts.scoring import reader

    texts = [REFERENCE, "", "not bad at all :)", "정말", "really good ( ! )", "a\x00b \ud800 good"]
    languages = ["en", "en", "und", "ko", "en", "en"]
    pipe, plain = (
        list(reader(name).score(texts, languages=languages))
        for name in ("spacytextblob", "textblob")
    )
    assert (pipe[0].polarity, pipe[0].subjectivity) == (-0.125, 0.9)
    for one, other in zip(pipe, plain, strict=True):
        assert (one.polarity, one.subjectivity) == (other.polarity, other.subjectivity)
        assert one.assessments == other.assessments
        assert one.scores == other.scores
