"""The adapter through the real onnx-asr and onnxruntime, on a tiny model of the real shapes."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest

from loquitur.engines import weights
from loquitur.engines.asr.onnx_asr import OnnxAsr, OnnxAsrOptions
from loquitur.engines.asr.onnx_asr import engine as adapter
from loquitur.errors import EngineError, InputError, MissingError, UsageError
from loquitur.model.speech import Word
from loquitur.protocols import Identity, Resources
from loquitur.testing.signals import noise, silence, tone, voice
from loquitur.testing.tiny import tiny_parakeet


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_parakeet(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


@pytest.fixture(scope="module")
def engine(folder, tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    return OnnxAsr(OnnxAsrOptions(model=str(folder)), Resources(models=models))


def _words(engine, sound, language="en"):
    return list(engine.transcribe(sound, language=language))


def test_words_have_the_librarys_text_and_the_decoders_times(engine, folder):
    import onnx_asr

    bare = onnx_asr.load_model(
        "nemo-conformer-tdt", folder, quantization="int8", providers=["CPUExecutionProvider"]
    ).with_timestamps()
    for sound in (voice(7100), noise(3000), voice(2960, f0_hz=220)):
        words = _words(engine, sound)
        result = bare.recognize(sound)
        joined = "".join(word.text for word in words)
        assert joined == "".join("".join(result.tokens).split())
        assert len(words) > 5
        assert words[0].start_ms == round(1000 * result.timestamps[0])
        assert all(word.start_ms % 80 == 0 for word in words)
        length_ms = len(sound) // 16
        assert all(0 <= w.start_ms < w.end_ms <= length_ms for w in words)
        assert [w.start_ms for w in words] == sorted(w.start_ms for w in words)
        assert all(type(w) is Word and type(w.confidence) is float for w in words)
        assert 0 < min(w.confidence for w in words) < 1


def test_ends_are_the_decoders_durations_not_a_rule(engine):
    words = _words(engine, voice(7100))
    gaps = [b.start_ms - a.end_ms for a, b in pairwise(words)]
    assert min(gaps) >= 0
    assert max(gaps) > 0  # blanks between words: their frames belong to no word
    ends = {word.end_ms - word.start_ms for word in words}
    assert ends != {400}


def test_the_tap_measures_what_the_graph_says(folder, engine):
    """Each token's start plus its duration is where the decoder went on, by its own steps."""
    sound = voice(5000)
    _words(engine, sound)
    result = engine._recognizer.recognize(sound)
    engine._steps.clear()
    again = engine._recognizer.recognize(sound)
    frames = engine._steps.of(len(again.tokens))
    assert again.tokens == result.tokens
    starts = [round(start / 0.08) for start in again.timestamps]
    for at, (start, after) in enumerate(pairwise(starts)):
        assert frames[at] in range(5)
        assert after >= start + frames[at]


def test_a_library_that_decodes_another_way_falls_back_to_the_rule(folder, resources):
    engine = OnnxAsr(OnnxAsrOptions(model=str(folder)), resources)
    expected = _words(engine, voice(5000))
    engine._steps._steps = _Deaf()
    words = _words(engine, voice(5000))
    assert [w.text for w in words] == [w.text for w in expected]
    assert [w.start_ms for w in words] == [w.start_ms for w in expected]
    lengths = [w.end_ms - w.start_ms for w in words]
    assert lengths != [w.end_ms - w.start_ms for w in expected]


class _Deaf(list):
    def append(self, item):
        """Hear nothing."""


def test_deterministic_and_independent_of_chunks_before(engine, folder, resources):
    first, second = voice(4000), noise(4000)
    alone = _words(engine, first)
    _words(engine, second)
    assert _words(engine, first) == alone
    fresh = OnnxAsr(OnnxAsrOptions(model=str(folder)), resources)
    assert _words(fresh, second) == _words(engine, second)


def test_both_precisions_are_found(folder, resources):
    plain = OnnxAsr(OnnxAsrOptions(model=str(folder), precision="fp32"), resources)
    small = OnnxAsr(OnnxAsrOptions(model=str(folder)), resources)
    assert _words(plain, voice(3000)) == _words(small, voice(3000))


def test_a_chunk_cut_out_of_a_longer_sound(engine):
    whole = np.concatenate([silence(1000), voice(4000), silence(1000)])
    cut = whole[15_000:75_000]
    assert _words(engine, cut) == _words(engine, cut.copy())
    assert all(word.end_ms <= 3750 for word in _words(engine, cut))


def test_nothing_on_silence_and_no_crash_on_crumbs(engine):
    assert _words(engine, silence(3000)) == []
    for count in (0, 1, 159, 800, 1279, 1280, 1281, 2000):
        words = _words(engine, noise(200)[:count])
        assert all(word.end_ms <= -(-count // 16) for word in words)
    assert isinstance(_words(engine, tone(1000)), list)


def test_a_batch_through_the_library_agrees_with_single_chunks(engine):
    sounds = [voice(3200), noise(2400)]
    batch = engine._recognizer.recognize(sounds)
    singles = [engine._recognizer.recognize(sound) for sound in sounds]
    assert [result.tokens for result in batch] == [result.tokens for result in singles]


@pytest.mark.parametrize("language", ["", "en", "en-GB", "de", "uk-UA", "pt_BR", "und"])
def test_known_languages(resources, language):
    tiny_parakeet(resources.models / "onnx-asr" / "parakeet-tdt-0.6b-v3-int8")
    engine = OnnxAsr(OnnxAsrOptions(), resources)
    assert len(engine.languages) == 25
    assert _words(engine, voice(1500), language)
    with pytest.raises(UsageError, match="'ja'") as caught:
        engine.transcribe(voice(100), language="ja")
    assert "another engine" in caught.value.hint


def test_a_folder_may_know_any_language(engine):
    assert engine.languages == ()
    assert _words(engine, voice(1500), "ja")


def test_the_english_model_refuses_german(folder, resources):
    home = resources.models / "onnx-asr" / "parakeet-tdt-0.6b-v2-int8"
    tiny_parakeet(home)
    engine = OnnxAsr(OnnxAsrOptions(model="parakeet-tdt-0.6b-v2"), resources)
    assert engine.languages == ("en",)
    assert OnnxAsr.languages_of(OnnxAsrOptions(model="parakeet-tdt-0.6b-v2")) == ("en",)
    assert _words(engine, voice(1500), "en-US")
    with pytest.raises(UsageError, match="v2 does not know the language 'de'") as caught:
        engine.transcribe(voice(100), language="de")
    assert "v3" in caught.value.hint


def test_an_absent_model_names_the_command(resources):
    for call in (OnnxAsr, OnnxAsr.identity):
        with pytest.raises(MissingError) as caught:
            call(OnnxAsrOptions(), resources)
        assert str(caught.value) == (
            "model parakeet-tdt-0.6b-v3 (int8, about 670 MB) is not in the model cache"
        )
        assert caught.value.hint == "loquitur models pull onnx-asr:parakeet-tdt-0.6b-v3"
    with pytest.raises(MissingError) as caught:
        OnnxAsr(OnnxAsrOptions(model="parakeet-tdt-0.6b-v2", precision="fp32"), resources)
    assert caught.value.hint == "loquitur models pull onnx-asr:parakeet-tdt-0.6b-v2-fp32"


def test_wrong_names_and_folders(tmp_path, resources, folder):
    with pytest.raises(UsageError, match="parakeet-v3") as caught:
        OnnxAsr(OnnxAsrOptions(model="parakeet-v3"), resources)
    assert "parakeet-tdt-0.6b-v3" in caught.value.hint
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="no model that onnx-asr knows") as caught:
        OnnxAsr(OnnxAsrOptions(model=str(empty)), resources)
    assert "nemo-conformer-tdt" in caught.value.hint
    plain = tiny_parakeet(tmp_path / "plain")
    (plain / "encoder-model.int8.onnx").unlink()
    with pytest.raises(InputError) as caught:
        OnnxAsr(OnnxAsrOptions(model=str(plain), precision="int8"), resources)
    assert "precision=fp32" in caught.value.hint
    assert OnnxAsr.identity(OnnxAsrOptions(model=str(plain)), resources).model == "plain-fp32"
    half = resources.models / "onnx-asr" / "parakeet-tdt-0.6b-v3-int8"
    tiny_parakeet(half)
    (half / "vocab.txt").unlink()
    with pytest.raises(MissingError, match=r"incomplete in the model cache: no vocab\.txt"):
        OnnxAsr(OnnxAsrOptions(), resources)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("encoder-model.int8.onnx", b"not a graph"),
        ("encoder-model.int8.onnx", b""),
        ("vocab.txt", b"one two three\n"),
        ("vocab.txt", b"\xff\xfe\n"),
        ("config.json", b"{"),
        ("config.json", b'{"model_type": "nemo-conformer-tdt", "features_size": 7}'),
        ("config.json", b'{"model_type": "nemo-conformer-tdt", "features_size": 80}'),
    ],
)
def test_a_broken_model_is_one_line(tmp_path, resources, name, content):
    broken = tiny_parakeet(tmp_path / "broken")
    (broken / name).write_bytes(content)
    with pytest.raises(InputError, match="broken") as caught:
        OnnxAsr(OnnxAsrOptions(model=str(broken)), resources)
    assert "\n" not in str(caught.value)


def test_a_model_damaged_in_the_cache_says_how_to_mend_it(resources):
    """`models pull` finds all its files there, so it would bring nothing."""
    here = tiny_parakeet(resources.models / "onnx-asr" / "parakeet-tdt-0.6b-v2-int8")
    (here / "encoder-model.int8.onnx").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be loaded") as caught:
        OnnxAsr(OnnxAsrOptions(model="parakeet-tdt-0.6b-v2"), resources)
    assert caught.value.hint == f"rm -r {here}, and pull it again"


def test_a_failure_while_decoding_is_an_engine_error(engine, monkeypatch):
    def fails(*_, **__):
        raise ValueError("the graph gave up")

    monkeypatch.setattr(engine._recognizer.asr, "_encode", fails)
    with pytest.raises(EngineError, match="failed: the graph gave up"):
        _words(engine, voice(1000))


def test_identity_reads_each_file_once(folder, resources, monkeypatch, tmp_path):
    options = OnnxAsrOptions(model=str(folder))
    first = OnnxAsr.identity(options, resources)
    assert first == Identity(
        version="0.12.0", model="model-int8", model_digest=first.model_digest, draft=False
    )
    assert len(first.model_digest) == 64
    read = []
    real = weights._sha256
    monkeypatch.setattr(weights, "_sha256", lambda path: read.append(path) or real(path))
    assert OnnxAsr.identity(options, resources) == first
    assert read == []
    elsewhere = Resources(models=tmp_path / "other")
    assert OnnxAsr.identity(options, elsewhere) == first
    assert len(read) == 4


def test_identity_follows_the_content(tmp_path, resources):
    options = OnnxAsrOptions(model=str(tiny_parakeet(tmp_path / "m")))
    first = OnnxAsr.identity(options, resources)
    tiny_parakeet(tmp_path / "m", seed=1)
    second = OnnxAsr.identity(options, resources)
    assert second.model_digest != first.model_digest
    ledgers = list(resources.models.rglob("*.json"))
    ledgers[0].write_bytes(b"[broken")
    assert OnnxAsr.identity(options, resources) == second
    tiny_parakeet(tmp_path / "m")
    assert OnnxAsr.identity(options, resources) == first
    with pytest.raises(UsageError):
        OnnxAsr.identity(OnnxAsrOptions(model="nothing"), resources)


def test_the_cache_may_be_unwritable(folder, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder would be")
    identity = OnnxAsr.identity(OnnxAsrOptions(model=str(folder)), Resources(models=blocked))
    assert identity.model_digest


@pytest.mark.parametrize(
    ("device", "said", "command"),
    [
        ("cuda", "CUDA", "pip install onnxruntime-gpu"),
        ("coreml", "CoreML", "pip install onnxruntime"),
        ("directml", "Dml", "pip install onnxruntime-directml"),
    ],
)
def test_an_absent_device_names_the_command(folder, resources, device, said, command):
    import onnxruntime

    if any(said in provider for provider in onnxruntime.get_available_providers()):
        pytest.skip(f"this machine has {said}")
    with pytest.raises(MissingError, match=said) as caught:
        OnnxAsr(OnnxAsrOptions(model=str(folder), device=device), resources)
    assert command in caught.value.hint


def test_a_device_that_does_not_start_is_said():
    """onnxruntime lists CUDA where only its library is there, and goes on without it."""
    with pytest.raises(MissingError, match="does not start"):
        adapter._check_device("cuda", ["CPUExecutionProvider"])


def test_devices():
    both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    cpu = ["CPUExecutionProvider"]
    for device, precision, expected in (
        ("auto", "fp32", both),
        ("auto", "int8", cpu),
        ("cuda", "int8", both),
        ("cpu", "fp32", cpu),
    ):
        assert adapter._providers(device, precision, both) == expected
    assert adapter._providers("auto", "fp32", cpu) == cpu


def test_options_pickle_and_device_stays_out_of_keys():
    import dataclasses

    options = OnnxAsrOptions(model="parakeet-tdt-0.6b-v2", device="cpu")
    assert pickle.loads(pickle.dumps(options)) == options
    keyed = {f.name for f in dataclasses.fields(options) if f.metadata.get("keyed", True)}
    assert keyed == {"precision", "family", "punctuation"}


def test_a_precision_may_follow_a_known_name(resources):
    name = "parakeet-tdt-0.6b-v2"
    options = OnnxAsrOptions(model=f"{name}-fp32")
    assert options == OnnxAsrOptions(model=name, precision="fp32")
    assert OnnxAsrOptions(model=f"{name}-int8").precision == "int8"
    assert OnnxAsrOptions(model=f"nemo-{name}") == OnnxAsrOptions(model=name)  # the library's
    assert OnnxAsrOptions(model="./mine-fp32").precision == "auto"  # a folder's name says nothing
    tiny_parakeet(OnnxAsr.location(f"{name}-fp32", resources))
    assert OnnxAsr.identity(options, resources).model == f"{name}-fp32"
