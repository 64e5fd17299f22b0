"""Nets that label against the published equations, their weights against what they are for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.extras

import labels_equations as equations  # noqa: E402
from labels_tiny import EVERY, INPUTS, batch, made  # noqa: E402

from loquitur.vision.labels.nets.gating import ContextGate  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def assert_as_published(net, *given):
    with torch.no_grad():
        found = net(*given)
    wanted = equations.labelled(net, *given)
    assert found.keys() == wanted.keys()
    for name, each in found.items():
        np.testing.assert_allclose(each.numpy(), wanted[name], atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize(("architecture", "fusion"), EVERY)
def test_every_net_is_what_its_equations_say(architecture, fusion):
    for seed, changes in enumerate((
        {},
        {"layers": 1, "bidirectional": False, "cell": "gru", "gating": False,
         "mixtures": 3 if architecture == "moe" else 0},
        {"hidden": 24, "gate_reduction": 1, "gating": architecture != "logistic"},
    )):  # fmt: skip
        net = made(architecture, fusion, **changes)
        for name, buffer in net.named_buffers():
            if name.endswith("mean"):
                torch.nn.init.normal_(buffer)
        assert_as_published(net, *batch(seed))


def test_streams_with_encoders_of_their_own():
    encoders = ("nextvlad", "netvlad", "gru")
    inputs = tuple(
        dataclasses.replace(one, encoder=name) for one, name in zip(INPUTS, encoders, strict=True)
    )
    for fusion in ("joint", "gated", "late"):
        assert_as_published(made("joined", fusion, inputs=inputs), *batch())


@pytest.mark.parametrize(("architecture", "fusion"), EVERY)
@pytest.mark.parametrize("hidden", [8, 32])
def test_a_gradient_comes_to_every_weight(architecture, fusion, hidden):
    """Not a zero: a weight that nothing reads would have that."""
    net = made(architecture, fusion, hidden=hidden).train()
    most = dict.fromkeys((name for name, _ in net.named_parameters()), 0.0)
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    for seed in range(3):
        net.zero_grad()
        said = net(*batch(seed))
        sum(each.square().sum() for each in said.values()).backward()
        for name, one in net.named_parameters():
            most[name] = max(most[name], float(one.grad.abs().max()))
    assert not {name: most for name, most in most.items() if most < 1e-4}


@pytest.mark.parametrize("reduction", [1, 8])
@pytest.mark.parametrize("width", [4, 8, 20, 40])
def test_a_gate_hears_its_vector(width, reduction):
    torch.manual_seed(0)
    gate = ContextGate(width, reduction)
    vectors = torch.randn(64, width)
    with torch.no_grad():
        weights = gate(vectors) / vectors
    assert (weights.std(0) > 0.02).all()
    if reduction == 1:  # Miech et al., equation 1
        wanted = (vectors @ gate.excite.weight.T + gate.excite.bias).sigmoid()
        torch.testing.assert_close(weights, wanted.detach(), atol=1e-5, rtol=1e-4)
