"""Which engine reads for a library: its own, the settings', none; and what a mismatch says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from loquitur.errors import MissingError, UsageError
from loquitur.library.encoding import encoder_for, make_encoder, reranker_for
from loquitur.library.shelf import open_library
from loquitur.model.library import Encoding, Part, Passage, Volume
from loquitur.settings import Settings

TEXTS = ("Groups are sets with an operation.", "Every ring is a group under addition.")


@pytest.fixture
def settings(tmp_path):
    return Settings(
        libraries=tmp_path / "libraries",
        models=tmp_path / "models",
        environment_root=tmp_path / "environments",
        offline=True,
    )


def fill(library, encoder, texts=TEXTS):
    passages = [
        Passage(media_id="v", part="speech:en", number=at, start_ms=0, end_ms=1000, text=text)
        for at, text in enumerate(texts)
    ]
    library.index.replace(
        Volume(media_id="v", title="Algebra"),
        Part(language="en"),
        passages,
        vectors=encoder.encode_passages(texts) if encoder else None,
        encoding=encoder.encoding if encoder else None,
    )


def test_a_new_library_takes_the_embedded_engine_and_keeps_it(settings):
    with open_library("course", settings=settings) as library:
        encoder = library.encoder
        assert encoder.encoding == Encoding(
            engine="hashing", version=encoder.encoding.version, dimension=512
        )
        fill(library, encoder)
        assert library.index.encoding == encoder.encoding
    later = dataclasses.replace(settings, embedding="hashing:1024")
    with open_library("course", settings=later) as library:
        assert library.encoder.encoding.dimension == 512, "what it holds goes before the settings"
        vector = library.encoder.encode_query("an operation on sets")
        vectors = library.index.vectors([1, 2])
        assert vector.shape == (512,)
        assert vectors[0] @ vector > vectors[1] @ vector


def test_the_settings_choose_for_a_new_library(settings):
    settings = dataclasses.replace(settings, embedding="hashing:1024")
    with open_library("course", settings=settings) as library:
        assert library.encoder.encoding.name == "hashing:1024"
        assert library.encoder.encoding.dimension == 1024
    with open_library("course", embedding="hashing:256", settings=settings) as library:
        assert library.encoder.encoding.dimension == 256
    with open_library("course", embedding="none", settings=settings) as library:
        assert library.encoder is None


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("hashing:1024", "vectors are of hashing, not of hashing:1024"),
        ("none", "vectors are of hashing, not of none"),
    ],
)
def test_another_model_is_an_error_with_the_command(settings, wanted, said):
    with open_library("my course", settings=settings) as library:
        fill(library, library.encoder)
    with (
        open_library("my course", embedding=wanted, settings=settings) as library,
        pytest.raises(UsageError, match=said) as caught,
    ):
        _ = library.encoder
    expected = f'loquitur library rebuild --library "my course" --embedding {wanted}'
    assert caught.value.hint == expected


def test_other_rules_of_the_same_engine_are_an_error_too(settings):
    with open_library("course", settings=settings) as library:
        old = make_encoder("hashing", settings)
        old = dataclasses.replace(old, encoding=dataclasses.replace(old.encoding, version="0"))
        fill(library, old)
        with pytest.raises(UsageError, match=r"rules of version \d+ \(the library's: 0\)"):
            _ = library.encoder


def test_a_library_of_words_alone_stays_one(settings):
    with open_library("course", embedding="none", settings=settings) as library:
        fill(library, library.encoder)
    with open_library("course", settings=settings) as library:
        assert library.encoder is None
        with pytest.raises(UsageError, match="2 passages without vectors"):
            encoder_for(library.index, settings, wanted="hashing")
        with pytest.raises(UsageError, match="no vectors to search by meaning") as caught:
            library.search("rings", mode="meaning")
        command = "loquitur library rebuild --library course --embedding hashing"
        assert caught.value.hint == f"search with --mode words, or: {command}"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("hashin", "no embedding engine is called 'hashin'"),
        ("hashing:777", "hashing has vectors of"),
        ("hashing:MiniLM", "hashing has vectors of"),
    ],
)
def test_what_there_is_not_is_told(settings, wanted, said):
    with (
        open_library("course", embedding=wanted, settings=settings) as library,
        pytest.raises(UsageError, match=said),
    ):
        _ = library.encoder


def test_vectors_that_are_none_do_not_get_into_a_library(settings, monkeypatch):
    from loquitur.engines.embedding.hashing import Hashing
    from loquitur.errors import EngineError

    encoder = make_encoder("hashing", settings)
    broken = np.full((1, 512), np.nan, dtype=np.float32)
    monkeypatch.setattr(Hashing, "encode", lambda *_, **__: broken)
    with pytest.raises(EngineError, match="'hashing' gave vectors"):
        encoder.encode_query("what?")


@pytest.fixture
def bert(tmp_path):
    for package in ("onnx", "onnxruntime", "tokenizers", "safetensors"):
        pytest.importorskip(package)
    from loquitur.testing.tiny_sentences import tiny_sentence_bert

    return tiny_sentence_bert(tmp_path / "bert")


def test_a_model_in_a_folder_is_found_again_and_known_by_its_digest(settings, bert, tmp_path):
    with open_library("course", embedding=f"onnx:{bert}-int8", settings=settings) as library:
        fill(library, library.encoder)
        before = library.encoder.encode_query("a group")
    with open_library("course", settings=settings) as library:
        assert library.encoder.encoding.name == "onnx:bert-int8"
        assert np.array_equal(library.encoder.encode_query("a group"), before)
    moved = bert.rename(tmp_path / "elsewhere")
    with open_library("course", settings=settings) as library:
        with pytest.raises(MissingError, match="onnx:bert-int8, which is not in") as caught:
            _ = library.encoder
        assert 'embedding = "onnx:FOLDER-int8" in loquitur.toml' in caught.value.hint
    for name, where in (
        (f"onnx:{moved}-int8", settings),
        ("", dataclasses.replace(settings, embedding=f"onnx:{moved}-int8")),
    ):
        with open_library("course", embedding=name, settings=where) as library:
            assert np.array_equal(library.encoder.encode_query("a group"), before)
    with (
        open_library("course", embedding=f"onnx:{moved}", settings=settings) as library,
        pytest.raises(UsageError, match="onnx:bert-int8, not of onnx:elsewhere"),
    ):
        _ = library.encoder


def test_a_model_whose_files_changed_is_another(settings, bert):
    with open_library("course", embedding=f"onnx:{bert}", settings=settings) as library:
        fill(library, library.encoder)
    config = bert / "sentence_bert_config.json"
    config.write_text(config.read_text().replace("32", "16"))
    with (
        open_library("course", settings=settings) as library,
        pytest.raises(
            UsageError, match="of onnx:bert, not of onnx:bert with other files"
        ) as caught,
    ):
        _ = library.encoder
    assert caught.value.hint.startswith("loquitur library rebuild --library course --embedding")


@pytest.mark.parametrize("place", ["//server/share/model", "\\\\server\\share", "models/here", ""])
def test_a_strangers_library_does_not_say_where_to_look(settings, place, monkeypatch):
    from loquitur.engines import catalog

    looked = []
    monkeypatch.setattr(catalog.Catalog, "given_folder", lambda _, name: looked.append(name))
    encoding = Encoding(engine="onnx", model="m", digest="0", dimension=4, place=place)

    class Held:
        pass

    Held.encoding = encoding
    with pytest.raises(MissingError):
        encoder_for(Held(), settings)
    assert looked == ["m"]


def test_options_of_an_engine_come_from_the_settings(settings, bert):
    usual = make_encoder(f"onnx:{bert}", settings)
    own = dataclasses.replace(settings, set={"embedding.pooling": "cls", "transcribe.x": "1"})
    other = make_encoder(f"onnx:{bert}", own)
    assert usual.encoding.digest != other.encoding.digest
    assert not np.allclose(usual.encode_query("a group"), other.encode_query("a group"))
    wrong = dataclasses.replace(settings, set={"embedding.poling": "cls"})
    for name in ("hashing", f"onnx:{bert}"):  # nobody knows it, whoever is meant
        for meant in ("", f"onnx:{bert}", "hashing", "none", "nobody"):
            placed = dataclasses.replace(wrong, embedding=meant)
            if meant == "nobody":
                make_encoder(name, placed)
                continue
            with pytest.raises(UsageError, match=r"(hashing|onnx) has no option 'poling'"):
                make_encoder(name, placed)
    make_encoder("hashing", dataclasses.replace(own, embedding=f"onnx:{bert}"))
    with pytest.raises(UsageError, match="hashing has no option 'pooling'"):
        make_encoder("hashing", own)  # the settings' engine is hashing, which is meant


def test_a_reranker_by_name(settings, tmp_path, bert):
    from loquitur.testing.tiny_sentences import tiny_sentence_bert

    folder = tiny_sentence_bert(tmp_path / "cross", classes=1)
    engine = reranker_for(f"onnx:{folder}", settings)
    assert engine.score("what is a group?", ["a set", "the worst day"]).shape == (2,)
    asked = []
    plain = engine.score

    class Counting:
        def score(self, query, texts):
            asked.append(len(texts))
            return plain(query, texts)

    with open_library("course", embedding="none", settings=settings) as library:
        fill(library, None, [f"a good group, number {at}" for at in range(40)])
        assert library.search("group", reranker=Counting(), k=35, group=False).hits
    assert asked == [30]
    with pytest.raises(UsageError, match="no reranking engine is called 'onxx'"):
        reranker_for("onxx", settings)
