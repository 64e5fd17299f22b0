"""The emotion engines on torch through the real library, on tiny models of real architectures."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from loquitur.errors import EngineError, InputError, MissingError
from loquitur.model.speech import Turn
from loquitur.protocols import Resources
from loquitur.testing import conformance, signals, stages

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.extras

from loquitur.engines.emotion.onnx import OnnxMood, OnnxOptions  # noqa: E402
from loquitur.engines.emotion.speechbrain import (  # noqa: E402
    SpeechBrainMood,
    SpeechBrainOptions,
)
from loquitur.engines.emotion.transformers import (  # noqa: E402
    TransformersMood,
    TransformersMoodOptions,
)
from loquitur.testing import tiny_transformers as tiny  # noqa: E402

SOUND = signals.voice(5000, seed=5)
MADE = {
    "classifier": (tiny.tiny_classifier, TransformersMood, TransformersMoodOptions),
    "dimensions": (tiny.tiny_pooled_head, TransformersMood, TransformersMoodOptions),
    "speechbrain": (tiny.tiny_speechbrain, SpeechBrainMood, SpeechBrainOptions),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("moods")
    return {name: build(root / name) for name, (build, _, _) in MADE.items()}


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models", threads=1)


def read(engine, sound=SOUND):
    """The one feeling of a sound in which somebody speaks throughout."""
    length = len(sound) // 16
    samples = signals.ArraySamples(sound=sound)
    spoken = signals.activity([(0, length)], duration_ms=length)
    (feeling,) = engine.read(samples, spoken, [Turn(start_ms=0, end_ms=length, speaker="A")])
    return feeling


@pytest.mark.parametrize("name", MADE)
def test_conformance(folders, resources, name):
    _, engine_class, options_class = MADE[name]
    options = options_class(model=str(folders[name]))
    conformance.check_engine(engine_class, options, resources)
    engine = engine_class(options, resources)
    conformance.check_emotion_reader(engine)
    feelings = stages.check_emotion_stage(engine)
    assert {feeling.confidence for feeling in feelings.feelings} <= {"low", "medium"}
    assert all(feeling.raw for feeling in feelings.feelings)


def test_a_classifier_says_what_the_librarys_pipeline_says(folders, resources):
    pipe = transformers.pipeline("audio-classification", str(folders["classifier"]), top_k=None)
    theirs = {item["label"]: item["score"] for item in pipe(SOUND)}
    options = TransformersMoodOptions(model=str(folders["classifier"]))
    feeling = read(TransformersMood(options, resources))
    assert dict(feeling.raw) == pytest.approx(theirs, abs=1e-6)
    assert {label for label, _ in feeling.scores} == {"neutral", "happy", "angry", "sad"}


def test_the_pooled_head_is_what_its_authors_publish(folders, resources):
    """The module of Wagner et al.'s model card, with the same weights."""
    from safetensors.torch import load_file

    class Head(torch.nn.Module):
        def __init__(self, width, count):
            super().__init__()
            self.dense = torch.nn.Linear(width, width)
            self.out_proj = torch.nn.Linear(width, count)

        def forward(self, states):
            return self.out_proj(torch.tanh(self.dense(states)))

    folder = folders["dimensions"]
    tensors = load_file(folder / "model.safetensors")
    body = transformers.Wav2Vec2Model(transformers.Wav2Vec2Config.from_pretrained(folder)).eval()
    body.load_state_dict(
        {k.removeprefix("wav2vec2."): v for k, v in tensors.items() if k.startswith("wav2vec2.")}
    )
    head = Head(32, 3)
    head.load_state_dict(
        {k.removeprefix("classifier."): v for k, v in tensors.items() if "classifier" in k}
    )
    inputs = transformers.Wav2Vec2FeatureExtractor()(
        SOUND, sampling_rate=16_000, return_tensors="pt"
    )
    with torch.no_grad():
        wanted = head(body(inputs["input_values"])[0].mean(dim=1))[0].tolist()
    engine = TransformersMood(TransformersMoodOptions(model=str(folder)), resources)
    feeling = read(engine)
    assert [value for _, value in feeling.raw] == pytest.approx(wanted, abs=1e-5)
    assert feeling.arousal == pytest.approx(min(1.0, max(0.0, wanted[0])), abs=1e-5)
    assert feeling.valence == pytest.approx(min(1.0, max(0.0, wanted[2])), abs=1e-5)


def test_a_pooled_head_with_moods_for_outputs(resources, tmp_path):
    folder = tiny.tiny_pooled_head(tmp_path / "own", labels=("anger", "joy", "sadness"))
    feeling = read(TransformersMood(TransformersMoodOptions(model=str(folder)), resources))
    assert [label for label, _ in feeling.raw] == ["anger", "joy", "sadness"]
    assert feeling.label in ("angry", "happy", "sad")
    assert feeling.arousal is None


def test_a_head_that_does_not_fit_is_refused_not_drawn_at_random(folders, resources, tmp_path):
    """The trap of these models: the library would warn, and answer with random weights."""
    folder = tmp_path / "wrong"
    shutil.copytree(folders["dimensions"], folder)
    config = json.loads((folder / "config.json").read_bytes())
    config["architectures"] = ["Wav2Vec2ForSequenceClassification"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="lacks weights of Wav2Vec2ForSequenceClassification"):
        TransformersMood(TransformersMoodOptions(model=str(folder)), resources)
    shutil.copy(folders["classifier"] / "model.safetensors", folder)
    config["architectures"] = ["Wav2Vec2ForSpeechClassification"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="no wav2vec2 with a pooled head"):
        TransformersMood(TransformersMoodOptions(model=str(folder)), resources)


def test_labels_that_say_nothing_can_be_named(resources, tmp_path):
    folder = tiny.tiny_classifier(tmp_path / "plain", labels=("LABEL_0", "LABEL_1"))
    with pytest.raises(InputError, match="tells no moods apart"):
        TransformersMood.identity(TransformersMoodOptions(model=str(folder)), resources)
    options = TransformersMoodOptions(model=str(folder), labels="calm,angry")
    assert read(TransformersMood(options, resources)).label in ("calm", "angry")


def test_a_recogniser_is_no_classifier(resources, tmp_path):
    folder = tiny.tiny_ctc(tmp_path / "ctc")
    with pytest.raises(InputError, match="tells no moods apart"):
        TransformersMood(TransformersMoodOptions(model=str(folder)), resources)


def test_speechbrains_graph_by_hand(folders, resources):
    """The forward of its recipe: norm of the wave, wav2vec2, norm, mean, linear, softmax."""
    folder = folders["speechbrain"]
    body = torch.load(folder / "wav2vec2.ckpt", weights_only=True)
    config = transformers.Wav2Vec2Config(
        **(tiny._WAV2VEC2 | {"hidden_size": 128, "num_attention_heads": 2})
    )
    model = transformers.Wav2Vec2Model(config).eval()
    model.load_state_dict({k.removeprefix("model."): v for k, v in body.items()})
    linear = torch.load(folder / "model.ckpt", weights_only=True)["0.w.weight"]
    wave = torch.from_numpy(SOUND)[None]
    norm = torch.nn.functional.layer_norm
    with torch.no_grad():
        states = model(norm(wave, wave.shape[1:])).last_hidden_state
        pooled = norm(states, states.shape[1:]).mean(dim=1)
        wanted = (pooled @ linear.T).softmax(-1)[0].tolist()
    engine = SpeechBrainMood(SpeechBrainOptions(model=str(folder)), resources)
    feeling = read(engine)
    assert [label for label, _ in feeling.raw] == ["neu", "ang", "hap", "sad"]
    assert [value for _, value in feeling.raw] == pytest.approx(wanted, abs=1e-5)


def test_speechbrain_itself_agrees(folders, resources, tmp_path):
    """Its own wav2vec2, pooling and linear classes, with the checkpoint loaded its own way."""
    pytest.importorskip("speechbrain", reason="speechbrain needs a torchaudio that loads")
    from speechbrain.lobes.models.huggingface_transformers.wav2vec2 import Wav2Vec2
    from speechbrain.nnet.linear import Linear
    from speechbrain.nnet.pooling import StatisticsPooling

    source = tmp_path / "source"
    config = transformers.Wav2Vec2Config(
        **(tiny._WAV2VEC2 | {"hidden_size": 128, "num_attention_heads": 2})
    )
    transformers.Wav2Vec2Model(config).save_pretrained(source)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(source)
    lobe = Wav2Vec2(str(source), str(tmp_path / "save"), output_norm=True, freeze=True)
    lobe.load_state_dict(torch.load(folders["speechbrain"] / "wav2vec2.ckpt"), strict=False)
    stack = torch.nn.ModuleList([Linear(input_size=128, n_neurons=4, bias=False)])
    stack.load_state_dict(torch.load(folders["speechbrain"] / "model.ckpt"))
    pool = StatisticsPooling(return_std=False)
    with torch.no_grad():
        states = lobe.eval()(torch.from_numpy(SOUND)[None], torch.ones(1))
        wanted = stack[0](pool(states, torch.ones(1)).squeeze(1)).softmax(-1)[0].tolist()
    engine = SpeechBrainMood(SpeechBrainOptions(model=str(folders["speechbrain"])), resources)
    found = [value for _, value in read(engine).raw]
    assert found == pytest.approx(wanted, abs=2e-3)  # its pooling adds noise of up to 1e-4


def test_weight_norm_under_its_old_names(folders, resources, tmp_path):
    """The published checkpoint is older than torch's parametrizations."""
    wanted = read(SpeechBrainMood(SpeechBrainOptions(model=str(folders["speechbrain"])), resources))
    folder = tmp_path / "speechbrain"
    shutil.copytree(folders["speechbrain"], folder)
    body = torch.load(folder / "wav2vec2.ckpt", weights_only=True)
    old = {
        k.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): v
        for k, v in body.items()
    }
    assert old.keys() != body.keys()
    torch.save(old, folder / "wav2vec2.ckpt")
    assert read(SpeechBrainMood(SpeechBrainOptions(model=str(folder)), resources)) == wanted


@pytest.mark.parametrize("name", ["hyperparams.yaml", "model.ckpt", "label_encoder.txt"])
def test_a_speechbrain_folder_that_lacks_a_file(folders, resources, tmp_path, name):
    folder = tmp_path / "part"
    shutil.copytree(folders["speechbrain"], folder)
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"no {name}"):
        SpeechBrainMood.identity(SpeechBrainOptions(model=str(folder)), resources)


def test_other_graphs_in_speechbrains_layout(folders, resources, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(folders["speechbrain"], folder)
    options = SpeechBrainOptions(model=str(folder))
    torch.save({"0.w.weight": torch.zeros(7, 128)}, folder / "model.ckpt")
    with pytest.raises(InputError, match="not one linear layer for 4 labels"):
        SpeechBrainMood(options, resources)
    shutil.copy(folders["speechbrain"] / "model.ckpt", folder)
    torch.save({"model.encoder.weight": torch.zeros(3)}, folder / "wav2vec2.ckpt")
    with pytest.raises(InputError, match="holds no wav2vec2"):
        SpeechBrainMood(options, resources)
    (folder / "wav2vec2.ckpt").write_bytes(b"half a file")
    with pytest.raises((InputError, EngineError), match=r"wav2vec2\.ckpt cannot be read"):
        SpeechBrainMood(options, resources)
    (folder / "label_encoder.txt").write_text("open('x') => 0\n")
    with pytest.raises(InputError, match="does not number labels"):
        SpeechBrainMood(options, resources)


def test_a_checkpoint_that_would_run_code_is_refused(folders, resources, tmp_path):
    folder = tmp_path / "trap"
    shutil.copytree(folders["speechbrain"], folder)
    mark = tmp_path / "was-run"

    class Trap:
        def __reduce__(self):
            return (open, (str(mark), "w"))

    torch.save({"0.w.weight": Trap()}, folder / "model.ckpt")
    with pytest.raises(InputError, match="nothing in them is run"):
        SpeechBrainMood(SpeechBrainOptions(model=str(folder)), resources)
    assert not mark.exists()


def test_a_model_that_is_not_here(resources, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    for engine_class, options in (
        (TransformersMood, TransformersMoodOptions()),
        (SpeechBrainMood, SpeechBrainOptions()),
    ):
        with pytest.raises(MissingError, match="not in the model cache") as caught:
            engine_class.identity(options, resources)
        assert f"models pull transformers:{options.model}" in caught.value.hint


def test_out_of_memory_is_told(folders, resources):
    options = TransformersMoodOptions(model=str(folders["classifier"]))
    engine = TransformersMood(options, resources)

    def none_left(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    engine._model.register_forward_pre_hook(none_left)
    with pytest.raises(EngineError, match="does not fit into memory"):
        read(engine)


@pytest.mark.filterwarnings("ignore")
def test_the_same_model_as_onnx(folders, resources, tmp_path):
    """Exported once, the classifier says without torch what it says with it."""
    folder = folders["classifier"]
    target = tmp_path / "exported"
    target.mkdir()
    model = transformers.Wav2Vec2ForSequenceClassification.from_pretrained(folder).eval()
    try:
        torch.onnx.export(
            model,
            (torch.zeros(1, 80_000),),
            str(target / "model.onnx"),
            input_names=["input_values"],
            output_names=["logits"],
            dynamic_axes={"input_values": {1: "samples"}},
            dynamo=False,
        )
    except (ModuleNotFoundError, torch.onnx.errors.OnnxExporterError) as exc:
        pytest.skip(f"this torch cannot export: {exc}")
    for name in ("config.json", "preprocessor_config.json"):
        shutil.copy(folder / name, target)
    wanted = read(TransformersMood(TransformersMoodOptions(model=str(folder)), resources))
    found = read(OnnxMood(OnnxOptions(model=str(target)), resources))
    assert np.allclose([s for _, s in found.raw], [s for _, s in wanted.raw], atol=1e-4)
    assert found.label == wanted.label
