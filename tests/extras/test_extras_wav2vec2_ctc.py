"""CTC alignment by a real wav2vec2, of random weights, exported by torch: the same emissions."""

from __future__ import annotations

import json

import numpy as np
import pytest

from loquitur.engines.alignment.ctc import Ctc, CtcOptions
from loquitur.protocols import Resources
from loquitur.speech.ctc import log_softmax
from loquitur.testing import conformance, signals

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = [
    pytest.mark.extras,
    pytest.mark.filterwarnings("ignore"),  # the exporter's own, of tracing
]
COLUMNS = ("<pad>", "<s>", "</s>", "<unk>", "|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ'")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """(the model, the folder of its export)."""
    folder = tmp_path_factory.mktemp("wav2vec2")
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        vocab_size=len(COLUMNS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=(16,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
    )
    model = transformers.Wav2Vec2ForCTC(config).eval()

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_values):
            return self.model(input_values).logits

    torch.onnx.export(
        Logits().eval(),
        (torch.randn(1, 16_000),),
        str(folder / "model.onnx"),
        input_names=["input_values"],
        output_names=["logits"],
        dynamic_axes={"input_values": {0: "batch", 1: "samples"}, "logits": {0: "batch", 1: "t"}},
        opset_version=17,
        dynamo=False,
    )
    (folder / "vocab.json").write_text(json.dumps({name: at for at, name in enumerate(COLUMNS)}))
    config.save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return model, folder


def test_the_engine_hears_what_torch_hears(exported, tmp_path):
    model, folder = exported
    sound = signals.voice(3_000)
    engine = Ctc(CtcOptions(model=str(folder)), Resources(models=tmp_path))
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(folder)
    given = extractor(sound, sampling_rate=16_000, return_tensors="pt").input_values
    with torch.no_grad():
        right = log_softmax(model(given).logits[0].numpy())
    heard = np.concatenate(list(engine._emissions(sound)))
    assert heard.shape == right.shape
    assert np.abs(heard - right).max() < 1e-3


def test_it_passes_the_suite_of_its_kind(exported, tmp_path):
    _, folder = exported
    options = CtcOptions(model=str(folder))
    conformance.check_engine(Ctc, options, Resources(models=tmp_path))
    conformance.check_aligner(Ctc(options, Resources(models=tmp_path)), language="en")
