"""The encoder's graph, and the reader of its weights, against torch itself."""

from __future__ import annotations

import io

import numpy as np
import pytest

from loquitur.engines.ge2e import graph as ge2e
from loquitur.engines.torchfile import read_legacy

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.extras


@pytest.fixture(scope="module")
def net():
    """The encoder's layers as torch has them, with random weights."""
    torch.manual_seed(3)
    parts = {
        "lstm": torch.nn.LSTM(40, 256, 3, batch_first=True),
        "linear": torch.nn.Linear(256, 256),
    }
    return torch.nn.ModuleDict(parts).eval()


@pytest.fixture(scope="module")
def content(net):
    """A checkpoint as torch wrote it before 1.6, with an optimizer's state beside the model's."""
    checkpoint = {"step": 12, "model_state": net.state_dict()}
    checkpoint["optimizer_state"] = {"state": {0: {"exp_avg": torch.zeros(7)}}, "lr": 1e-4}
    stream = io.BytesIO()
    torch.save(checkpoint, stream, _use_new_zipfile_serialization=False)
    return stream.getvalue()


def test_reads_what_torch_writes(net, content):
    found = read_legacy(content)
    wanted = net.state_dict()
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        np.testing.assert_array_equal(found[name], tensor.numpy())


@pytest.mark.parametrize("frames", [1, 80, 160])
def test_graph_equals_torch(net, content, frames):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(
        ge2e.build_graph(read_legacy(content)), providers=["CPUExecutionProvider"]
    )
    mels = torch.rand(5, frames, 40)
    with torch.no_grad():
        _, (hidden, _) = net["lstm"](mels)
        raw = torch.relu(net["linear"](hidden[-1]))
        wanted = raw / torch.norm(raw, dim=1, keepdim=True)
    (found,) = session.run(None, {"mels": mels.numpy()})
    np.testing.assert_allclose(found, wanted.numpy(), atol=2e-6)
