"""Every net learns what it can: of five labels the last shows in the order of rows alone."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.extras, pytest.mark.slow]

from torch.nn import functional  # noqa: E402

from loquitur.vision.labels.nets import LABEL_NETS  # noqa: E402
from loquitur.vision.labels.nets.contract import BranchInput, LabelNetConfig, build  # noqa: E402

WIDTHS = {"rgb": 64, "audio": 16, "words": 32}
INPUTS = tuple(BranchInput(name=name, dimension=d, quantised=False) for name, d in WIDTHS.items())
ROWS, LABELS, SHARE = 20, 5, 0.25
KNOW_ORDER = ("lstm", "gru", "stream", "joined")
ENTROPY = 0.5623
"""Of a label that a quarter of the videos have, in nats: what is lost where nothing is known."""


def videos(many, seed):
    """Three labels are a direction each of a stream, one is a single frame, one is an order."""
    chance, ways = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(99)
    way = {name: torch.randn(LABELS, d, generator=ways) for name, d in WIDTHS.items()}
    labels = (torch.rand(many, LABELS, generator=chance) < SHARE).float()
    lengths = {name: torch.randint(8, ROWS + 1, (many,), generator=chance) for name in WIDTHS}
    rows = {name: torch.randn(many, ROWS, d, generator=chance) for name, d in WIDTHS.items()}
    for at, name in enumerate(WIDTHS):
        rows[name] += 0.5 * labels[:, at, None, None] * way[name][at]
    all_of_them, rgb = torch.arange(many), rows["rgb"]
    when = (torch.rand(many, generator=chance) * lengths["rgb"]).long()
    rgb[all_of_them, when] += 2 * labels[:, 3, None] * way["rgb"][3]
    early = torch.randint(0, 3, (many,), generator=chance)
    late = torch.randint(4, 8, (many,), generator=chance)
    both = 2 * way["rgb"][4], 2 * way["rgb"][2]
    turned = labels[:, 4, None] > 0
    rgb[all_of_them, early] += torch.where(turned, *both)
    rgb[all_of_them, late] += torch.where(turned, *both[::-1])
    return rows, lengths, labels


def losses(net, rows, lengths, labels):
    """Of each label, in nats."""
    said = net(rows, lengths)["logits"]
    return functional.binary_cross_entropy_with_logits(said, labels, reduction="none").mean(0)


@pytest.mark.parametrize("architecture", LABEL_NETS)
def test_a_net_learns_what_it_can(architecture):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows, lengths, labels = videos(1500, 0)
    unseen = videos(500, 1)
    config = LabelNetConfig(
        architecture=architecture, inputs=INPUTS, labels=LABELS, hidden=64, cell_size=48,
        clusters=16, groups=4, mixtures=2 if architecture == "moe" else 0, branch_dropout=0.1,
    )  # fmt: skip
    net = build(config, prior=labels.mean(0)).eval()
    with torch.no_grad():
        before = losses(net, *unseen)
    assert before.mean() == pytest.approx(ENTROPY, abs=0.05)  # it begins with what is known
    optimizer = torch.optim.Adam(net.train().parameters(), 3e-3)
    for _ in range(6):
        for some in torch.randperm(len(labels)).split(50):
            given = [{name: each[some] for name, each in one.items()} for one in (rows, lengths)]
            optimizer.zero_grad()
            losses(net, *given, labels[some]).sum().backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
    with torch.no_grad():
        after = losses(net.eval(), *unseen)
    assert (after[:3] < 0.35).all()  # what is in the mean
    assert after[3] < (0.35 if architecture in ("logistic", "moe", "mlp") else 0.12)  # one frame
    if architecture in KNOW_ORDER:
        assert after[4] < 0.2
    else:
        assert after[4] > 0.5  # nothing of an order is in sums over rows
