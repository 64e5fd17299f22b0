"""The adapter through the real sherpa-onnx, on tiny models with the metadata it asks for."""

from __future__ import annotations

import itertools
from functools import cache

import pytest

from loquitur import builtin
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.testing import conformance
from loquitur.testing.graphs import Graph
from loquitur.testing.signals import noise, silence, voice

pytest.importorskip("sherpa_onnx")
pytestmark = pytest.mark.extras

from loquitur.engines.asr.sherpa_onnx import SherpaAsr, SherpaAsrOptions  # noqa: E402 - the skip
from loquitur.engines.asr.sherpa_onnx import engine as adapter  # noqa: E402
from loquitur.engines.asr.sherpa_onnx.recognizers import recognizer_in  # noqa: E402
from loquitur.testing import tiny_sherpa, tiny_sherpa_texts  # noqa: E402

BUILDERS = {
    "from_nemo_ctc": tiny_sherpa.tiny_sherpa_nemo_ctc,
    "nemo_transducer": tiny_sherpa.tiny_sherpa_parakeet,
    "transducer": tiny_sherpa.tiny_sherpa_zipformer,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    @cache
    def make(kind):
        root = tmp_path_factory.mktemp("tiny")
        options = SherpaAsrOptions(model=str(BUILDERS[kind](root / "model")))
        resources = Resources(models=root / "models")
        return options, resources, SherpaAsr(options, resources)

    return make


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


@pytest.mark.parametrize("kind", BUILDERS)
def test_conforms(kind, made):
    options, resources, engine = made(kind)
    conformance.check_engine(SherpaAsr, options, resources)
    conformance.check_transcriber(engine, language="en", second_language="de")
    conformance.check_long_sound(engine, language="en", seconds=40)
    assert SherpaAsr.times(options) == "words"


@pytest.mark.parametrize("kind", BUILDERS)
def test_words_are_the_librarys(kind, made):
    _, _, engine = made(kind)
    words = list(engine.transcribe(voice(4000), language="en"))
    stream = engine._recognizer.create_stream()
    stream.accept_waveform(16_000, voice(4000))
    engine._recognizer.decode_stream(stream)
    assert "".join(w.text for w in words).replace(" ", "") == stream.result.text.replace(" ", "")
    assert len(words) > 5
    starts = [w.start_ms for w in words]
    assert starts[0] == round(1000 * stream.result.timestamps[0])
    assert starts == sorted(starts)
    assert list(engine.transcribe(silence(2000), language="")) == []


def test_a_tdt_gives_true_ends(made):
    """Its durations: words do not all last until the next one."""
    words = list(made("nemo_transducer")[2].transcribe(voice(6000), language="en"))
    gaps = [b.start_ms - a.end_ms for a, b in itertools.pairwise(words)]
    assert max(gaps) > 0
    assert all(0.0 < w.confidence <= 1.0 for w in words)


def test_two_libraries_say_the_same_of_one_model(made, tmp_path):
    """The same weights in Vosk's folders, through onnx-asr: its text is that of sherpa-onnx."""
    pytest.importorskip("onnx_asr")
    from loquitur.engines.asr.onnx_asr import OnnxAsr, OnnxAsrOptions
    from loquitur.testing.tiny_onnx_asr import tiny_vosk

    options = OnnxAsrOptions(model=str(tiny_vosk(tmp_path / "vosk")))
    other = OnnxAsr(options, Resources(models=tmp_path / "models"))
    _, _, engine = made("transducer")
    for sound in (voice(4000), voice(3000, f0_hz=200.0), noise(2000, level=0.05)):
        mine = " ".join(w.text for w in engine.transcribe(sound, language="en"))
        theirs = " ".join(w.text for w in other.transcribe(sound, language="en"))
        alike = sum(a == b for a, b in zip(mine, theirs, strict=False))
        assert alike >= 0.9 * max(len(mine), len(theirs)), (mine, theirs)


def _graph(folder, name, metadata):
    graph = Graph("any")
    graph.input("x", "float", [1])
    graph.add("Identity", "x", to="y")
    graph.output("y", "float", [1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(graph.serialize(metadata))
    (folder / "tokens.txt").write_text("a 0\n")


WHISPER = {"n_text_layer": 2, "is_multilingual": 1, "all_language_codes": "en,de,fr"}


@pytest.mark.parametrize(
    ("graphs", "factory", "times", "known"),
    [
        ({"model.int8.onnx": {"model_type": "sense_voice_ctc"}}, "from_sense_voice", "words", 5),
        ({"model.onnx": {"model_type": "paraformer"}}, "from_paraformer", "words", 0),
        ({"model.onnx": {"model_type": "zipformer2_ctc"}}, "from_zipformer_ctc", "words", 0),
        ({"tiny-encoder.onnx": WHISPER, "tiny-decoder.onnx": {}}, "from_whisper", "none", 3),
        (
            {"e-encoder.onnx": {"n_text_layer": 2, "n_alignment_heads": 6}, "e-decoder.onnx": {}},
            *("from_whisper", "words", 1),
        ),
        (
            {"encoder.onnx": {"model_type": "EncDecMultiTaskModel"}, "decoder.onnx": {}},
            *("from_nemo_canary", "none", 4),
        ),
        (
            {
                "preprocess.onnx": {},
                "encode.int8.onnx": {},
                "uncached_decode.int8.onnx": {},
                "cached_decode.int8.onnx": {},
            },
            *("from_moonshine", "none", 0),
        ),
        (
            {"encoder_model.ort": {}, "decoder_model_merged.ort": {}},
            *("from_moonshine_v2", "none", 0),
        ),
    ],
)
def test_a_folder_is_told_by_names_and_metadata(tmp_path, graphs, factory, times, known):
    for name, metadata in graphs.items():
        _graph(tmp_path, name, metadata)
    found = recognizer_in(tmp_path, "auto")
    assert (found.factory, found.times, len(found.languages)) == (factory, times, known)


def test_precisions(tmp_path):
    folder = tiny_sherpa.tiny_sherpa_zipformer(tmp_path / "m")
    for precision, mark in (("auto", True), ("int8", True), ("fp32", False)):
        files = recognizer_in(folder, precision).files
        assert (".int8" in files["encoder"].name) == mark


@pytest.mark.parametrize(
    ("remove", "said"),
    [
        ("tokens.txt", "no tokens.txt"),
        ("*.onnx", r"no \*.onnx"),
        ("joiner*", "not all of one"),
        ("encoder*", "should hold one encoder"),
    ],
)
def test_a_partial_folder_is_one_clear_error(tmp_path, resources, remove, said):
    folder = tiny_sherpa.tiny_sherpa_zipformer(tmp_path / "m")
    for path in folder.glob(remove):
        path.unlink()
    for call in (SherpaAsr, SherpaAsr.identity):
        with pytest.raises(InputError, match=said):
            call(SherpaAsrOptions(model=str(folder)), resources)


def test_another_architecture_is_told(tmp_path, resources):
    _graph(tmp_path / "strange", "model.onnx", {"model_type": "tts"})
    with pytest.raises(InputError, match="of the kind 'tts'"):
        SherpaAsr(SherpaAsrOptions(model=str(tmp_path / "strange")), resources)
    _graph(tmp_path / "bare", "model.onnx", {})
    with pytest.raises(InputError, match="no model_type"):
        SherpaAsr(SherpaAsrOptions(model=str(tmp_path / "bare")), resources)


def test_a_graph_that_kills_the_library_kills_a_child_only(tmp_path, resources):
    _graph(tmp_path / "m", "model.onnx", {"model_type": "EncDecCTCModelBPE"})
    with pytest.raises(InputError, match="cannot load the model") as caught:
        SherpaAsr(SherpaAsrOptions(model=str(tmp_path / "m")), resources)
    assert "\n" not in caught.value.message
    assert "metadata" in caught.value.hint


def test_bytes_become_characters_and_paraformers_pieces_words():
    class Result:
        tokens = (" a", "<0xE4>", "<0xBD>", "<0xA0>", "b")
        timestamps = (0.0, 0.1, 0.2, 0.3, 0.4)
        durations = ()
        ys_log_probs = ()

    assert [t.text for t in adapter._tokens(Result, pieces=False)] == [" a", "你", "b"]
    Result.tokens = ("hel@@", "lo", "你", "好", "world")
    assert [t.text for t in adapter._tokens(Result, pieces=True)] == [
        *(" hel", "lo", " 你", " 好", " world"),
    ]


def test_names_and_the_cache(tmp_path, resources):
    with pytest.raises(MissingError, match="about 660 MB") as caught:
        SherpaAsr(SherpaAsrOptions(), resources)
    assert caught.value.hint == "loquitur models pull sherpa-onnx:parakeet-tdt-0.6b-v3"
    home = SherpaAsr.location("parakeet-tdt-0.6b-v3", resources)
    tiny_sherpa.tiny_sherpa_parakeet(home)
    engine = SherpaAsr(SherpaAsrOptions(), resources)
    assert len(engine.languages) == 25
    with pytest.raises(UsageError, match="'ja'"):
        engine.transcribe(voice(100), language="ja")
    assert SherpaAsr.languages_of(SherpaAsrOptions(model="sense-voice")) == (
        *("zh", "en", "ja", "ko", "yue"),
    )
    assert SherpaAsr.times(SherpaAsrOptions(model="moonshine-tiny")) == "none"
    with pytest.raises(UsageError, match="parakeet-9"):
        SherpaAsr.location("parakeet-9", resources)


def test_broken_files_are_one_line(tmp_path, resources):
    folder = tiny_sherpa.tiny_sherpa_nemo_ctc(tmp_path / "m")
    whole = (folder / "model.int8.onnx").read_bytes()
    for content in (b"", b"no graph", whole[: len(whole) // 2]):
        (folder / "model.int8.onnx").write_bytes(content)
        with pytest.raises(InputError) as caught:
            SherpaAsr(SherpaAsrOptions(model=str(folder)), resources)
        assert "\n" not in caught.value.message


def test_the_table_says_where_each_model_is():
    specs = [item for item in builtin.BUILTIN if item.name == "sherpa-onnx"]
    assert {spec.kind for spec in specs} == {"asr", "diarization"}
    for model in (model for spec in specs for model in spec.models):
        assert model.source.count("/") == 1
        assert bool(model.figure) == bool(model.figure_source)
        assert model.licence


# --- the families that write text, most of them without times ---

TEXTS = {
    "from_sense_voice": tiny_sherpa_texts.tiny_sherpa_sense_voice,
    "from_paraformer": tiny_sherpa_texts.tiny_sherpa_paraformer,
    "from_whisper": tiny_sherpa_texts.tiny_sherpa_whisper,
    "from_nemo_canary": tiny_sherpa_texts.tiny_sherpa_canary,
    "from_moonshine": tiny_sherpa_texts.tiny_sherpa_moonshine,
}
TIMED = ("from_sense_voice", "from_paraformer")


@pytest.fixture(scope="module")
def texting(tmp_path_factory):
    @cache
    def make(kind):
        root = tmp_path_factory.mktemp("texts")
        options = SherpaAsrOptions(model=str(TEXTS[kind](root / "model")))
        resources = Resources(models=root / "models")
        return options, resources, SherpaAsr(options, resources)

    return make


@pytest.mark.parametrize("kind", TEXTS)
def test_families_of_text_conform(kind, texting):
    options, resources, engine = texting(kind)
    assert engine._made.factory == kind
    conformance.check_engine(SherpaAsr, options, resources)
    second = "zh" if kind == "from_sense_voice" else "de"
    conformance.check_transcriber(engine, language="en", second_language=second)
    assert SherpaAsr.times(options) == ("words" if kind in TIMED else "none")


@pytest.mark.parametrize("kind", TEXTS)
def test_their_words_are_the_librarys(kind, texting):
    _, _, engine = texting(kind)
    sound = voice(4000, seed=3)
    words = list(engine.transcribe(sound, language="en"))
    stream = engine._recognizer.create_stream()
    stream.accept_waveform(16_000, sound)
    engine._recognizer.decode_stream(stream)
    said = stream.result.text.replace("@@ ", "").replace(" ", "")
    assert "".join(word.text for word in words).replace(" ", "") == said
    assert words
    timed = all(word.start_ms is not None for word in words)
    assert timed == (kind in TIMED)
    assert list(engine.transcribe(silence(2000), language="en")) == []


@pytest.mark.parametrize("kind", ["from_whisper", "from_nemo_canary"])
def test_what_they_are_told_reaches_them(kind, texting):
    _, _, engine = texting(kind)
    with pytest.raises(UsageError, match="'ja'"):
        engine.transcribe(voice(100), language="ja")
    texts = {
        code: " ".join(word.text for word in engine.transcribe(voice(3000), language=code))
        for code in ("en", "de", "fr")
    }
    assert all(texts.values())
    if kind == "from_whisper":
        list(engine.transcribe(voice(3000), language=""))
        assert engine.detected in ("en", "de", "fr")
    else:
        with pytest.raises(UsageError, match="cannot find out the language"):
            engine.transcribe(voice(100), language="")


def test_sense_voice_says_the_language_it_heard(texting):
    _, _, engine = texting("from_sense_voice")
    list(engine.transcribe(voice(2000), language=""))
    assert engine.detected == "en"
