"""The nets: one word at a time says what all at once say, and padding changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from loquitur.vision.decoding.greedy import greedy
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.nets import NETS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.extras

from loquitur.vision.nets.contract import NetConfig, build, shifted  # noqa: E402
from loquitur.vision.nets.stepping import TorchStepper  # noqa: E402

LENGTHS = (9, 3, 1, 7, 5)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def made(architecture, layers=1, **sizes):
    torch.manual_seed(5)
    given = {"hidden": 32, "embedding": 16, "dropout": 0.3} | sizes
    config = NetConfig(architecture=architecture, dimension=12, words=30, layers=layers, **given)
    return build(config).eval()


def clips():
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(len(LENGTHS), max(LENGTHS), 12, generator=generator)
    words = torch.randint(4, 30, (len(LENGTHS), 6), generator=generator)
    return features, torch.tensor(LENGTHS), shifted(words)


def step_by_step(net, features, lengths, words):
    state, steps = net.encode(features, lengths), []
    for at in range(words.shape[1]):
        logits, state = net.step(words[:, at], state)
        steps.append(logits)
    return torch.stack(steps, 1)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("architecture", NETS)
class TestEveryNet:
    def test_step_by_step_equals_all_at_once(self, architecture, layers):
        net, (features, lengths, words) = made(architecture, layers), clips()
        with torch.no_grad():
            wanted = net(features, lengths, words)
            found = step_by_step(net, features, lengths, words)
        torch.testing.assert_close(found, wanted, atol=1e-6, rtol=1e-5)

    def test_frames_behind_the_end_change_nothing(self, architecture, layers):
        net, (features, lengths, words) = made(architecture, layers), clips()
        longer = torch.cat([features, 1e3 * torch.ones(len(features), 4, 12)], dim=1)
        with torch.no_grad():
            wanted = net(features, lengths, words)
            torch.testing.assert_close(net(longer, lengths, words), wanted, atol=1e-6, rtol=1e-5)
            for at, length in enumerate(LENGTHS):
                one = slice(at, at + 1)
                alone = net(features[one, :length], lengths[one], words[one])
                torch.testing.assert_close(alone, wanted[one], atol=1e-6, rtol=1e-5)

    def test_words_behind_the_end_change_nothing(self, architecture, layers):
        net, (features, lengths, words) = made(architecture, layers), clips()
        padded = torch.cat([words, torch.zeros(len(words), 3, dtype=torch.long)], dim=1)
        with torch.no_grad():
            found = net(features, lengths, padded)[:, : words.shape[1]]
            torch.testing.assert_close(found, net(features, lengths, words), atol=1e-6, rtol=1e-5)

    def test_every_weight_learns(self, architecture, layers):
        net, (features, lengths, words) = made(architecture, layers).train(), clips()
        net(features, lengths, words).square().mean().backward()
        still = [name for name, each in net.named_parameters() if each.grad is None]
        assert still == []
        dead = [name for name, each in net.named_parameters() if not each.grad.abs().sum() > 0]
        # a key's bias shifts all of a query's scores alike
        assert [name for name in dead if not name.endswith("key.bias")] == []


@pytest.mark.parametrize("things", [1, 2])
@pytest.mark.parametrize("architecture", NETS)
def test_no_step_asks_a_device_for_anything(architecture, things):
    """A tensor without numbers raises where a number is asked of it: there a card is waited for."""
    net = made(architecture, things=things, hidden=8, heads=2).to("meta").train()
    for lengths in ([5, 5, 5], [5, 3, 1]):
        features = torch.zeros(3, 5, 12, device="meta")
        words = torch.zeros(3, 4, dtype=torch.int64, device="meta")
        logits = net(features, torch.tensor(lengths), words)
        logits.sum().backward()
        assert logits.shape == (3, 4, 30)


def test_packing_is_torch_s_own():
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    from loquitur.vision.nets.contract import new_lstm, read

    torch.manual_seed(3)
    lstm, lengths = new_lstm(6, 8, 2), torch.tensor(LENGTHS)
    some = torch.randn(len(LENGTHS), max(LENGTHS), 6)
    found, (h, c) = read(lstm, some, lengths)
    packed, (h_own, c_own) = lstm(
        pack_padded_sequence(some, lengths, batch_first=True, enforce_sorted=False)
    )
    own, _ = pad_packed_sequence(packed, batch_first=True)
    assert torch.equal(found, own)
    assert torch.equal(h, h_own)
    assert torch.equal(c, c_own)


@pytest.mark.parametrize("architecture", NETS)
def test_order_of_frames_matters(architecture):
    net, (features, lengths, words) = made(architecture), clips()
    with torch.no_grad():
        forwards = net(features[:1], lengths[:1], words[:1])
        backwards = net(features[:1].flip(1), lengths[:1], words[:1])
    assert (forwards - backwards).abs().max() > 1e-3


@pytest.mark.parametrize("architecture", NETS)
def test_no_word_sees_a_later_one(architecture):
    net, (features, lengths, words) = made(architecture), clips()
    changed = words.clone()
    changed[:, 3:] = 4
    with torch.no_grad():
        found, wanted = net(features, lengths, changed), net(features, lengths, words)
    torch.testing.assert_close(found[:, :3], wanted[:, :3], atol=1e-6, rtol=1e-5)
    assert (found[:, 3:] - wanted[:, 3:]).abs().max() > 1e-3


@pytest.mark.parametrize("architecture", NETS)
def test_scheduled_sampling(architecture):
    net, (features, lengths, words) = made(architecture, dropout=0.0), clips()

    def run(share, seed):
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            return net(features, lengths, words, sampling=share, generator=generator)

    right = run(0.0, 1)
    assert torch.equal(run(0.5, 1), run(0.5, 1))
    assert not torch.equal(run(0.5, 1), run(0.5, 2))
    torch.testing.assert_close(run(1e-9, 1), right, atol=1e-6, rtol=1e-5)
    mixed = run(1.0, 1)
    torch.testing.assert_close(mixed[:, 0], right[:, 0], atol=1e-6, rtol=1e-5)
    assert (mixed[:, 1:] - right[:, 1:]).abs().max() > 1e-3


@pytest.mark.parametrize("architecture", NETS)
def test_learns_five_clips_by_heart(architecture):
    """A net that cannot learn five sentences has a fault in its wiring."""
    net, (features, lengths, _) = made(architecture, dropout=0.0), clips()
    targets = torch.randint(4, 30, (5, 6), generator=torch.Generator().manual_seed(9))
    targets[:, 5] = 2
    targets[1, 3:] = torch.tensor([2, 0, 0])
    step = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(150):
        logits = net(features, lengths, shifted(targets))
        loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=0)
        step.zero_grad()
        loss.backward()
        step.step()
    assert loss.item() < 0.05
    found = greedy(TorchStepper(net), features.numpy(), lengths.numpy(), Decoding())
    wanted = [tuple(word for word in row if word > 2) for row in targets.tolist()]
    assert [one.words for one in found] == wanted
    assert all(one.finished and one.log_probability > -1 for one in found)


def test_attention_weighs_frames_alone():
    net, (features, lengths, _) = made("s2vt-attention"), clips()
    with torch.no_grad():
        _, weights = net.look(net.encode(features, lengths))
    np.testing.assert_allclose(weights.sum(1).numpy(), 1, atol=1e-6)
    for row, length in zip(weights, LENGTHS, strict=True):
        assert (row[length:] == 0).all()


def test_sizes_of_the_trial():
    """Parameters as the notes count them: hidden 128, embedding 64, 896 features, 45 words."""
    counts = {}
    for architecture in ("s2vt", "s2vt-state", "s2vt-attention"):
        config = NetConfig(
            architecture=architecture, dimension=896, words=45, hidden=128, embedding=64
        )
        counts[architecture] = sum(each.numel() for each in build(config).parameters())
    assert {name: round(count / 1e6, 2) for name, count in counts.items()} == {
        "s2vt": 0.42,
        "s2vt-state": 0.35,
        "s2vt-attention": 0.45,
    }


def test_sizes_of_the_paper():
    """Hidden 1000; frames and words 500; LSTMs by Graves: 4 h (x + h) and biases."""
    config = NetConfig(
        architecture="s2vt",
        dimension=4096,
        words=12_594,
        hidden=1000,
        embedding=500,
        projection=500,
    )
    with torch.device("meta"):
        counts = {
            name: sum(each.numel() for each in part.parameters())
            for name, part in build(config).named_children()
        }
    assert counts == {
        "dropout": 0,
        "project": 4096 * 500 + 500,
        "embed": 12_594 * 500,
        "first": 4000 * (500 + 1000 + 2),
        "second": 4000 * (1000 + 500 + 1000 + 2),
        "say": 1000 * 12_594 + 12_594,
    }


@pytest.mark.parametrize("architecture", ["s2vt", "s2vt-state", "s2vt-attention"])
@pytest.mark.parametrize("things", [1, 3])
def test_frames_brought_to_a_size_of_their_own(architecture, things):
    net, (features, lengths, words) = made(architecture, projection=7, things=things), clips()
    with torch.no_grad():
        wanted = net(features, lengths, words)
        found = step_by_step(net, features, lengths, words)
    torch.testing.assert_close(found, wanted, atol=1e-6, rtol=1e-5)
    with pytest.raises(ValueError, match="a transformer's is its hidden"):
        made("transformer", projection=7)


@pytest.mark.parametrize("architecture", NETS)
def test_half_precision_learns_too(architecture):
    """Under autocast, as a training with mixed precision runs it; its figures are near."""
    net, (features, lengths, words) = made(architecture, dropout=0.0), clips()
    wanted = net(features, lengths, words)
    with torch.autocast("cpu", torch.bfloat16):
        found = net(features, lengths, words)
        sampled = net(features, lengths, words, sampling=0.5)
        state = net.encode(features, lengths)
        logits, state = net.step(words[:, 0], state)
        logits, _ = net.step(words[:, 1], state)
    assert (found.float() - wanted).abs().max() < 0.05
    assert (logits.float() - wanted[:, 1]).abs().max() < 0.05
    (found.float().square().mean() + sampled.float().square().mean()).backward()
    assert all(torch.isfinite(each.grad).all() for each in net.parameters())
