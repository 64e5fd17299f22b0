"""Every family of onnx-asr through the real library: told from its folder, heard, timed."""

from __future__ import annotations

import json
import shutil
from functools import cache, partial

import numpy as np
import pytest

from loquitur import builtin
from loquitur.engines.asr.onnx_asr import OnnxAsr, OnnxAsrOptions, sources
from loquitur.engines.asr.onnx_asr.families import FAMILIES
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.model.speech import RawWord, Word
from loquitur.protocols import Resources
from loquitur.speech.guards import guard
from loquitur.testing import conformance, tiny_onnx_asr, tiny_whisper_onnx
from loquitur.testing.signals import silence, voice
from loquitur.testing.tiny import tiny_parakeet
from loquitur.timing import Span

pytestmark = pytest.mark.slow

BUILDERS = {
    "nemo-conformer-tdt": tiny_parakeet,
    "nemo-conformer-rnnt": tiny_onnx_asr.tiny_nemo_rnnt,
    "nemo-conformer-ctc": tiny_onnx_asr.tiny_nemo_ctc,
    "nemo-conformer-aed": tiny_onnx_asr.tiny_canary,
    "whisper": tiny_whisper_onnx.tiny_whisper,
    "whisper-ort": tiny_whisper_onnx.tiny_whisper_ort,
    "gigaam-v2-ctc": partial(tiny_onnx_asr.tiny_gigaam, kind="v2_ctc"),
    "gigaam-v2-rnnt": partial(tiny_onnx_asr.tiny_gigaam, kind="v2_rnnt"),
    "gigaam-v3-ctc": partial(tiny_onnx_asr.tiny_gigaam, kind="v3_ctc"),
    "gigaam-v3-rnnt": partial(tiny_onnx_asr.tiny_gigaam, kind="v3_rnnt"),
    "gigaam-v3-e2e-ctc": partial(tiny_onnx_asr.tiny_gigaam, kind="v3_e2e_ctc"),
    "gigaam-v3-e2e-rnnt": partial(tiny_onnx_asr.tiny_gigaam, kind="v3_e2e_rnnt"),
    "gigaam-multilingual-ctc": partial(tiny_onnx_asr.tiny_gigaam, kind="multilingual_ctc"),
    "kaldi-rnnt": tiny_onnx_asr.tiny_vosk,
    "t-one-ctc": tiny_onnx_asr.tiny_t_one,
}
UNTIMED = {"nemo-conformer-aed", "whisper", "whisper-ort"}
ONLY_FP32 = {"t-one-ctc"}
each = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """`made(family)` -> (options, resources, engine) of its tiny model, found by its files."""

    @cache
    def make(family):
        root = tmp_path_factory.mktemp(family)
        options = OnnxAsrOptions(model=str(BUILDERS[family](root / "model")))
        resources = Resources(models=root / "models")
        return options, resources, OnnxAsr(options, resources)

    return make


def test_every_family_has_a_tiny_model():
    assert BUILDERS.keys() == FAMILIES.keys()


@each
def test_a_folder_is_told_by_its_files(family, made):
    options, resources, engine = made(family)
    assert engine._family.name == family
    assert OnnxAsr.times(options) == ("none" if family in UNTIMED else "words")
    expected = "fp32" if family in ONLY_FP32 else "int8"
    assert OnnxAsr.identity(options, resources).model == f"model-{expected}"


@each
def test_conforms(family, made):
    options, resources, engine = made(family)
    conformance.check_engine(OnnxAsr, options, resources)
    conformance.check_transcriber(engine, language="en")


@each
def test_words_are_timed_or_marked(family, made):
    _, _, engine = made(family)
    words = list(engine.transcribe(voice(4000), language="en"))
    assert words
    if family in UNTIMED:
        assert all(type(w) is RawWord and w.start_ms is w.end_ms is None for w in words)
    else:
        assert all(type(w) is Word and 0 <= w.start_ms < w.end_ms <= 4000 for w in words)
    mended, repairs = guard(words, span=Span(start_ms=0, end_ms=4000))
    assert [w.text for w in mended] == [w.text for w in words]
    assert all((w.timing == "interpolated") == (family in UNTIMED) for w in mended)
    assert dict(repairs).get("interpolated", 0) == (len(words) if family in UNTIMED else 0)


@each
def test_the_text_is_the_librarys(family, made):
    import onnx_asr

    options, _, engine = made(family)
    bare = onnx_asr.load_model(
        family,
        options.model,
        quantization=None if family in ONLY_FP32 else "int8",
        providers=["CPUExecutionProvider"],
    )
    told = {"language": "en"} if family in UNTIMED else {}
    expected = bare.recognize(voice(4000), **told)
    words = engine.transcribe(voice(4000), language="en")
    assert "".join(w.text for w in words).replace(" ", "") == expected.replace(" ", "")


def test_the_language_reaches_the_decoder(made):
    for family in UNTIMED:
        _, _, engine = made(family)
        assert {"en", "de", "fr"} <= set(engine.languages)
        texts = {
            language: [w.text for w in engine.transcribe(voice(3000), language=language)]
            for language in ("en", "de", "fr")
        }
        assert len({tuple(text) for text in texts.values()}) > 1, texts
        with pytest.raises(UsageError, match="does not know the language"):
            engine.transcribe(voice(100), language="xx")


def test_whisper_finds_out_the_language_and_canary_has_to_be_told(made):
    for family in ("whisper", "whisper-ort"):
        assert list(made(family)[2].transcribe(voice(3000), language=""))
    with pytest.raises(UsageError, match="cannot find out") as caught:
        made("nemo-conformer-aed")[2].transcribe(voice(3000), language="")
    assert caught.value.hint == "tell it: --language CODE"


def test_canary_without_punctuation(made):
    options, resources, engine = made("nemo-conformer-aed")
    bare = OnnxAsr(OnnxAsrOptions(model=options.model, punctuation=False), resources)
    assert engine._told("de-AT") == {"language": "de", "pnc": True}
    assert bare._told("de") == {"language": "de", "pnc": False}
    assert list(bare.transcribe(voice(2000), language="en"))


def test_a_transducer_without_config_is_told_by_its_graph(tmp_path):
    resources = Resources(models=tmp_path / "models")
    plain = tiny_onnx_asr.tiny_nemo_rnnt(tmp_path / "plain", configured=False)
    assert OnnxAsr(OnnxAsrOptions(model=str(plain)), resources)._family.name.endswith("rnnt")
    timed = tiny_parakeet(tmp_path / "timed")
    (timed / "config.json").write_text(json.dumps({"features_size": 128}))
    assert OnnxAsr(OnnxAsrOptions(model=str(timed)), resources)._family.name.endswith("tdt")


def test_several_models_in_one_folder_have_to_be_chosen_from(tmp_path):
    resources = Resources(models=tmp_path / "models")
    for kind in ("v3_ctc", "v3_rnnt"):
        tiny_onnx_asr.tiny_gigaam(tmp_path / "both", kind=kind)
    options = OnnxAsrOptions(model=str(tmp_path / "both"))
    with pytest.raises(InputError, match="several models: gigaam-v3-ctc, gigaam-v3-rnnt") as caught:
        OnnxAsr(options, resources)
    assert "transcribe.family" in caught.value.hint
    chosen = OnnxAsrOptions(model=str(tmp_path / "both"), family="gigaam-v3-rnnt")
    assert OnnxAsr(chosen, resources)._family.name == "gigaam-v3-rnnt"
    with pytest.raises(ValueError, match="no family 'gigaam'"):
        OnnxAsrOptions(family="gigaam")


@each
def test_a_partial_folder_is_one_clear_error(family, tmp_path):
    resources = Resources(models=tmp_path / "models")
    folder = BUILDERS[family](tmp_path / "model")
    graph = sorted(folder.rglob("*.onnx"))[0]
    name = graph.name.replace(".int8", "").replace("_int8", "")
    for path in folder.rglob(name.replace(".onnx", "*.onnx")):
        path.unlink()
    with pytest.raises(InputError, match="model") as caught:
        OnnxAsr(OnnxAsrOptions(model=str(folder)), resources)
    assert str(folder) in caught.value.message
    assert "\n" not in caught.value.message


def test_another_architecture_under_the_right_names_is_told(tmp_path):
    resources = Resources(models=tmp_path / "models")
    folder = tiny_onnx_asr.tiny_nemo_ctc(tmp_path / "model")
    other = tiny_onnx_asr.tiny_t_one(tmp_path / "other")
    for mark in ("", ".int8"):
        shutil.copy(other / "model.onnx", folder / f"model{mark}.onnx")
    with pytest.raises(InputError, match="no nemo-conformer-ctc model: its graph takes signal"):
        OnnxAsr(OnnxAsrOptions(model=str(folder)), resources)


def test_a_model_of_another_engine_is_told(tmp_path):
    folder = tmp_path / "torch"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "wav2vec2"}')
    (folder / "model.safetensors").write_bytes(b"\0" * 8)
    with pytest.raises(InputError, match="says 'wav2vec2'") as caught:
        OnnxAsr(OnnxAsrOptions(model=str(folder)), Resources(models=tmp_path / "models"))
    assert "ONNX exports" in caught.value.hint


def test_known_names_agree_with_the_table():
    spec = next(item for item in builtin.BUILTIN if item.name == "onnx-asr")
    assert [model.name for model in spec.models] == list(sources.KNOWN)
    for model in spec.models:
        known = sources.KNOWN[model.name]
        assert known.family in FAMILIES
        assert known.fp32_mb >= model.size_mb > 0
        assert model.source.count("/") == 1
        assert bool(model.figure) == bool(model.figure_source)


def test_a_repository_of_the_hub_is_named_by_owner_and_name(tmp_path):
    resources = Resources(models=tmp_path)
    options = OnnxAsrOptions(model="someone/whisper-tiny-onnx-fp32")
    assert (options.model, options.precision) == ("someone/whisper-tiny-onnx", "fp32")
    assert OnnxAsr.times(options) == "none"
    with pytest.raises(MissingError, match="neither a folder here nor a model") as caught:
        OnnxAsr(options, resources)
    assert caught.value.hint == "loquitur models pull onnx-asr:someone/whisper-tiny-onnx-fp32"
    home = OnnxAsr.location("someone/whisper-tiny-onnx-fp32", resources)
    assert home == tmp_path / "onnx-asr" / "someone--whisper-tiny-onnx-fp32"
    tiny_whisper_onnx.tiny_whisper(home)
    assert OnnxAsr(options, resources)._family.name == "whisper"


def test_t_one_resamples_and_stays_inside_the_sound(made):
    words = list(made("t-one-ctc")[2].transcribe(voice(2310), language="ru"))
    assert max(w.end_ms for w in words) <= 2310


def test_scores_that_are_no_probabilities_are_not_given_as_such(made):
    from onnx_asr.asr import TimestampedResult

    from loquitur.engines.asr.onnx_asr.spelling import untimed_words

    raw = TimestampedResult("a b", None, [" a", " b"], [3.5, -0.1])
    assert [w.confidence for w in untimed_words(raw)] == [None, None]
    sound = TimestampedResult("a b", None, [" a", " b"], [float(np.log(0.5)), 0.0])
    assert [round(w.confidence, 3) for w in untimed_words(sound)] == [0.5, 1.0]
    assert list(untimed_words(TimestampedResult("", None, None, None))) == []


def test_silence_is_silent(made):
    for family in FAMILIES:
        assert list(made(family)[2].transcribe(silence(2000), language="en")) == [], family
