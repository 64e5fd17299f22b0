"""The adapter through the real faster-whisper and CTranslate2, on a tiny converted Whisper."""

from __future__ import annotations

import json
import shutil

import pytest

from loquitur import builtin
from loquitur.errors import EngineError, InputError, MissingError, UsageError
from loquitur.model.speech import RawWord
from loquitur.protocols import Resources
from loquitur.speech.guards import guard
from loquitur.testing import conformance
from loquitur.testing.signals import noise, voice
from loquitur.timing import Span

for package in ("torch", "transformers", "faster_whisper"):
    pytest.importorskip(package)
pytestmark = pytest.mark.extras

from loquitur.engines.asr.faster_whisper import (  # noqa: E402 - after the skip
    FasterWhisper,
    FasterWhisperOptions,
)
from loquitur.testing.tiny_whisper import tiny_faster_whisper  # noqa: E402

UNSURE = {
    "max_new_tokens": 20,
    "beam_size": 1,
    "log_prob_threshold": None,
    "hallucination_silence_s": None,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_faster_whisper(tmp_path_factory.mktemp("tiny") / "many", languages=True)


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    return tiny_faster_whisper(tmp_path_factory.mktemp("tiny") / "english")


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


@pytest.fixture
def engine(folder, resources):
    return FasterWhisper(FasterWhisperOptions(model=str(folder), **UNSURE), resources)


def test_words_are_the_librarys_sorted_by_the_guard(engine, folder):
    from faster_whisper import WhisperModel

    bare = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    segments, _ = bare.transcribe(
        voice(6000), language="en", beam_size=1, temperature=0.0, word_timestamps=True,
        condition_on_previous_text=False, log_prob_threshold=None, max_new_tokens=20,
    )  # fmt: skip
    expected = [word.word.replace("\ufffd", "").strip() for s in segments for word in s.words]
    words = list(engine.transcribe(voice(6000), language="en"))
    assert [w.text for w in words] == [text for text in expected if text]
    assert len(words) > 3
    assert all(type(w) is RawWord for w in words)
    assert all(type(n) is float for w in words for n in (w.start_ms, w.end_ms, w.confidence))
    mended, _ = guard(words, span=Span(start_ms=0, end_ms=6000))
    assert [w.start_ms for w in mended] == sorted(w.start_ms for w in mended)


def test_languages(engine, english, resources):
    assert {"de", "ja", "haw"} <= set(engine.languages)
    assert engine._model.model.is_multilingual
    list(engine.transcribe(voice(2000), language="pt-BR"))
    assert engine.detected == "pt"
    list(engine.transcribe(voice(2000), language=""))
    assert engine.detected in engine.languages
    with pytest.raises(UsageError, match="'tlh'"):
        engine.transcribe(voice(100), language="tlh")
    options = FasterWhisperOptions(model=str(english), **UNSURE)
    assert FasterWhisper.languages_of(options) == ("en",)
    lone = FasterWhisper(options, resources)
    assert list(lone.transcribe(voice(4000), language=""))
    with pytest.raises(UsageError, match="does not know the language 'de'") as caught:
        lone.transcribe(voice(100), language="de")
    assert "without .en" in caught.value.hint


def test_a_prompt_and_hotwords_reach_the_decoder(engine, folder, resources):
    plain = [w.text for w in engine.transcribe(voice(6000), language="en")]
    for told in ({"initial_prompt": "ab ac ad"}, {"hotwords": "ub uc"}):
        options = FasterWhisperOptions(model=str(folder), **UNSURE, **told)
        other = FasterWhisper(options, resources)
        assert [w.text for w in other.transcribe(voice(6000), language="en")] != plain, told


def test_the_thresholds_do_their_work(folder, resources):
    """A random model is never sure: with Whisper's own thresholds nothing of it is left."""
    silent = FasterWhisperOptions(
        model=str(folder), max_new_tokens=20, beam_size=1, no_speech_threshold=0.0
    )
    assert list(FasterWhisper(silent, resources).transcribe(noise(3000), language="en")) == []


def test_text_that_repeats_itself_is_decoded_again(engine, monkeypatch):
    tried = []
    decode = engine._decode

    def loops(sound, code, penalty, ngram):
        tried.append((penalty, ngram))
        segments = decode(sound, code, penalty, ngram)
        if len(tried) == 1:
            import dataclasses

            return [dataclasses.replace(s, compression_ratio=9.0, text="a a a") for s in segments]
        return segments

    monkeypatch.setattr(engine, "_decode", loops)
    words = list(engine.transcribe(voice(6000), language="en"))
    assert tried == [(1.0, 0), (1.1, 3)]
    assert words


def test_words_without_a_place_come_without_times(engine, monkeypatch):
    """Segments with text and no words were seen: their text is kept, for the guard to place."""
    import dataclasses

    decode = engine._decode

    def unplaced(*told):
        return [dataclasses.replace(s, words=[], text=" one two") for s in decode(*told)]

    monkeypatch.setattr(engine, "_decode", unplaced)
    words = list(engine.transcribe(voice(6000), language="en"))
    assert {w.text for w in words} == {"one", "two"}
    assert all(w.start_ms is w.end_ms is None for w in words)


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_a_partial_folder_is_one_clear_error(folder, resources, tmp_path, name):
    part = tmp_path / "part"
    shutil.copytree(folder, part)
    (part / name).unlink()
    wanted = "vocabulary" if name.startswith("vocabulary") else name
    for call in (FasterWhisper, FasterWhisper.identity):
        with pytest.raises(InputError, match=f"no {wanted}"):
            call(FasterWhisperOptions(model=str(part)), resources)


@pytest.mark.parametrize(
    ("name", "content"),
    [("model.bin", b"\0" * 64), ("tokenizer.json", b"{"), ("vocabulary.json", b"["),
     ("preprocessor_config.json", b'{"feature_size": 128}')],
)  # fmt: skip
def test_a_broken_model_is_one_line(folder, resources, tmp_path, name, content):
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / name).write_bytes(content)
    with pytest.raises(InputError, match="broken") as caught:
        FasterWhisper(FasterWhisperOptions(model=str(broken)), resources)
    assert "\n" not in str(caught.value)


def test_a_model_of_transformers_says_how_to_convert_it(folder, resources):
    torch_folder = folder.with_name("many-torch")
    with pytest.raises(InputError) as caught:
        FasterWhisper(FasterWhisperOptions(model=str(torch_folder)), resources)
    assert "ct2-transformers-converter" in caught.value.hint


def test_names_and_the_cache(folder, resources):
    with pytest.raises(MissingError, match=r"large-v3-turbo \(about 1620 MB\)") as caught:
        FasterWhisper(FasterWhisperOptions(), resources)
    assert caught.value.hint == "loquitur models pull faster-whisper:large-v3-turbo"
    with pytest.raises(UsageError, match="medum") as caught:
        FasterWhisper(FasterWhisperOptions(model="medum"), resources)
    assert "'medium'" in caught.value.hint
    home = FasterWhisper.location("small.en", resources)
    assert home == resources.models / "faster-whisper" / "small.en"
    shutil.copytree(folder, home)
    options = FasterWhisperOptions(model="faster-whisper-small.en")
    assert FasterWhisper.identity(options, resources).model == "small.en"
    assert FasterWhisper.languages_of(options) == ("en",)
    (home / "model.bin").unlink()
    with pytest.raises(MissingError, match="incomplete"):
        FasterWhisper(options, resources)
    with pytest.raises(MissingError, match="cannot be fetched while offline"):
        FasterWhisper.pull("someone/whisper-ct2", resources, lambda _: None)


def test_the_table_says_where_each_model_is():
    spec = next(item for item in builtin.BUILTIN if item.name == "faster-whisper")
    for model in spec.models:
        assert model.source.count("/") == 1
        assert (model.languages == "en") == (".en" in model.name or "distil" in model.name)


def test_devices_and_types_of_number(folder, resources):
    import ctranslate2

    if not ctranslate2.get_cuda_device_count():
        with pytest.raises(MissingError, match="no CUDA device"):
            FasterWhisper(FasterWhisperOptions(model=str(folder), device="cuda"), resources)
    with pytest.raises(UsageError, match="'int3'") as caught:
        FasterWhisper(FasterWhisperOptions(model=str(folder), compute_type="int3"), resources)
    assert "float32" in caught.value.hint
    options = FasterWhisperOptions(model=str(folder), compute_type="float32", **UNSURE)
    assert list(FasterWhisper(options, resources).transcribe(voice(3000), language="en"))


def test_memory_that_runs_out_says_what_helps(engine, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(engine._model, "transcribe", fails)
    with pytest.raises(EngineError, match="not enough memory") as caught:
        list(engine.transcribe(voice(1000), language="en"))
    assert "compute_type=int8" in caught.value.hint


def test_wrong_options_are_refused():
    for wrong in ({"beam_size": 0}, {"temperatures": ()}, {"max_new_tokens": -1}):
        with pytest.raises(ValueError, match=r"or more|negative"):
            FasterWhisperOptions(**wrong)


def test_identity_follows_content(folder, resources, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    first = FasterWhisper.identity(FasterWhisperOptions(model=str(other)), resources)
    assert "ctranslate2" in first.version
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"x": 1}))
    second = FasterWhisper.identity(FasterWhisperOptions(model=str(other)), resources)
    assert first.model_digest != second.model_digest


# --- several chunks at once ---

SOUNDS = [voice(4_000), voice(7_000, f0_hz=210.0, seed=2), noise(2_500), voice(50), voice(3_000)]


@pytest.fixture(scope="module")
def talker(tmp_path_factory):
    """Weights that have words to say of most sounds, and not the same of all."""
    return tiny_faster_whisper(tmp_path_factory.mktemp("tiny") / "talker", seed=5, languages=True)


def several(folder, resources, **options):
    """Where no piece comes twice, there is more than one word."""
    given = UNSURE | {"repetition_penalty": 1.8, "no_repeat_ngram_size": 1, "max_new_tokens": 100}
    given |= options
    return FasterWhisper(FasterWhisperOptions(model=str(folder), **given), resources)


def said(words):
    return [(word.text, word.start_ms, word.end_ms) for word in words]


@pytest.mark.parametrize("language", ["en", ""])
def test_a_batch_says_what_each_chunk_alone_says(talker, resources, language):
    one = several(talker, resources, batched=True)
    four = several(talker, resources, batch_size=4)
    assert (one.batch_size, four.batch_size) == (1, 4)
    alone = [said(one.transcribe(sound, language=language)) for sound in SOUNDS]
    together = []
    for first in range(0, len(SOUNDS), 4):
        batch = SOUNDS[first : first + 4]
        together += [said(words) for words in four.transcribe_batch(batch, language=language)]
    assert together == alone
    assert sum(map(len, alone)) >= 4
    assert len({str(words) for words in alone}) > 2
    assert alone[3] == [], "50 ms are nothing"
    turned = [said(w) for w in four.transcribe_batch(SOUNDS[1::-1], language=language)]
    assert turned == alone[1::-1], "neighbours are no matter"


def test_a_batch_conforms(talker, resources):
    engine = several(talker, resources, batch_size=3)
    conformance.check_transcriber(engine, language="en", silent_on_silence=False)
    conformance.check_batches(engine, language="en")


def test_words_of_a_batch_lie_in_their_chunk(talker, resources):
    engine = several(talker, resources, batch_size=4)
    for sound, words in zip(SOUNDS, engine.transcribe_batch(SOUNDS, language="en"), strict=True):
        for word in words:
            assert -1 <= word.start_ms <= word.end_ms <= len(sound) / 16 + 1_000


def test_a_batch_size_alone_is_enough_and_in_no_key(folder):
    from loquitur.pipeline.engines import split_options

    keyed, tuning = split_options(FasterWhisperOptions(model=str(folder), batch_size=4))
    other, _ = split_options(FasterWhisperOptions(model=str(folder), batch_size=9))
    assert keyed["batched"] is True
    assert tuning["batch_size"] == 4
    assert keyed == other
    assert not FasterWhisperOptions().batched
    with pytest.raises(ValueError, match="1 to 256"):
        FasterWhisperOptions(batch_size=0)


def test_a_prompt_and_hotwords_reach_the_batch(talker, resources):
    plain = several(talker, resources, batch_size=2)
    told = several(talker, resources, batch_size=2, initial_prompt="harbour", hotwords="Peter")
    texts = [
        [[w.text for w in words] for words in engine.transcribe_batch(SOUNDS[:2], language="en")]
        for engine in (plain, told)
    ]
    assert texts[0] != texts[1]


def test_a_batch_without_the_option_is_the_sequential_way(talker, resources):
    engine = several(talker, resources)
    batch = [said(words) for words in engine.transcribe_batch(SOUNDS[:2], language="en")]
    assert batch == [said(engine.transcribe(sound, language="en")) for sound in SOUNDS[:2]]


def test_silence_by_the_models_own_word_is_left_out_of_a_batch_too(talker, resources):
    engine = several(talker, resources, batch_size=2, no_speech_threshold=0.0)
    assert [list(w) for w in engine.transcribe_batch(SOUNDS[:2], language="en")] == [[], []]
