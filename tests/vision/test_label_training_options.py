"""Options of a labeller's training, and its plans: all without torch."""

from __future__ import annotations

import dataclasses
import re

import pytest

from loquitur.errors import InputError, UsageError
from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.nets import LABEL_NETS
from loquitur.vision.labels.nets.config import BranchInput, LabelNetConfig
from loquitur.vision.labels.training.plans import plan, vocabulary_of
from loquitur.vision.labels.training.presets import (
    PRESETS,
    LabelOptions,
    NetOptions,
    preset,
    usual,
)
from loquitur.vision.labels.vocabulary import LabelVocabulary
from loquitur.vision.labels.vocabulary_files import write_vocabulary
from loquitur.vision.training import plots
from loquitur.vision.training.folder import RunFolder
from loquitur.vision.training.options import TrainingOptions, with_values

YT8M = (BranchInput(name="rgb", dimension=1024), BranchInput(name="audio", dimension=128))


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_options_of_a_net_that_can_be_built(name):
    chosen = preset(name)
    assert with_values(TrainingOptions(), chosen.train, where="train").epochs
    assert with_values(LabelOptions(), chosen.task, where="label")
    net = with_values(NetOptions(), chosen.net, where="net")
    sizes = dataclasses.asdict(net)
    del sizes["encoders"]
    assert LabelNetConfig(inputs=YT8M, labels=3862, verticals=24, **sizes)


def test_switches_are_also_yes_and_no():
    found = with_values(NetOptions(), {"gating": "yes", "bidirectional": "True"}, where="net")
    assert (found.gating, found.bidirectional) == (True, True)
    assert not with_values(found, {"gating": "no"}, where="net").gating


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ({"gating": "perhaps"}, "yes or no"),
        ({"fusion": "early"}, "known: late, joint, gated"),
        ({"hidden": "wide"}, ""),
    ],
)
def test_a_wrong_value_tells_the_right_ones(values, hint):
    (name,) = values
    with pytest.raises(UsageError, match=f"wrong value: .* at `net.{name}`") as caught:
        with_values(NetOptions(), values, where="net")
    assert caught.value.hint == hint


def test_the_requirement_s_rows_are_there():
    rows = {
        name: preset(name).net["architecture"] for name in ("net", "bilstm", "stream", "joined")
    }
    assert rows == {"net": "mlp", "bilstm": "lstm", "stream": "stream", "joined": "joined"}
    assert preset("bilstm").net["bidirectional"]
    assert preset("bilstm").net["layers"] > 1


def test_nextvlad_s_preset_is_the_paper_s():
    net = preset("nextvlad-paper").net
    found = [net[name] for name in ("clusters", "groups", "expansion", "hidden", "dropout")]
    assert found == [128, 8, 2, 2048, 0.5]
    assert preset("nextvlad-paper").train["lr"] == 2e-4


def test_a_net_has_its_preset():
    assert (usual("mlp"), usual("nextvlad"), usual(""), usual("s2vt")) == (
        "net", "nextvlad", "small", "small",
    )  # fmt: skip
    for net in LABEL_NETS:
        assert preset(usual(net)).net["architecture"] == net


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"loss": "hinge"}, r"label\.loss"),
        ({"label_smoothing": 1}, "label_smoothing is from"),
        ({"validation_part": "train"}, "the same part"),
        ({"losss": "focal"}, r"unknown option 'label\.losss'"),
    ],
)
def test_wrong_options_are_named(values, message):
    with pytest.raises(UsageError, match=message):
        with_values(LabelOptions(), values, where="label")


def test_streams_and_encoders_are_lists():
    assert LabelOptions(streams=" rgb, words ").chosen_streams() == ("rgb", "words")
    assert LabelOptions().chosen_streams() == ()
    assert NetOptions(encoders="rgb=nextvlad, words=gru").chosen_encoders() == {
        "rgb": "nextvlad", "words": "gru",
    }  # fmt: skip
    with pytest.raises(UsageError, match="no encoders of streams"):
        NetOptions(encoders="gru").chosen_encoders()


def test_a_plan_needs_data_and_knows_its_nets(tmp_path):
    with pytest.raises(UsageError, match="a run needs data"):
        plan(tmp_path / "run")
    with pytest.raises(UsageError, match="no net is called 'nextvald'") as caught:
        plan(tmp_path / "run", data="d", values={"net.architecture": "nextvald"})
    assert "nextvlad" in caught.value.hint
    with pytest.raises(UsageError, match="unknown option 'caption"):
        plan(tmp_path / "run", data="d", values={"caption.language": "en"})
    with pytest.raises(UsageError, match="no preset is called"):
        plan(tmp_path / "run", data="d", preset_name="paper")
    with pytest.raises(UsageError, match="no framework is called 'jax'"):
        plan(tmp_path / "run", data="d", framework="jax")
    with pytest.raises(UsageError, match="is the data set"):
        plan(tmp_path, data=tmp_path)
    made = plan(tmp_path / "run", data="d", values={"net.architecture": "moe", "train.lr": "0.5"})
    assert (made.net.mixtures, made.train.lr, made.goes_on, made.framework) == (
        2,
        0.5,
        False,
        "torch",
    )
    assert made.inputs()["data"].endswith("/d")
    far = plan(tmp_path / "run", data="https://example.org/set")
    assert far.inputs() == {"data": "https://example.org/set"}


def test_a_plan_of_a_run_is_what_the_run_began_with(tmp_path):
    config = {
        "task": {
            "kind": "label", "framework": "keras", "net": {"hidden": 9}, "label": {"loss": "focal"},
        },
        "options": {"lr": 0.25},
        "inputs": {"data": "/d", "vocabulary": "/v.csv"},
    }  # fmt: skip
    RunFolder(tmp_path).write_config(config)
    made = plan(tmp_path, values={"train.epochs": "3"})
    assert (made.net.hidden, made.label.loss, made.train.lr) == (9, "focal", 0.25)
    assert (made.train.epochs, made.data, made.vocabulary, made.goes_on) == (
        3,
        "/d",
        "/v.csv",
        True,
    )
    assert made.framework == "keras"
    with pytest.raises(UsageError, match="began with keras"):
        plan(tmp_path, framework="torch")
    RunFolder(tmp_path).write_config({"task": {"kind": "caption"}})
    with pytest.raises(InputError, match="a run of something else"):
        plan(tmp_path)


INFO = DatasetInfo(
    name="d", level="frame", streams=(StreamInfo(name="rgb", dimension=4),), labels=2,
    vocabulary_file="labels.json",
)  # fmt: skip


def test_a_vocabulary_of_another_version_is_refused(tmp_path):
    mine, other = LabelVocabulary.of(["a", "b"]), LabelVocabulary.of(["b", "a"])
    write_vocabulary(tmp_path / "labels.json", mine)
    planned = plan(tmp_path / "run", data=tmp_path)
    assert vocabulary_of(planned, INFO, tmp_path) == (mine, [])
    held = dataclasses.replace(INFO, vocabulary=mine.digest)
    assert vocabulary_of(planned, held, tmp_path)[0] == mine
    write_vocabulary(tmp_path / "other.json", other)
    named = plan(tmp_path / "run", data=tmp_path, vocabulary=tmp_path / "other.json")
    with pytest.raises(InputError, match="another vocabulary"):
        vocabulary_of(named, held, tmp_path)
    with pytest.raises(InputError, match="another vocabulary"):
        vocabulary_of(planned, dataclasses.replace(INFO, labels=3), tmp_path)
    nameless, notices = vocabulary_of(
        planned, dataclasses.replace(INFO, vocabulary_file=""), tmp_path
    )
    assert nameless.names == ("label 0", "label 1")
    assert "--vocabulary" in notices[0]


@pytest.mark.slow
def test_curves_of_labels_are_those_of_measures(tmp_path):
    run = RunFolder(tmp_path)
    run.write_config({"task": {"kind": "label"}})
    rows = [
        {"epoch": n, "part": 1.0, "loss": 9.0 / n, "validation_loss": 9.5 / n, "gap": 0.1 * n,
         "hit_at_one": 0.2 * n, "accuracy": 0.99, "accuracy_of_nothing": 0.99, "temperature": 1.0}
        for n in range(1, 4)
    ]  # fmt: skip
    plots.draw(run, rows)
    labels = set(re.findall("<!-- (.*?) -->", (tmp_path / "metrics.svg").read_text()))
    assert labels >= {"GAP@20", "Hit@1"}
    assert not labels & {"accuracy", "accuracy_of_nothing", "temperature"}
    assert "loss per video (nats)" in (tmp_path / "loss.svg").read_text()
