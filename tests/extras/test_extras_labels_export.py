"""Exported nets that label: the same with every set of streams, at any size, without torch."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from loquitur.errors import InputError, UsageError
from loquitur.testing.tiny_labellers import tiny_exported_labeller, tiny_labeller
from loquitur.vision.labels.evidence import Asked, explain, track_of
from loquitur.vision.labels.exporting import compare, export, random_examples
from loquitur.vision.labels.modelcard import read_card
from loquitur.vision.labels.modelfile import batch_of, load, save
from loquitur.vision.labels.nets import LABEL_NETS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.extras

from loquitur.vision.labels.nets.contract import build  # noqa: E402
from loquitur.vision.labels.nets.graph import graph_of  # noqa: E402

# what a machine without torch does; a stand-in for it, since this one has it
ALONE = """
import json, sys
from pathlib import Path
for name in ("torch", "safetensors"):
    sys.modules[name] = None
from loquitur.vision.labels.exporting import random_examples
from loquitur.vision.labels.modelfile import load
model = load(Path(sys.argv[1]))
print(json.dumps(model.scores(random_examples(model.card)).tolist()))
"""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("verticals", [False, True])
@pytest.mark.parametrize("architecture", LABEL_NETS)
def test_graphs_say_the_same(tmp_path, architecture, verticals, capfd):
    run = tiny_labeller(tmp_path / "run", architecture=architecture, verticals=verticals)
    model = load(run)
    card = export(model, tmp_path / "onnx")
    assert capfd.readouterr() == ("", "")
    assert {path.name for path in (tmp_path / "onnx").iterdir()} == {"labeller.onnx", "model.json"}
    graph = load(tmp_path / "onnx")
    assert graph.card == card
    found = compare(model, graph)
    assert (found.videos, found.answers) == (8, 128)  # eight sets of streams, together and alone
    assert found.difference < 1e-4
    assert found.holds
    examples = random_examples(card, seed=3)
    np.testing.assert_allclose(model.scores(examples), graph.scores(examples), atol=1e-5)
    one, other = model.judge(examples), graph.judge(examples)
    np.testing.assert_allclose(one.genres, other.genres, atol=1e-5)


@pytest.mark.parametrize("fusion", ["late", "gated"])
def test_graphs_of_other_fusions(tmp_path, fusion):
    run = tiny_labeller(tmp_path / "run", architecture="joined")
    card = read_card(run / "best")
    config = dataclasses.replace(card.net, fusion=fusion)
    torch.manual_seed(1)
    save(tmp_path / "m", build(config), dataclasses.replace(card, net=config))
    model = load(tmp_path / "m")
    export(model, tmp_path / "onnx")
    graph = load(tmp_path / "onnx")
    found = compare(model, graph)
    assert found.holds, found
    batch = batch_of(random_examples(model.card), range(3), model.card)
    alone = {f"branch_logits/{one.name}" for one in config.inputs} if fusion == "late" else set()
    assert graph.outputs(batch).keys() == {"logits"} | alone


class _Silent:
    """A net that says less than it could."""

    def __init__(self, scorer, dropped):
        self.scorer, self.dropped = scorer, dropped

    def run(self, streams, lengths):
        found = self.scorer.run(streams, lengths)
        return {name: each for name, each in found.items() if name != self.dropped}


@pytest.mark.parametrize("dropped", ["vertical_logits", "branch_logits/audio"])
def test_a_score_that_one_form_lacks_is_noticed(tmp_path, dropped):
    config = dataclasses.replace(
        read_card(tiny_labeller(tmp_path / "run", verticals=True) / "best").net, fusion="late"
    )
    card = dataclasses.replace(read_card(tmp_path / "run" / "best"), net=config)
    save(tmp_path / "m", build(config), card)
    model = load(tmp_path / "m")
    export(model, tmp_path / "onnx")
    graph = load(tmp_path / "onnx")
    assert compare(model, graph).holds
    less = dataclasses.replace(graph, scorer=_Silent(graph.scorer, dropped))
    for pair in ((model, less), (less, model)):
        found = compare(*pair)
        assert found.missing == (dropped,)
        assert not found.holds


def test_a_graph_whose_genre_head_was_dropped_is_refused(tmp_path, monkeypatch):
    model = load(tiny_labeller(tmp_path / "run", verticals=True))
    bare = dataclasses.replace(model.card.net, verticals=0)
    monkeypatch.setattr(model.scorer.net, "config", bare)  # as an exporter that forgets it
    export(model, tmp_path / "onnx")
    with pytest.raises(InputError, match="gives no vertical_logits"):
        load(tmp_path / "onnx")


def test_without_torch(tmp_path):
    graph = tiny_exported_labeller(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, graph], capture_output=True, text=True, check=True
    )
    model = load(tmp_path / "run")
    wanted = model.scores(random_examples(model.card))
    np.testing.assert_allclose(json.loads(done.stdout), wanted, atol=1e-5)
    broken = subprocess.run(
        [sys.executable, "-c", ALONE, tmp_path / "run"], capture_output=True, text=True, check=False
    )
    assert "the package torch is not installed" in broken.stderr


def test_evidence_of_both_forms_is_alike(tmp_path):
    graph = load(tiny_exported_labeller(tmp_path, architecture="nextvlad"))
    model = load(tmp_path / "run")
    examples = random_examples(model.card)
    tracks = {name: track_of(examples, 2, name) for name in examples.streams}
    one, other = (explain(each, tracks, Asked(moments=5)) for each in (model, graph))
    for mine, theirs in zip(one.labels, other.labels, strict=True):
        assert mine.label == theirs.label
        assert [each.start_ms for each in mine.moments] == [
            each.start_ms for each in theirs.moments
        ]
        np.testing.assert_allclose(
            [each.weight for each in mine.moments],
            [each.weight for each in theirs.moments],
            atol=1e-4,
        )


def test_a_net_is_left_as_it_was(tmp_path):
    model = load(tiny_labeller(tmp_path, architecture="lstm"))
    net = model.scorer.net
    net.train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    graph_of(net)
    assert net.training
    for name, value in net.state_dict().items():
        assert torch.equal(before[name], value)


def test_places_that_an_export_would_spoil(tmp_path):
    run = tiny_labeller(tmp_path / "run")
    model = load(run)
    for place in (run / "best", run):
        with pytest.raises(UsageError, match=r"is the model itself|before its best"):
            export(model, place)
    other = tiny_labeller(tmp_path / "other", seed=1)
    with pytest.raises(UsageError, match="would be lost"):
        export(model, other / "best")
    export(model, tmp_path / "onnx")
    export(model, tmp_path / "onnx")  # a graph is replaced


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    mine, theirs = tiny_labeller(tmp_path / "a"), tiny_labeller(tmp_path / "b", architecture="moe")
    (weights,) = (theirs / "best").glob("*.safetensors")
    card = json.loads((mine / "best" / "model.json").read_text())
    (name,) = card["files"]
    other = json.loads((theirs / "best" / "model.json").read_text())
    card["files"] = other["files"]
    (mine / "best" / weights.name).write_bytes(weights.read_bytes())
    (mine / "best" / "model.json").write_text(json.dumps(card))
    with pytest.raises(InputError):
        load(mine)
    card["files"] = {name: "0" * 64}
    (mine / "best" / "model.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="truncated or changed"):
        load(mine)


def test_on_the_command_line(tmp_path):
    from click.testing import CliRunner

    from loquitur.cli.main import cli

    run = tiny_labeller(tmp_path / "run")
    done = CliRunner().invoke(cli, ["label", "export", str(run), "--check", "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["export"] == str(tmp_path / "run-onnx")
    assert document["check"]["holds"] is True
    assert (tmp_path / "run-onnx" / "labeller.onnx").is_file()
    assert run.is_dir()


@pytest.mark.parametrize("name", ["best", "last"])
def test_a_folder_goes_beside_itself_whatever_it_is_called(tmp_path, name):
    from click.testing import CliRunner

    from loquitur.cli.main import cli

    model = tiny_labeller(tmp_path / "models" / name)
    done = CliRunner().invoke(cli, ["label", "export", str(model), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["export"] == str(tmp_path / "models" / f"{name}-onnx")
