"""Sentence encoders and cross-encoders as graphs: against the same network in plain numpy."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest

from loquitur.engines.embedding.onnx import OnnxEncoder
from loquitur.engines.encoders import folder, graph
from loquitur.engines.encoders.reader import read_weights
from loquitur.engines.reranking.onnx import OnnxReranker
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.testing import tiny_sentences as tiny
from loquitur.testing.conformance import check_reranker, check_text_encoder

TEXTS = ["a good group", "what is the worst day?", "set 12 with the group, is the set good"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("encoders")


@pytest.fixture(scope="module")
def resources(root):
    return Resources(models=root / "models")


@pytest.fixture(scope="module")
def bert(root):
    return tiny.tiny_sentence_bert(root / "bert")


@pytest.fixture(scope="module")
def xlm_roberta(root):
    return tiny.tiny_sentence_xlm_roberta(root / "xlm-roberta")


def encoder(path, resources, **options):
    return OnnxEncoder(OnnxEncoder.Options(model=str(path), **options), resources)


def tokens_of(path, text):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.enable_truncation(max_length=tiny.LONGEST // 2)
    return tokenizer.encode(text).ids


def forward(path, ids, *, first_position, epsilon):
    """The network as the papers have it, token by token, in float64: [t, width]."""
    state = {name: value.astype(np.float64) for name, value in _bare(path).items()}

    def linear(x, name):
        return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    def norm(x, name):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)
        return scaled * state[f"{name}.weight"] + state[f"{name}.bias"]

    def heads(x):
        return x.reshape(len(x), tiny.HEADS, -1).transpose(1, 0, 2)

    erf = np.vectorize(math.erf)
    places = np.arange(len(ids)) + first_position
    x = state["embeddings.word_embeddings.weight"][ids]
    x = x + state["embeddings.position_embeddings.weight"][places]
    x = norm(x + state["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for number in range(tiny.LAYERS):
        name = f"encoder.layer.{number}"
        q, k, v = (
            heads(linear(x, f"{name}.attention.self.{part}")) for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(tiny.WIDTH // tiny.HEADS)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        heard = (shares / shares.sum(-1, keepdims=True)) @ v
        heard = heard.transpose(1, 0, 2).reshape(len(x), -1)
        heard = linear(heard, f"{name}.attention.output.dense")
        x = norm(x + heard, f"{name}.attention.output.LayerNorm")
        inner = linear(x, f"{name}.intermediate.dense")
        inner = 0.5 * inner * (1 + erf(inner / math.sqrt(2)))
        x = norm(x + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    return x


def _bare(path):
    found = read_weights(path / "model.safetensors")
    return {name.removeprefix("bert.").removeprefix("roberta."): v for name, v in found.items()}


def unit(vector):
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize(
    ("name", "first", "epsilon"), [("bert", 0, 1e-12), ("xlm_roberta", 2, 1e-5)]
)
def test_the_graph_is_the_network_of_the_paper(name, first, epsilon, request, resources):
    path = request.getfixturevalue(name)
    found = encoder(path, resources).encode(TEXTS, role="passage")
    for text, vector in zip(TEXTS, found, strict=True):
        ids = tokens_of(path, text)
        wanted = unit(forward(path, ids, first_position=first, epsilon=epsilon).mean(0))
        assert float(vector @ wanted) == pytest.approx(1.0, abs=1e-5)
        assert np.abs(vector - wanted).max() < 1e-5


def test_the_token_of_the_class_and_the_largest_numbers(bert, resources):
    ids = tokens_of(bert, TEXTS[1])
    hidden = forward(bert, ids, first_position=0, epsilon=1e-12)
    for pooling, wanted in (("cls", hidden[0]), ("max", hidden.max(0))):
        (found,) = encoder(bert, resources, pooling=pooling).encode([TEXTS[1]], role="query")
        assert np.abs(found - unit(wanted)).max() < 1e-5


@pytest.mark.parametrize("name", ["bert", "xlm_roberta"])
def test_int8_is_near_and_a_texts_own(name, request, resources):
    path = request.getfixturevalue(name)
    small = encoder(f"{path}-int8", resources)
    check_text_encoder(small)
    exact = encoder(path, resources).encode(TEXTS, role="passage")
    assert float((small.encode(TEXTS, role="passage") * exact).sum(1).min()) > 0.98
    identity = OnnxEncoder.identity(OnnxEncoder.Options(model=f"{path}-int8"), resources)
    assert identity.model == f"{path.name}-int8"
    assert (
        identity.model_digest
        != OnnxEncoder.identity(OnnxEncoder.Options(model=str(path)), resources).model_digest
    )


def test_conformance_of_xlm_roberta_and_distilbert(xlm_roberta, root, resources):
    check_text_encoder(encoder(xlm_roberta, resources))
    check_text_encoder(encoder(tiny.tiny_sentence_distilbert(root / "distil"), resources))


def test_the_graph_is_written_once_and_does_without_a_cache(bert, resources, tmp_path):
    encoder(bert, resources)
    kept = list((resources.models / "onnx" / ".graphs").glob("*-body.onnx"))
    assert kept
    before = {path: path.stat().st_mtime_ns for path in kept}
    encoder(bert, resources)
    assert {path: path.stat().st_mtime_ns for path in kept} == before
    (tmp_path / "file").write_text("no folder")
    nowhere = Resources(models=tmp_path / "file" / "models")
    found = encoder(bert, nowhere).encode(TEXTS, role="query")
    assert np.array_equal(found, encoder(bert, resources).encode(TEXTS, role="query"))


def test_a_graph_in_the_folder_is_run_as_it_is(bert, resources, tmp_path):
    own = shutil.copytree(bert, tmp_path / "own")
    shape = graph.shape_of(json.loads((own / "config.json").read_text()))
    made = graph.write(
        read_weights(own / "model.safetensors"), shape, precision="float32", classifies=False
    )
    (own / "onnx").mkdir()
    (own / "onnx" / "model.onnx").write_bytes(made)
    (own / "model.safetensors").unlink()
    found = encoder(own, resources).encode(TEXTS, role="passage")
    assert np.array_equal(found, encoder(bert, resources).encode(TEXTS, role="passage"))
    with pytest.raises(InputError, match="has no"):
        encoder(f"{own}-int8", resources)


def test_long_texts_are_cut_where_the_model_says(bert, resources):
    engine = encoder(bert, resources)
    short, long = (" ".join(["good"] * count) for count in (30, 31))
    longer = f"{short} worst worst"
    vectors = engine.encode([short, long, longer], role="passage")
    assert np.allclose(vectors[0], vectors[2], atol=1e-6), "32 tokens, two of them marks"
    assert np.allclose(vectors[0], vectors[1], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "prompts", "expected"),
    [
        ("multilingual-e5-small", None, ("query: ", "passage: ")),
        ("e5-base-v2-int8", None, ("query: ", "passage: ")),
        ("intfloat/e5-large", None, ("query: ", "passage: ")),
        ("BAAI/bge-small-en-v1.5", None, ("Represent this sentence", "")),
        ("all-MiniLM-L6-v2", None, ("", "")),
        ("the5-words", None, ("", "")),
        ("multilingual-e5-large-instruct", None, ("Instruct: Given a web search query", "")),
        ("mine", {"query": "ask: ", "document": "tell: "}, ("ask: ", "tell: ")),
        ("mine", {"query": ["ask"], "document": "tell: "}, ("", "tell: ")),
        ("e5-own", {"query": "", "document": ""}, ("query: ", "passage: ")),
    ],
)
def test_what_is_written_before_a_text(name, prompts, expected, tmp_path):
    if prompts:
        path = tmp_path / "config_sentence_transformers.json"
        path.write_text(json.dumps({"prompts": prompts}))
    found = folder.prefixes_of(tmp_path, name)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True))
    assert [bool(one) for one in found] == [bool(start) for start in expected]


def test_a_prefix_is_read_and_enters_the_key(bert, resources):
    plain, asked = encoder(bert, resources), encoder(bert, resources, query_prefix="what is ")
    assert np.array_equal(
        asked.encode(["the set"], role="query"), plain.encode(["what is the set"], role="query")
    )
    assert np.array_equal(
        asked.encode(["the set"], role="passage"), plain.encode(["the set"], role="passage")
    )
    options = OnnxEncoder.Options(model=str(bert), query_prefix="what is ")
    usual = OnnxEncoder.Options(model=str(bert))
    first, second = (OnnxEncoder.identity(one, resources) for one in (options, usual))
    assert first.model_digest != second.model_digest


def change(path, name, **values):
    content = json.loads((path / name).read_text())
    if isinstance(content, list):
        content.append(values)
    else:
        content |= values
    (path / name).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("config.json", {"model_type": "t5"}, "of the kind 't5'"),
        ("config.json", {"position_embedding_type": "relative_key"}, "not absolute"),
        ("config.json", {"hidden_size": "wide"}, "own: its config.json gives no sizes"),
        ("config.json", {"hidden_size": float("inf")}, "gives no sizes"),
        ("config.json", {"hidden_size": 10**12}, "expected finite numbers of .n, 1000000000000"),
        ("config.json", {"num_hidden_layers": -3}, "impossible sizes"),
        ("config.json", {"num_hidden_layers": True}, "gives no sizes"),
        ("config.json", {"max_position_embeddings": 512}, "position_embeddings.weight is of shape"),
        ("config.json", {"pad_token_id": "x"}, "impossible sizes"),
        ("config.json", {"pad_token_id": 10**12}, "impossible sizes"),
        ("config.json", {"layer_norm_eps": float("nan")}, "impossible sizes"),
        ("config.json", {"num_attention_heads": 5}, "impossible sizes"),
        ("config.json", {"hidden_act": "swish"}, "activation 'swish'"),
        ("config.json", {"num_hidden_layers": 3}, "weight encoder.layer.2"),
        ("modules.json", {"type": "sentence_transformers.models.Dense"}, r"further layer \(Dense"),
        ("1_Pooling/config.json", {"pooling_mode_weightedmean_tokens": True}, "pooling is not"),
    ],
)
def test_what_cannot_be_run_is_told(bert, resources, tmp_path, name, values, said):
    own = shutil.copytree(bert, tmp_path / "own")
    change(own, name, **values)
    with pytest.raises(InputError, match=said):
        encoder(own, resources)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_damaged_and_missing_files(bert, resources, tmp_path, name):
    own = shutil.copytree(bert, tmp_path / "own")
    (own / name).write_bytes(b"{ no such thing")
    with pytest.raises(InputError, match=name.partition(".")[0]):
        encoder(own, resources)
    (own / name).unlink()
    lacked = "model.onnx" if name == "model.safetensors" else name
    with pytest.raises(InputError, match=f"has no {lacked}"):
        encoder(own, resources)


def test_a_model_that_is_not_here_says_what_brings_it(resources):
    for model, command in (
        ("", "embedding.onnx:all-MiniLM-L6-v2"),
        ("multilingual-e5-small-int8", "embedding.onnx:multilingual-e5-small"),
        ("owner/name", "embedding.onnx:owner/name"),
    ):
        with pytest.raises(MissingError) as caught:
            encoder(model, resources)
        assert caught.value.hint == f"loquitur models pull {command}"
    with pytest.raises(UsageError, match="no model is called 'all-MiniLM-L6'") as caught:
        encoder("all-MiniLM-L6", resources)
    assert "all-MiniLM-L6-v2" in caught.value.hint
    with pytest.raises(MissingError) as caught:
        OnnxReranker(OnnxReranker.Options(), resources)
    assert caught.value.hint == "loquitur models pull reranking.onnx:ms-marco-MiniLM-L6-v2"


def test_a_cross_encoder_reads_both_texts(root, resources):
    path = tiny.tiny_sentence_bert(root / "cross", classes=1)
    engine = OnnxReranker(OnnxReranker.Options(model=str(path)), resources)
    first, second = engine.score("what is a group?", ["a set", "the worst day"])
    again = engine.score("the worst day", ["a set"])[0]
    assert first != second
    assert first != again, "the question is read too"


@pytest.mark.slow
@pytest.mark.parametrize("classes", [1, 2])
def test_conformance_of_a_cross_encoder_on_xlm_roberta(root, resources, classes):
    path = tiny.tiny_sentence_xlm_roberta(root / f"cross-{classes}", classes=classes)
    check_reranker(OnnxReranker(OnnxReranker.Options(model=str(path)), resources))
    check_reranker(OnnxReranker(OnnxReranker.Options(model=f"{path}-int8"), resources))


def test_an_encoder_is_no_reranker(bert, resources):
    with pytest.raises(InputError, match="bert: it has no classifier") as caught:
        OnnxReranker(OnnxReranker.Options(model=str(bert)), resources)
    assert "take a cross-encoder" in caught.value.hint


def test_what_a_folders_name_decides_is_in_the_key(bert, resources, tmp_path):
    """A renamed folder must not be asked without what its passages were written with."""
    e5, other = (shutil.copytree(bert, tmp_path / name) for name in ("e5-tiny", "mine"))
    first, second = (
        OnnxEncoder.identity(OnnxEncoder.Options(model=str(path)), resources)
        for path in (e5, other)
    )
    assert first.model_digest != second.model_digest
    told = OnnxEncoder.Options(model=str(other), query_prefix="query: ", passage_prefix="passage: ")
    assert OnnxEncoder.identity(told, resources).model_digest == first.model_digest
    change(other, "config.json", _name_or_path="intfloat/multilingual-e5-small")
    assert folder.prefixes_of(other, "mine") == ("query: ", "passage: ")


def test_a_config_nested_without_end(bert, resources, tmp_path):
    own = shutil.copytree(bert, tmp_path / "own")
    (own / "config.json").write_bytes(b"[" * 100_000)
    with pytest.raises(InputError, match=r"config\.json is no JSON"):
        encoder(own, resources)


def test_prompts_are_bounded(bert, resources, tmp_path):
    own = shutil.copytree(bert, tmp_path / "own")
    prompts = {"prompts": {"query": "x " * 1000}}
    (own / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    with pytest.raises(InputError, match="prompts are too long"):
        encoder(own, resources)
