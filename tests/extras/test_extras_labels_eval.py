"""`label eval` of trained nets: the figures of their training again, branches, what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from loquitur.cli.main import _run

pytestmark = pytest.mark.extras

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))

from labels_toy import on_disk  # noqa: E402

from loquitur.testing.tiny_labellers import tiny_labeller  # noqa: E402


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A data set and a run of two epochs on it."""
    folder = tmp_path_factory.mktemp("eval")
    on_disk(folder / "data")
    arguments = ["--data", folder / "data", "--net", "joined"]
    for value in ("net.hidden=16", "net.cell_size=8", "train.epochs=2", "train.batch=16",
                  "train.lr=0.01", "train.threads=1", "train.plots=no",
                  "train.tensorboard=no"):  # fmt: skip
        arguments += ["--set", value]
    assert _run(["label", "train", str(folder / "run"), "-q", *map(str, arguments)]) == 0
    return folder


def evaluated(capsys, *arguments):
    """The JSON document of `label eval`."""
    capsys.readouterr()
    assert _run(["label", "eval", *map(str, arguments), "--json", "-q"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_run_has_the_figures_of_its_training(place, capsys):
    """Its best epoch's row, over the data set that the run knows of."""
    rows = [json.loads(line) for line in (place / "run" / "metrics.jsonl").read_text().splitlines()]
    best = max(rows, key=lambda row: row["gap"])
    document = evaluated(capsys, place / "run")
    (result,) = document["results"]
    assert result["kind"] == "model"
    assert result["videos"] == 60
    for key in ("gap", "hit_at_one", "perr", "map"):
        assert result[key] == pytest.approx(best[key], abs=1e-6)
    assert result["genres"]["classes"] == 3


def test_a_model_shown_one_branch_alone(place, capsys):
    whole = evaluated(capsys, place / "run", "--baselines")
    names = [one["name"] for one in whole["results"]]
    assert names == ["run", "prior", "neighbours", "logistic"]
    assert [one["name"] for one in whole["leads"]] == names[1:]
    heard = evaluated(capsys, place / "run" / "best", "--data", place / "data",
                      "--streams", "audio")  # fmt: skip
    assert heard["results"][0]["gap"] != whole["results"][0]["gap"]
    assert _run(["label", "eval", str(place / "run"), "--streams", "smell"]) == 2
    assert "reads rgb, audio, words, not smell" in capsys.readouterr().err


def test_a_model_of_other_labels_is_refused(place, capsys, tmp_path):
    tiny_labeller(tmp_path / "other")
    assert _run(["label", "eval", str(tmp_path / "other"), "--data", str(place / "data")]) == 2
    assert "another vocabulary" in capsys.readouterr().err


def test_a_model_needs_a_data_set(place, capsys, tmp_path):
    (tmp_path / "t.jsonl").write_text('{"video": "v1-0", "labels": ["thing 0"]}\n')
    run = str(place / "run")
    assert _run(["label", "eval", run, "--truth", str(tmp_path / "t.jsonl")]) == 2
    assert "--data DATASET" in capsys.readouterr().err
