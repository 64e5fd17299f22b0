"""What a net that labels may be, without torch."""

from __future__ import annotations

import dataclasses

import pytest

from loquitur.conversion import convert
from loquitur.vision.labels.nets import LABEL_NETS
from loquitur.vision.labels.nets.config import BranchInput, LabelNetConfig

PICTURES = BranchInput(name="rgb", dimension=1024)
SOUND = BranchInput(name="audio", dimension=128)


def config(**changes):
    given = {"architecture": "joined", "inputs": (PICTURES, SOUND), "labels": 20, **changes}
    return LabelNetConfig(**given)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"architecture": "resnet"}, "no net is called 'resnet'"),
        ({"labels": 0}, "labels is 1"),
        ({"labels": 1 << 40}, "labels is 1 to"),
        ({"hidden": -1}, "hidden is 1"),
        ({"layers": 0}, "layers is 1"),
        ({"mixtures": -1}, "mixtures is 0"),
        ({"dropout": 1.0}, "dropout is 0 or more"),
        ({"dropout": float("nan")}, "dropout is 0 or more"),
        ({"branch_dropout": -0.1}, "branch_dropout is 0 or more"),
        ({"fusion": "early"}, "fusion is late, joint or gated"),
        ({"cell": "rnn"}, "a cell is lstm or gru"),
        ({"inputs": ()}, "a net reads 1 to 16 streams"),
        ({"inputs": (SOUND, SOUND)}, "stands there twice: audio, audio"),
        ({"architecture": "lstm", "fusion": "late"}, "reads all streams at once"),
        (
            {"architecture": "gru", "inputs": (dataclasses.replace(SOUND, encoder="lstm"),)},
            "by one encoder",
        ),
        ({"architecture": "moe"}, "moe has mixtures"),
        ({"architecture": "logistic", "mixtures": 2}, "no mixtures"),
        ({"architecture": "nextvlad", "groups": 7}, "rgb: 1024 x 2 numbers are not of 7 groups"),
    ],
)
def test_a_net_that_cannot_be_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        config(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "a/b"}, "a stream's name"),
        ({"name": ""}, "a stream's name"),
        ({"dimension": 0}, "numbers a row"),
        ({"low": 2.0}, "low is below high"),
        ({"low": float("nan")}, "low is below high"),
        ({"encoder": "cnn"}, "no encoder is called 'cnn'"),
    ],
)
def test_a_stream_that_cannot_be_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        BranchInput(**{"name": "rgb", "dimension": 4, **changes})


@pytest.mark.parametrize("architecture", LABEL_NETS)
def test_the_configuration_is_plain_values_and_comes_back(architecture):
    changed = {"mixtures": 2} if architecture != "logistic" else {}
    made = config(architecture=architecture, **changed)
    plain = dataclasses.asdict(made)
    assert convert(plain, LabelNetConfig) == made


def test_each_stream_may_have_an_encoder_of_its_own():
    words = BranchInput(name="words", dimension=64, encoder="gru")
    made = config(architecture="nextvlad", inputs=(PICTURES, SOUND, words), cell="lstm")
    assert [made.encoder_of(one) for one in made.inputs] == ["nextvlad", "nextvlad", "gru"]
    assert config(architecture="stream", cell="gru").encoder_of(SOUND) == "gru"


def test_narrower_streams_have_half_of_the_clusters():
    made = config(architecture="nextvlad", clusters=128, groups=8)
    assert [made.clusters_of(one) for one in made.inputs] == [128, 64]
    assert [made.groups_of(one) for one in made.inputs] == [8, 4]
    assert dataclasses.replace(made, inputs=(SOUND,)).clusters_of(SOUND) == 128  # it is the widest
