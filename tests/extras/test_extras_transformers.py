"""The transformers recogniser through the real library, on tiny models of real architectures."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil

import numpy as np
import pytest

from loquitur import registry
from loquitur.errors import EngineError, InputError, MissingError, UsageError
from loquitur.model.speech import RawWord, Word
from loquitur.pipeline.engines import choose
from loquitur.protocols import Resources
from loquitur.testing import conformance, signals, stages

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.extras

from loquitur.engines import checkpoints  # noqa: E402
from loquitur.engines.asr.transformers import Transformers, TransformersOptions  # noqa: E402
from loquitur.testing import tiny_transformers as tiny  # noqa: E402
from loquitur.testing.tiny_speech_llm import (  # noqa: E402
    tiny_cohere_asr,
    tiny_granite_speech,
    tiny_parakeet_tdt,
    tiny_qwen3_asr,
)

FEW = {"max_new_tokens": 16}
MODELS = {
    "whisper": (tiny.tiny_whisper, {}, FEW),
    "whisper-en": (tiny.tiny_whisper, {"multilingual": False}, FEW),
    "ctc": (tiny.tiny_ctc, {}, {}),
    "ctc-masked": (tiny.tiny_ctc, {"masked": True}, {}),
    "tdt": (tiny_parakeet_tdt, {}, {}),
    "moonshine": (tiny.tiny_moonshine, {}, FEW),
    "qwen3-asr": (tiny_qwen3_asr, {}, FEW),
    "cohere": (tiny_cohere_asr, {}, FEW),
}
TIMED = {"whisper", "whisper-en", "ctc", "ctc-masked", "tdt"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny")
    return {name: build(root / name, **more) for name, (build, more, _) in MODELS.items()}


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    return Resources(models=tmp_path_factory.mktemp("models"), threads=1)


@pytest.fixture(scope="module")
def engines(folders, resources):
    """`engines(name, **options)` -> a loaded engine, kept for the module."""
    kept = {}

    def make(name, **more):
        key = (name, tuple(sorted(more.items())))
        if key not in kept:
            options = TransformersOptions(model=str(folders[name]), **(MODELS[name][2] | more))
            kept[key] = Transformers(options, resources)
        return kept[key]

    return make


def options_of(folders, name, **more):
    return TransformersOptions(model=str(folders[name]), **(MODELS[name][2] | more))


each = pytest.mark.parametrize("name", MODELS)


@each
def test_engine(folders, resources, name):
    conformance.check_engine(Transformers, options_of(folders, name), resources)


@each
def test_transcriber(engines, name):
    engine = engines(name)
    conformance.check_transcriber(engine, language="en", silent_on_silence=False)
    conformance.check_batches(engine, language="en")


@each
def test_stage(engines, name):
    words = stages.check_transcribe_stage(engines(name), minutes=1.5)
    timings = {word.timing for word in words.words}
    assert words.words
    assert timings <= ({"engine"} if name in TIMED else {"interpolated"})


@each
def test_two_languages(engines, name):
    engine = engines(name)
    sound = signals.voice(1500)
    if name == "whisper-en":
        assert engine.languages == ("en",)
        with pytest.raises(UsageError, match="does not know the language 'de'"):
            list(engine.transcribe(sound, language="de"))
        return
    if name == "cohere":
        list(engine.transcribe(sound, language="de-AT"))
        with pytest.raises(UsageError, match="must be told the language"):
            list(engine.transcribe(sound, language=""))
        with pytest.raises(UsageError, match="does not know the language 'sv'"):
            list(engine.transcribe(sound, language="sv"))
        return
    for language in ("en", "de", "de-AT", ""):
        list(engine.transcribe(sound, language=language))


def test_times_are_told_without_loading(folders):
    told = {name: Transformers.times(options_of(folders, name)) for name in MODELS}
    assert {name for name, times in told.items() if times == "words"} == TIMED
    names = {
        model.name: Transformers.times(TransformersOptions(model=model.name))
        for model in registry.find("asr", "transformers").models
    }
    assert names["openai/whisper-tiny"] == names["facebook/wav2vec2-base-960h"] == "words"
    assert names["Qwen/Qwen3-ASR-1.7B-hf"] == names["UsefulSensors/moonshine-base"] == "none"
    assert Transformers.times(TransformersOptions(model="some/body")) == "none"


def test_whisper_agrees_with_the_librarys_own_pipeline(folders, engines):
    """Word times and text of the pipeline's `return_timestamps="word"`, on the same sound."""
    pipe = transformers.pipeline("automatic-speech-recognition", str(folders["whisper"]))
    sound = signals.voice(5000, seed=5)
    said = pipe(
        {"raw": sound, "sampling_rate": 16_000},
        return_timestamps="word",
        generate_kwargs={"language": "<|en|>", "num_beams": 1, "max_new_tokens": 16},
    )
    theirs = [
        (item["text"].strip(), round(1000 * item["timestamp"][0]))
        for item in said["chunks"]
        if item["timestamp"][0] < 5.0 and not item["text"].startswith("<|")
    ]
    ours = [
        (word.text, word.start_ms) for word in engines("whisper").transcribe(sound, language="en")
    ]
    assert len(ours) > 2
    assert [text for text, _ in ours] == [text for text, _ in theirs if text]
    assert all(abs(a - b) <= 40 for (_, a), (_, b) in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("name", ["ctc", "ctc-masked"])
def test_ctc_agrees_with_the_librarys_own_pipeline(folders, engines, name):
    pipe = transformers.pipeline("automatic-speech-recognition", str(folders[name]))
    sound = signals.voice(5000, seed=5)
    said = pipe({"raw": sound, "sampling_rate": 16_000}, return_timestamps="word")
    theirs = [
        (item["text"], round(1000 * item["timestamp"][0]))
        for item in said["chunks"]
        if item["text"].strip("'")
    ]
    ours = [(word.text, word.start_ms) for word in engines(name).transcribe(sound, language="en")]
    assert ours
    assert [(t, s) for t, s in ours if t.strip("'")] == theirs


def test_confidences_are_posteriors(engines):
    sound = signals.voice(4000, seed=1)
    for name in ("whisper", "ctc"):
        words = list(engines(name).transcribe(sound, language="en"))
        assert all(isinstance(word, Word) and 0 < word.confidence < 1 for word in words)
    words = list(engines("whisper", beams=2).transcribe(sound, language="en"))
    assert {word.confidence for word in words} <= {None}
    words = list(engines("moonshine").transcribe(sound, language="en"))
    assert all(isinstance(word, RawWord) and word.start_ms is None for word in words)


def test_the_encoder_s_own_attention_is_not_kept(engines):
    """Word times need the decoder's alone; that of large-v3's encoder is 2.9 GB a chunk."""
    engine = engines("whisper")
    kept = []
    hook = engine._listener._model.get_encoder().register_forward_hook(
        lambda _, args, found: kept.append(getattr(found, "attentions", None))
    )
    try:
        words = list(engine.transcribe(signals.voice(3000, seed=1), language="en"))
    finally:
        hook.remove()
    assert words
    assert kept
    assert set(kept) == {None}


def test_a_transducer_says_nothing_behind_the_end_of_a_sound(engines):
    """In a batch the library decodes on in what pads a shorter sound, until the longest ends.

    What stands there differs: nothing on a processor, on a card what its attention left behind.
    """
    model = engines("tdt")._listener._model
    short, long = signals.voice(1000, seed=3), signals.voice(9000, seed=4)
    (alone,) = engines("tdt").transcribe_batch([short], language="en")
    loud = torch.randn(model.config.encoder_config.hidden_size, generator=torch.manual_seed(0)) * 30

    def fill(_, args, found):
        mask = found.attention_mask.bool()
        found.last_hidden_state[~mask] = loud

    hook = model.encoder.register_forward_hook(fill)
    try:
        beside, _ = engines("tdt").transcribe_batch([short, long], language="en")
    finally:
        hook.remove()
    assert beside == alone


def test_translation_is_another_task(engines):
    sound = signals.voice(2000)
    said = {
        task: [word.text for word in engines("whisper", task=task).transcribe(sound, language="de")]
        for task in ("transcribe", "translate")
    }
    assert said["translate"]
    assert said["translate"] != said["transcribe"], "the model was asked something else"


def test_what_whisper_says_after_the_end_is_not_of_this_sound(engines):
    words = list(engines("whisper").transcribe(signals.voice(900), language="en"))
    assert all(word.end_ms <= 900 for word in words)


def test_a_chunk_that_is_too_long_is_refused(engines):
    with pytest.raises(EngineError, match=r"30\.5 s at once, 30 at most") as caught:
        list(engines("whisper").transcribe(signals.noise(30_500), language="en"))
    assert "max_chunk_ms" in caught.value.hint


@pytest.mark.parametrize("fits", [3, 1])
def test_out_of_memory_is_tried_again_with_less(engines, fits):
    """torch's own error, out of the real model, until a batch is small enough."""
    engine = engines("whisper")
    sizes = []

    def short_of_memory(_, args, kwargs):
        batch = len((args or [kwargs["input_features"]])[0])
        sizes.append(batch)
        if batch > fits:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    sounds = [signals.voice(800 + 10 * at, seed=at) for at in range(7)]
    wanted = [list(said) for said in engine.transcribe_batch(sounds, language="en")]
    hook = engine._listener._model.model.encoder.register_forward_pre_hook(
        short_of_memory, with_kwargs=True
    )
    try:
        said = [list(said) for said in engine.transcribe_batch(sounds, language="en")]
    finally:
        hook.remove()
    assert [[word.text for word in row] for row in said] == [
        [word.text for word in row] for row in wanted
    ]
    assert sizes[0] == 7
    assert max(sizes[2:]) <= 3
    assert min(sizes) >= 1


def test_out_of_memory_with_one_chunk_is_told(engines):
    engine = engines("ctc")

    def none_left(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    hook = engine._listener._model.register_forward_pre_hook(none_left)
    try:
        with pytest.raises(EngineError, match="does not fit into memory") as caught:
            list(engine.transcribe(signals.voice(1000), language="en"))
    finally:
        hook.remove()
    assert "device=cpu" in caught.value.hint
    assert caught.value.code == "LQ-NO-MEMORY"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_card_that_is_not_there(folders, resources, device):
    with pytest.raises(MissingError, match=f"device={device}") as caught:
        Transformers(options_of(folders, "ctc", device=device), resources)
    assert caught.value.exit_code == 3
    assert "device=auto" in caught.value.hint


def test_a_device_that_nobody_knows(folders, resources):
    with pytest.raises(UsageError, match="tpu"):
        Transformers(options_of(folders, "ctc", device="tpu"), resources)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("name", ["whisper", "ctc"])
def test_precisions(engines, name, dtype):
    engine = engines(name, dtype=dtype)
    words = list(engine.transcribe(signals.voice(1500), language="en"))
    assert words
    assert all(0 < word.confidence < 1 for word in words)
    held = {str(weight.dtype) for weight in engine._listener._model.parameters()}
    assert held == {f"torch.{dtype}"}


def test_another_architecture_in_the_folder(folders, resources, tmp_path):
    shutil.copytree(folders["ctc"], tmp_path / "bert")
    config = json.loads((tmp_path / "bert" / "config.json").read_bytes())
    config |= {"architectures": ["BertForMaskedLM"], "model_type": "bert"}
    (tmp_path / "bert" / "config.json").write_text(json.dumps(config))
    options = TransformersOptions(model=str(tmp_path / "bert"))
    with pytest.raises(InputError, match=r"no speech recogniser: it holds BertForMaskedLM"):
        Transformers.identity(options, resources)
    with pytest.raises(InputError, match="no speech recogniser"):
        Transformers(options, resources)


def test_a_classifier_is_no_recogniser(resources, tmp_path):
    folder = tiny.tiny_classifier(tmp_path / "moods")
    with pytest.raises(InputError, match="Wav2Vec2ForSequenceClassification"):
        Transformers.identity(TransformersOptions(model=str(folder)), resources)


def test_weights_of_another_model_are_not_filled_up_at_random(folders, resources, tmp_path):
    """The library itself only warns, and would then recognise with random numbers."""
    folder = tiny.tiny_classifier(tmp_path / "other")
    for name in ("config.json", "vocab.json", "tokenizer_config.json"):
        shutil.copy(folders["ctc"] / name, folder / name)
    with pytest.raises(InputError, match=r"lacks weights of Wav2Vec2ForCTC: lm_head"):
        Transformers(TransformersOptions(model=str(folder)), resources)


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_damaged_weights(folders, resources, tmp_path, keep):
    folder = tmp_path / "cut"
    shutil.copytree(folders["ctc"], folder)
    data = (folder / "model.safetensors").read_bytes()
    count = int(keep * len(data)) if keep < 1 else keep
    (folder / "model.safetensors").write_bytes(data[:count])
    with pytest.raises((InputError, EngineError)) as caught:
        Transformers(TransformersOptions(model=str(folder)), resources)
    assert "cut" in caught.value.message


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_folder_that_lacks_a_file(folders, resources, tmp_path, name):
    folder = tmp_path / "part"
    shutil.copytree(folders["ctc"], folder)
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"no {name}"):
        Transformers.identity(TransformersOptions(model=str(folder)), resources)


def test_code_of_a_folder_is_not_run_unless_named(folders, resources, tmp_path):
    folder = tmp_path / "own"
    shutil.copytree(folders["ctc"], folder)
    mark = tmp_path / "was-run"
    (folder / "modeling_own.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    config = json.loads((folder / "config.json").read_bytes())
    config |= {
        "architectures": ["OwnForCTC"],
        "model_type": "own",
        "auto_map": {"AutoConfig": "modeling_own.Own", "AutoModelForCTC": "modeling_own.Own"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="has no OwnForCTC") as caught:
        Transformers(TransformersOptions(model=str(folder)), resources)
    assert "trust_remote_code=true" in caught.value.hint
    assert not mark.exists()


def test_pickled_weights_are_read_without_running_them(folders, resources, tmp_path):
    """A `.bin` is a pickle: torch reads it with `weights_only`, and refuses one that calls."""
    folder = tmp_path / "bin"
    shutil.copytree(folders["ctc"], folder)
    from safetensors.torch import load_file

    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(tensors, folder / "pytorch_model.bin")
    options = TransformersOptions(model=str(folder))
    sound = signals.voice(2000)
    said = list(Transformers(options, resources).transcribe(sound, language="en"))
    assert said
    mark = tmp_path / "was-run"

    class Trap:
        def __reduce__(self):
            return (open, (str(mark), "w"))

    torch.save({**tensors, "lm_head.bias": Trap()}, folder / "pytorch_model.bin")
    with pytest.raises((EngineError, InputError)):
        Transformers(options, resources)
    assert not mark.exists()


def test_the_digest_is_that_of_the_files(folders, resources, tmp_path):
    folder = tmp_path / "same"
    shutil.copytree(folders["ctc"], folder)
    options = TransformersOptions(model=str(folder))
    before = Transformers.identity(options, resources).model_digest
    (folder / "README.md").write_text("not counted")
    assert Transformers.identity(options, resources).model_digest == before
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps(config | {"pad_token_id": 1}))
    assert Transformers.identity(options, resources).model_digest != before


def test_a_key_knows_the_model_not_its_place(folders, resources, tmp_path):
    folder = tmp_path / "moved" / "ctc"
    shutil.copytree(folders["ctc"], folder)
    here = choose("asr", f"transformers:{folders['ctc']}", {}, resources)
    there = choose("asr", f"transformers:{folder}", {"device": "cpu"}, resources)
    assert dataclasses.replace(here, tuning="") == dataclasses.replace(there, tuning="")


def test_sound_is_read_in_any_form(engines):
    engine = engines("ctc")
    sound = signals.voice(1000)
    wanted = list(engine.transcribe(sound, language=""))
    assert list(engine.transcribe(sound.astype(np.float64), language="")) == wanted


def test_threads_are_put_back(engines):
    before = torch.get_num_threads()
    list(engines("ctc").transcribe(signals.voice(500), language=""))
    assert torch.get_num_threads() == before
    assert checkpoints.LIBRARY == "transformers"


def test_adapters_of_mms(resources, tmp_path):
    """Another language: another alphabet, another adapter, of the same folder."""
    folder = tiny.tiny_mms(tmp_path / "mms")
    sound = signals.voice(3000)
    said = {}
    for adapter in ("", "eng", "fra"):
        options = TransformersOptions(model=str(folder), adapter=adapter)
        engine = Transformers(options, resources)
        said[adapter] = [word.text for word in engine.transcribe(sound, language="")]
    assert said[""] == said["eng"] != said["fra"]
    assert all(
        set("".join(words)) <= set("abcdefghij\u00e9\u00e8\u00e0") for words in [said["fra"]]
    )
    with pytest.raises((InputError, EngineError), match="deu"):
        Transformers(TransformersOptions(model=str(folder), adapter="deu"), resources)
    whisper = tiny.tiny_whisper(tmp_path / "whisper")
    with pytest.raises(UsageError, match="takes no adapter"):
        Transformers(TransformersOptions(model=str(whisper), adapter="fra"), resources)


def test_granite_where_torchaudio_loads(resources, tmp_path):
    """Its feature extractor is torchaudio's; where that does not load, one line says so."""
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError) as exc:
        pytest.skip(f"no torchaudio that loads: {exc}")
    folder = tiny_granite_speech(tmp_path / "granite")
    engine = Transformers(TransformersOptions(model=str(folder), **FEW), resources)
    conformance.check_transcriber(engine, language="en", silent_on_silence=False)
    conformance.check_batches(engine, language="en")


def test_a_package_that_a_model_needs_is_named(folders, resources, tmp_path):
    if importlib.util.find_spec("torchaudio"):
        pytest.skip("torchaudio is here")
    folder = tmp_path / "granite"
    shutil.copytree(folders["qwen3-asr"], folder)
    for name in ("preprocessor_config.json", "processor_config.json"):
        path = folder / name
        if path.is_file():
            content = json.loads(path.read_bytes())
            content["processor_class"] = "GraniteSpeechProcessor"
            inner = content.get("feature_extractor", content)
            inner["feature_extractor_type"] = "GraniteSpeechFeatureExtractor"
            path.write_text(json.dumps(content))
    with pytest.raises(MissingError, match="torchaudio"):
        Transformers(TransformersOptions(model=str(folder)), resources)


def test_code_of_a_folder_is_run_where_it_is_named(folders, resources, tmp_path, monkeypatch):
    from transformers import dynamic_module_utils

    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    folder = tmp_path / "own"
    shutil.copytree(folders["ctc"], folder)
    (folder / "modeling_own.py").write_text(
        "from transformers import Wav2Vec2ForCTC\n\n\nclass OwnForCTC(Wav2Vec2ForCTC):\n    pass\n"
    )
    config = json.loads((folder / "config.json").read_bytes())
    config |= {
        "architectures": ["OwnForCTC"],
        "auto_map": {"AutoModelForCTC": "modeling_own.OwnForCTC"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    sound = signals.voice(2000)
    wanted = list(
        Transformers(options_of(folders, "ctc"), resources).transcribe(sound, language="")
    )
    options = TransformersOptions(model=str(folder), trust_remote_code=True)
    engine = Transformers(options, resources)
    assert type(engine._listener._model).__name__ == "OwnForCTC"
    assert list(engine.transcribe(sound, language="")) == wanted


def test_whisper_tells_the_language_it_found(engines):
    engine = engines("whisper")
    sound = signals.voice(2000)
    list(engine.transcribe(sound, language="de-AT"))
    assert engine.detected == "de"
    list(engine.transcribe(sound, language=""))
    assert engine.detected in engine.languages
    list(engine.transcribe(sound[:100], language=""))
    assert engine.detected == ""
    list(engines("ctc").transcribe(sound, language=""))
    assert engines("ctc").detected == ""
