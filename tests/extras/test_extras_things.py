"""Nets that read things one after another."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from loquitur.model.speech import EngineStamp  # noqa: E402
from loquitur.vision.exporting import compare, export  # noqa: E402
from loquitur.vision.modelcard import ModelCard  # noqa: E402
from loquitur.vision.modelfile import load, save  # noqa: E402
from loquitur.vision.nets import NETS  # noqa: E402
from loquitur.vision.nets.config import NetConfig  # noqa: E402
from loquitur.vision.nets.contract import build, in_turn  # noqa: E402

pytestmark = pytest.mark.extras


def _net(architecture, **given):
    torch.manual_seed(0)
    config = NetConfig(
        architecture=architecture, dimension=6, words=9, hidden=8, embedding=8, things=2, **given
    )
    return build(config).eval()


def test_things_stand_one_after_another_whatever_the_padding():
    """Of a clip of three frames and one of two: all of the first thing, then all of the second."""
    features = torch.arange(2 * 3 * 4, dtype=torch.float32).reshape(2, 3, 4)
    moved, whose, lengths = in_turn(features, torch.tensor([3, 2]), 2)
    assert lengths.tolist() == [6, 4]
    assert torch.equal(moved[0], torch.cat([features[0, :, :2], features[0, :, 2:]]))
    assert torch.equal(moved[1, :4], torch.cat([features[1, :2, :2], features[1, :2, 2:]]))
    assert whose[1, :4].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("architecture", sorted(NETS))
def test_padding_changes_nothing(architecture):
    """A clip alone and the same clip beside a longer one say the same."""
    net = _net(architecture)
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(2, 5, 6, generator=generator)
    words = torch.tensor([[1, 4, 5], [1, 6, 7]])
    with torch.no_grad():
        both = net(features, torch.tensor([5, 3]), words)
        alone = net(features[1:, :3], torch.tensor([3]), words[1:])
    assert torch.allclose(both[1], alone[0], atol=1e-6)


@pytest.mark.parametrize("architecture", sorted(NETS))
def test_every_thing_is_seen(architecture):
    """Another second thing gives another answer; so does the other order."""
    net = _net(architecture)
    features = torch.randn(1, 4, 6, generator=torch.Generator().manual_seed(2))
    other = features.clone()
    other[:, :, 3:] += 1
    swapped = torch.cat([features[..., 3:], features[..., :3]], dim=2)
    words, lengths = torch.tensor([[1, 4]]), torch.tensor([4])
    with torch.no_grad():
        said = [net(one, lengths, words) for one in (features, other, swapped)]
    assert not torch.allclose(said[0], said[1], atol=1e-4)
    assert not torch.allclose(said[0], said[2], atol=1e-4)


def test_things_share_a_vector_evenly():
    """Seven numbers are of no two things."""
    with pytest.raises(ValueError, match="not of 2 things"):
        NetConfig(architecture="s2vt", dimension=7, words=9, things=2)


@pytest.mark.parametrize("architecture", sorted(NETS))
def test_graphs_read_things_in_turn_too(tmp_path, architecture):
    """Exported, a net of two things says the same at other batch sizes and lengths."""
    net = _net(architecture)
    with torch.no_grad():
        net.say.weight *= 4
    card = ModelCard(
        net=net.config,
        vocabulary=("<pad>", "<bos>", "<eos>", "<unk>", *(f"word{at}" for at in range(5))),
        encoder=EngineStamp(name="things", version="1"),
    )
    save(tmp_path / "model", net, card)
    model = load(tmp_path / "model")
    export(model, tmp_path / "onnx")
    found = compare(model, load(tmp_path / "onnx"))
    assert found.same == found.clips
    assert found.difference < 1e-4
