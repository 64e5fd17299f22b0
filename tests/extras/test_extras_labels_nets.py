"""Nets that label: any stream may lack, padding and company change nothing, sizes are as published.

Whether graphs say the same is tested where they are written (`test_extras_labels_export.py`).
"""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.extras

from labels_tiny import EVERY, INPUTS, LABELS, SUBSETS, batch, config, made  # noqa: E402

from loquitur.errors import InputError, UsageError  # noqa: E402
from loquitur.vision.labels.nets import LABEL_NETS  # noqa: E402
from loquitur.vision.labels.nets.abreast import abreast  # noqa: E402
from loquitur.vision.labels.nets.contract import BranchInput, LabelNetConfig, build, kept  # noqa: E402
from loquitur.vision.labels.nets.heads import Experts  # noqa: E402
from loquitur.vision.labels.nets.norms import RowNorm  # noqa: E402
from loquitur.vision.labels.nets.rows import Rows, numbers  # noqa: E402
from loquitur.vision.labels.nets.weights import weights_of, with_weights  # noqa: E402

CLOSE = {"atol": 3e-6, "rtol": 1e-5}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def asked(net, streams, lengths):
    with torch.no_grad():
        return net(streams, lengths)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, each in one.items():
        torch.testing.assert_close(each, other[name], **CLOSE)


@pytest.mark.parametrize(("architecture", "fusion"), EVERY)
class TestEveryNet:
    def test_its_answers_have_their_names_and_sizes(self, architecture, fusion):
        found = asked(made(architecture, fusion), *batch())
        sizes = {name: tuple(each.shape) for name, each in found.items()}
        wanted = {"logits": (5, LABELS), "vertical_logits": (5, 3)}
        if fusion == "late":
            wanted |= {f"branch_logits/{one.name}": (5, LABELS) for one in INPUTS}
        assert sizes == wanted
        assert all(torch.isfinite(each).all() for each in found.values())

    def test_what_lies_behind_the_end_changes_nothing(self, architecture, fusion):
        net, (streams, lengths) = made(architecture, fusion), batch()
        longer = {}
        for name, rows in streams.items():
            kind = rows.is_floating_point()
            more = torch.full((5, 3, rows.shape[2]), torch.nan if kind else 255).to(rows.dtype)
            longer[name] = torch.cat([rows, more], dim=1)
            for video, many in enumerate(lengths[name]):
                longer[name][video, many:] = more[0, 0]
        assert_same(asked(net, longer, lengths), asked(net, streams, lengths))

    def test_who_else_is_in_the_batch_changes_nothing(self, architecture, fusion):
        net, (streams, lengths) = made(architecture, fusion), batch()
        together = asked(net, streams, lengths)
        for video in range(5):
            alone = asked(
                net,
                {
                    name: rows[video : video + 1, : max(1, int(lengths[name][video]))]
                    for name, rows in streams.items()
                },
                {name: many[video : video + 1] for name, many in lengths.items()},
            )
            assert_same(alone, {name: each[video : video + 1] for name, each in together.items()})

    def test_any_streams_may_lack(self, architecture, fusion):
        net, (streams, lengths) = made(architecture, fusion), batch()
        whole = asked(net, streams, lengths)
        for subset in SUBSETS:
            lacks = asked(net, *[{name: each[name] for name in subset} for each in batch()])
            none = {name: many * (name in subset) for name, many in lengths.items()}
            assert_same(lacks, asked(net, streams, none))
            assert torch.isfinite(lacks["logits"]).all()
            if len(subset) < 3:  # and it counted
                assert (lacks["logits"] - whole["logits"]).abs().max() > 1e-3

    def test_of_nothing_the_learnt_bias_speaks(self, architecture, fusion):
        torch.manual_seed(1)
        rates = torch.tensor([0.5, 0.2, 0.01, 0.001, 0.3])
        net = build(config(architecture, fusion), prior=rates, verticals=rates[:3]).eval()
        _, lengths = batch()
        found = asked(net, {}, {name: many * 0 for name, many in lengths.items()})
        for name, wanted in (("logits", rates), ("vertical_logits", rates[:3])):
            torch.testing.assert_close(
                found[name].sigmoid(), wanted.expand(5, -1), atol=1e-6, rtol=1e-4
            )

    def test_of_no_video_nothing_is_said(self, architecture, fusion):
        streams, lengths = batch()
        none = [{name: each[:0] for name, each in one.items()} for one in (streams, lengths)]
        assert asked(made(architecture, fusion), *none)["logits"].shape == (0, LABELS)

    def test_every_weight_is_learnt(self, architecture, fusion):
        net = made(architecture, fusion, branch_dropout=0.3, dropout=0.1).train()
        sum(each.square().sum() for each in net(*batch()).values()).backward()
        assert not [name for name, one in net.named_parameters() if one.grad is None]
        assert all(torch.isfinite(one.grad).all() for one in net.parameters())

    def test_half_precision_says_nearly_the_same(self, architecture, fusion):
        net, given = made(architecture, fusion), batch()
        wanted = asked(net, *given)
        with torch.autocast("cpu", torch.bfloat16):
            found = asked(net, *given)
        for name, each in found.items():
            far = (each.float() - wanted[name]).abs().max()
            assert far < 0.1 * (1 + wanted[name].abs().max())

    def test_weights_come_back(self, architecture, fusion):
        net = made(architecture, fusion)
        again = with_weights(net.config, weights_of(net), shown="it")
        assert_same(asked(again, *batch()), asked(net, *batch()))


@pytest.mark.parametrize("architecture", LABEL_NETS)
def test_only_recurrent_nets_know_the_order(architecture):
    net = made(architecture)
    streams, lengths = batch(lengths=((6,), (6,), (6,)))
    turned = {name: rows.flip(1) for name, rows in streams.items()}
    far = (asked(net, turned, lengths)["logits"] - asked(net, streams, lengths)["logits"]).abs()
    knows = architecture in ("lstm", "gru", "stream", "joined")
    assert (far.max() > 1e-3) == knows
    assert knows or far.max() < 1e-5


def test_bits_become_the_numbers_of_the_data_set():
    one = BranchInput(name="rgb", dimension=256)
    found = numbers(torch.arange(256, dtype=torch.uint8)[None, None], one)[0, 0].numpy()
    wanted = np.arange(256) * (4 / 255) + (4 / 512 - 2)  # google/youtube-8m, utils.Dequantize
    np.testing.assert_allclose(found, wanted, atol=2e-7)
    assert found.dtype == np.float32


def test_rows_that_are_numbers_already_are_read_as_they_are():
    net, (streams, lengths) = made("mlp"), batch()
    plain = {one.name: streams[one.name] for one in INPUTS}
    plain |= {one.name: numbers(streams[one.name], one) for one in INPUTS if one.quantised}
    assert_same(asked(net, plain, lengths), asked(net, streams, lengths))


def test_without_lengths_all_rows_count():
    net, (streams, _) = made("joined"), batch()
    full = {name: torch.full((5,), rows.shape[1]) for name, rows in streams.items()}
    assert_same(asked(net, streams, {}), asked(net, streams, full))


@pytest.mark.parametrize(
    ("streams", "lengths", "said"),
    [
        ({}, {}, "without any stream"),
        ({"rgb": torch.zeros(2, 3, 7)}, {}, r"rgb: rows \[b, t, 8\] are read, not \[2, 3, 7\]"),
        ({"rgb": torch.zeros(2, 8)}, {}, r"not \[2, 8\]"),
        ({"rgb": torch.zeros(2, 3, 8)}, {"rgb": torch.tensor([4, 1])}, "a video of 4 rows, but 3"),
    ],
)
def test_what_is_no_batch_is_refused(streams, lengths, said):
    with pytest.raises(ValueError, match=said):
        made("mlp")(streams, lengths)


class TestBranchDropout:
    def test_it_drops_as_often_as_said_and_never_all(self):
        torch.manual_seed(2)
        present = torch.tensor([[True, True, True], [True, False, True], [False, True, False]])
        many = torch.stack([kept(present, 0.4) for _ in range(4000)]).float().mean(0)
        assert many[0].tolist() == pytest.approx([0.6 + 0.4**3 / 3] * 3, abs=0.03)
        assert many[1].tolist() == pytest.approx([0.6 + 0.4**2 / 2, 0, 0.6 + 0.4**2 / 2], abs=0.03)
        assert many[2].tolist() == [0, 1, 0]  # a video's only stream stays

    def test_a_dropped_stream_is_an_absent_one(self, monkeypatch):
        net, (streams, lengths) = made("stream", branch_dropout=0.5, gating=False).train(), batch()
        only = torch.tensor([[False, True, False]]).expand(5, 3)
        monkeypatch.setattr("loquitur.vision.labels.nets.contract.kept", lambda *_: only)
        found = net(streams, lengths)["logits"].detach()
        alone = asked(net.eval(), {"audio": streams["audio"]}, {"audio": lengths["audio"]})
        heard = lengths["audio"] > 0
        torch.testing.assert_close(found[heard], alone["logits"][heard], **CLOSE)


class TestRowNorm:
    def test_it_is_batch_normalisation_over_the_rows_that_are_there(self):
        torch.manual_seed(0)
        ours, theirs = RowNorm(5).train(), torch.nn.BatchNorm1d(5, momentum=None).train()
        values = torch.randn(4, 6, 5) * 3 + 1
        there = torch.arange(6)[None] < torch.tensor([6, 2, 1, 4])[:, None]
        values[~there] = 1e4
        found = ours(values, there)[there]
        torch.testing.assert_close(found, theirs(values[there]), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(ours.mean, theirs.running_mean)
        torch.testing.assert_close(ours.variance, theirs.running_var)

    def test_a_batch_of_one_row_teaches_nothing(self):
        norm = RowNorm(3).train()
        found = norm(torch.full((1, 2, 3), 7.0), torch.tensor([[True, False]]))
        assert norm.mean.tolist() == [0, 0, 0]
        torch.testing.assert_close(found[0, 0], torch.full((3,), 7.0), atol=1e-3, rtol=1e-3)


class TestExperts:
    def test_log_odds_are_those_of_the_mixture(self):
        torch.manual_seed(4)
        head, vector = Experts(6, 4, 3).double(), torch.randn(5, 6).double()
        experts = head.experts(vector).unflatten(1, (4, 3)).sigmoid()
        gates = head.gates(vector).unflatten(1, (4, 4)).softmax(2)
        wanted = (gates[:, :, :3] * experts).sum(2)
        torch.testing.assert_close(head(vector).sigmoid().double(), wanted, atol=1e-6, rtol=1e-5)

    def test_sure_experts_stay_finite(self):
        head = Experts(2, 3, 2)
        torch.nn.init.constant_(head.experts.weight, 1e4)
        torch.nn.init.constant_(head.gates.weight, -50.0)
        vector = torch.tensor([[1.0, 1.0], [-1.0, -1.0]], requires_grad=True)
        said = head(vector)
        said.sum().backward()
        assert torch.isfinite(said).all()
        assert torch.isfinite(vector.grad).all()


class TestAbreast:
    def rows(self, many, longest):
        values = torch.arange(1.0, longest + 1)[None, :, None].expand(len(many), -1, 1)
        lengths = torch.tensor(many)
        there = torch.arange(longest)[None] < lengths[:, None]
        return Rows(values.masked_fill(~there[:, :, None], 0.0), there, lengths)

    def test_streams_of_one_length_stand_row_by_row(self):
        both = [self.rows([4], 4), self.rows([4], 4)]
        found = abreast(both, torch.ones(1, 2, dtype=torch.bool))
        assert found.values[0].tolist() == [[n, n] for n in (1, 2, 3, 4)]

    def test_a_row_too_few_shifts_nothing_but_where_it_lacks(self):
        found = abreast([self.rows([9], 9), self.rows([8], 8)], torch.ones(1, 2) > 0)
        assert found.values[0, :, 1].tolist() == [1, 2, 3, 4, 5, 5, 6, 7, 8]

    def test_few_words_are_spread_over_the_video(self):
        found = abreast([self.rows([6, 2], 6), self.rows([2, 3], 3)], torch.ones(2, 2) > 0)
        assert found.values[0, :, 1].tolist() == [1, 1, 1, 2, 2, 2]
        assert found.values[1].tolist() == [[1, 1], [2, 2], [2, 3], [0, 0], [0, 0], [0, 0]]
        assert found.lengths.tolist() == [6, 3]

    def test_an_absent_stream_makes_no_moments(self):
        found = abreast([self.rows([6], 6), self.rows([2], 2)], torch.tensor([[False, True]]))
        assert found.values[0].tolist() == [[0, 1], [0, 2]]


class TestPublishedSizes:
    def sizes(self, **changes):
        inputs = (BranchInput(name="rgb", dimension=1024), BranchInput(name="audio", dimension=128))
        with torch.device("meta"):
            return build(LabelNetConfig(inputs=inputs, labels=3862, **changes))

    def test_nextvlad_has_as_many_weights_as_the_paper_counts(self):
        net = self.sizes(
            architecture="nextvlad", clusters=128, groups=8, expansion=2, hidden=2048, gating=True
        )
        # Lin et al., section 3.3: L N (N + G + K (G + (H + 1) / G)), of pictures and of sound
        paper = sum(
            wide * (n + g + k * (g + 2049 / g))
            for n, wide, k, g in ((1024, 2048, 128, 8), (128, 256, 64, 4))
        )
        parts = [*net.encoders.parameters(), *net.tails[0].joiner.join.parameters()]
        ours = sum(one.numel() for one in parts)
        norms = sum(
            one.numel()
            for encoder in net.encoders.values()
            for part in (encoder.norm, encoder.after)
            for one in part.parameters()
        )
        assert 79e6 < paper < 80e6
        assert ours - norms == pytest.approx(paper, rel=1e-4)
        whole = sum(one.numel() for one in net.parameters())
        assert whole == 88_897_826  # with the head of 3,862 labels and the gate

    def test_netvlad_and_bag_and_lstm_can_be_built(self):
        wide = self.sizes(architecture="netvlad", clusters=256, hidden=1024, gating=True)
        assert wide.encoders["rgb"].width == 256 * 1024
        bag = self.sizes(architecture="dbof", clusters=8192, hidden=1024, mixtures=2)
        assert bag.encoders["audio"].width == 4096
        lstm = self.sizes(architecture="lstm", layers=2, cell_size=1024, mixtures=2)
        assert lstm.encoder.width == 2048


class TestWeights:
    def test_of_another_net(self):
        with pytest.raises(InputError, match="weights of another net than gru: it lacks"):
            with_weights(config("gru"), weights_of(made("mlp")), shown="m/w")

    @pytest.mark.parametrize("fusion", ["joint", "late"])
    @pytest.mark.parametrize("mixtures", [0, 2])
    def test_of_another_vocabulary(self, fusion, mixtures):
        net = made("mlp", fusion, mixtures=mixtures)
        other = config("mlp", fusion, labels=9, mixtures=mixtures)
        with pytest.raises(InputError, match="a vocabulary of 5 labels, the model's card has 9"):
            with_weights(other, weights_of(net), shown="m/w")

    def test_of_other_streams(self):
        other = (BranchInput(name="rgb", dimension=9), *INPUTS[1:])
        with pytest.raises(InputError, match="has the shape"):
            with_weights(config("mlp", inputs=other), weights_of(made("mlp")), shown="m/w")

    def test_damaged(self):
        data = weights_of(made("mlp"))
        for spoilt in (b"", data[:100], data[:-1], b"PK\x03\x04" + data):
            with pytest.raises(InputError, match="no whole file of weights"):
                with_weights(config("mlp"), spoilt, shown="m/w")

    def test_with_nan(self):
        net = made("mlp")
        torch.nn.init.constant_(net.tails[0].gate.excite.bias, torch.nan)
        with pytest.raises(InputError, match="NaN or infinite"):
            with_weights(config("mlp"), weights_of(net), shown="m/w")

    def test_no_such_device(self):
        with pytest.raises(UsageError, match="device 'nowhere'"):
            with_weights(config("mlp"), weights_of(made("mlp")), shown="m/w", device="nowhere")
