"""CTC alignment through real graphs: a model that hears tones, and a NeMo export."""

from __future__ import annotations

import json

import numpy as np
import pytest

from loquitur.engines import ctc_models
from loquitur.engines.alignment.ctc import Ctc, CtcOptions
from loquitur.errors import EngineError, InputError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.testing import conformance
from loquitur.testing.tinyctc import played, tiny_nemo_ctc, tiny_wav2vec2

LETTER_MS, GAP_MS = 80, 60


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    return tiny_wav2vec2(tmp_path_factory.mktemp("tones"))


@pytest.fixture(scope="module")
def nemo(tmp_path_factory):
    return tiny_nemo_ctc(tmp_path_factory.mktemp("nemo"))


def opened(folder, tmp_path, **options):
    return Ctc(CtcOptions(model=str(folder), **options), Resources(models=tmp_path))


def melody(words, *, lead_ms=300, pause_ms=200):
    """Sound that says words in tones, and when each begins and ends in ms."""
    notes, spans = [(" ", lead_ms)], []
    at_ms = lead_ms
    for number, word in enumerate(words):
        if number:
            notes += [("|", GAP_MS), (" ", pause_ms)]
            at_ms += GAP_MS + pause_ms
        begun_ms = at_ms
        before = ""
        for letter in word:
            if letter == before:  # a CTC model needs a blank between
                notes.append((" ", GAP_MS))
                at_ms += GAP_MS
            notes.append((letter, LETTER_MS))
            at_ms += LETTER_MS
            before = letter
        spans.append((begun_ms, at_ms))
    return played([*notes, (" ", lead_ms)]), spans


def near(placed, spans, *, tolerance_ms=25):
    for word, (start_ms, end_ms) in zip(placed, spans, strict=True):
        assert abs(word.start_ms - start_ms) <= tolerance_ms, word
        assert abs(word.end_ms - end_ms) <= tolerance_ms, word
        assert word.timing == "aligned"


def test_words_are_found_where_they_are_played(tones, tmp_path):
    sound, spans = melody(["HELLO", "WORLD", "THE", "END"])
    placed = list(
        opened(tones, tmp_path).align(sound, ["Hello,", "world!", "the", "END"], language="en")
    )
    near(placed, spans)
    assert all(word.confidence > 0.9 for word in placed)


def test_figures_and_unknown_characters_are_found_too(tones, tmp_path):
    sound, spans = melody(["TWENTY", "ONE", "XQZ", "CAFE"])
    words = ["21", "日本", "café"]
    placed = list(opened(tones, tmp_path).align(sound, words, language="en"))
    near(placed, [(spans[0][0], spans[1][1]), spans[2], spans[3]], tolerance_ms=45)


def test_long_sound_is_heard_in_stretches_without_a_seam(tones, tmp_path):
    """95 s: five stretches, in which no frame is lost or doubled."""
    random = np.random.default_rng(0)
    words = ["".join(random.choice(list("ABCDEFGH"), 5)) for _ in range(145)]
    sound, spans = melody(words)
    assert len(sound) > 95 * 16_000
    near(list(opened(tones, tmp_path).align(sound, words, language="en")), spans)


def test_what_cannot_be_placed_is_said_so(tones, tmp_path):
    engine = opened(tones, tmp_path)
    sound, _ = melody(["AB"])
    for text, given in ((["word"] * 300, sound), (["word"], sound[:100]), (["—", "..."], sound)):
        placed = list(engine.align(given, text, language="en"))
        assert [(word.text, word.start_ms) for word in placed] == [(word, None) for word in text]


def test_both_layouts_pass_the_suite(tones, nemo, tmp_path):
    for folder in (tones, nemo):
        options = CtcOptions(model=str(folder))
        conformance.check_engine(Ctc, options, Resources(models=tmp_path))
        conformance.check_aligner(Ctc(options, Resources(models=tmp_path)), language="en")


def test_a_nemo_export_gives_words_on_its_grid(nemo, tmp_path):
    sound, _ = melody(["THE", "WORDS"])
    placed = list(opened(nemo, tmp_path).align(sound, ["the", "words"], language="en"))
    assert all(word.start_ms % 80 == 0 for word in placed)
    assert Ctc.identity(CtcOptions(model=str(nemo)), Resources(models=tmp_path)).model.endswith(
        "-int8"
    )


def test_the_precision_that_is_there_is_taken(tones, nemo, tmp_path):
    found = ctc_models.layout(str(tones), "int8", tmp_path)
    assert (found.kind, found.precision) == ("wav2vec2", "fp32")
    assert ctc_models.layout(str(nemo), "fp32", tmp_path).model.name == "model.onnx"


def test_the_digest_is_of_the_files(tones, tmp_path):
    copy = tmp_path / "copy"
    tiny_wav2vec2(copy)
    resources = Resources(models=tmp_path)
    one, two = (Ctc.identity(CtcOptions(model=str(folder)), resources) for folder in (tones, copy))
    assert one.model_digest == two.model_digest
    vocabulary = json.loads((copy / "vocab.json").read_text())
    (copy / "vocab.json").write_text(json.dumps(vocabulary | {"Ä": len(vocabulary)}))
    changed = Ctc.identity(CtcOptions(model=str(copy)), resources)
    assert changed.model_digest != one.model_digest


def test_a_model_that_is_not_here_says_what_brings_it(tmp_path):
    with pytest.raises(MissingError) as caught:
        Ctc(CtcOptions(), Resources(models=tmp_path))
    assert caught.value.hint == "loquitur models pull ctc:wav2vec2-base-960h"
    with pytest.raises(MissingError, match="offline"):
        Ctc.pull("", Resources(models=tmp_path, offline=True), str)
    with pytest.raises(UsageError) as caught:
        Ctc(CtcOptions(model="wav2vec2-bse-960h"), Resources(models=tmp_path))
    assert "wav2vec2-base-960h" in caught.value.hint


def test_a_known_model_copied_into_the_cache_is_used(tones, tmp_path):
    folder = Ctc.location("", Resources(models=tmp_path))
    tiny_wav2vec2(folder)
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model_quantized.onnx")
    engine = Ctc(CtcOptions(), Resources(models=tmp_path))
    assert engine.languages == ("en",)
    with pytest.raises(UsageError, match="language"):
        engine.align(played([("A", 500)]), ["a"], language="de")


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda f: (f / "model.onnx").unlink(), InputError),
        (lambda f: (f / "vocab.json").unlink(), InputError),
        (lambda f: (f / "vocab.json").write_text("[]"), InputError),
        (lambda f: (f / "vocab.json").write_text('{"a": 0}'), InputError),
        (lambda f: (f / "vocab.json").write_bytes(b"\xff\xff"), InputError),
        (lambda f: (f / "config.json").write_text("{"), InputError),
        (lambda f: (f / "model.onnx").write_bytes(b"no graph"), InputError),
    ],
)
def test_a_folder_that_is_broken(tmp_path, spoil, error):
    folder = tiny_wav2vec2(tmp_path / "model")
    spoil(folder)
    with pytest.raises(error):
        opened(folder, tmp_path)


def test_a_vocabulary_larger_than_the_graph_is_an_engines_error(tmp_path):
    folder = tiny_wav2vec2(tmp_path / "model")
    vocabulary = json.loads((folder / "vocab.json").read_text())
    (folder / "vocab.json").write_text(json.dumps(vocabulary | {"Ω": 500}))
    with pytest.raises(EngineError, match="500"):
        list(opened(folder, tmp_path).align(played([("A", 900)]), ["aΩ"], language="el"))
