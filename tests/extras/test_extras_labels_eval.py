"""`label eval` of trained nets: the figures of their training again, branches, what is refused."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from loquitur.cli.main import _run

pytestmark = pytest.mark.extras

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))

from labels_toy import on_disk  # noqa: E402

from loquitur.testing.tiny_labellers import tiny_labeller  # noqa: E402
from loquitur.vision.labels import modelfile  # noqa: E402
from loquitur.vision.labels.examples import Segments  # noqa: E402


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
    assert _run(["label", "eval", str(place / "run"), "--streams", "audio,smell"]) == 2
    assert "reads rgb, audio, words, not smell" in capsys.readouterr().err


def test_a_model_of_other_labels_is_refused(place, capsys, tmp_path):
    tiny_labeller(tmp_path / "other")
    assert _run(["label", "eval", str(tmp_path / "other"), "--data", str(place / "data")]) == 2
    assert "another vocabulary" in capsys.readouterr().err


def test_names_are_held_together_where_data_do_not_say_their_vocabulary(place, capsys, tmp_path):
    """As the shards of YouTube-8M: another name at the same number is another label map."""
    shutil.copytree(place / "data", tmp_path / "data")
    described = json.loads((tmp_path / "data" / "dataset.json").read_text())
    described |= {"vocabulary": "", "vocabulary_file": ""}
    (tmp_path / "data" / "dataset.json").write_text(json.dumps(described))
    names = list(modelfile.load(place / "run").card.vocabulary().names)
    asked = ["label", "eval", str(place / "run"), "--data", str(tmp_path / "data"), "-q"]
    assert _run(asked) == 0
    vocabulary = tmp_path / "names.json"
    for said, code in ((names, 0), (["label 0", *names[1:]], 0), (names[1:] + names[:1], 2)):
        vocabulary.write_text(json.dumps(said))
        assert _run([*asked, "--vocabulary", str(vocabulary)]) == code
    assert f"label 0 is '{names[1]}' there, '{names[0]}' in the model" in capsys.readouterr().err


def test_a_model_needs_a_data_set(place, capsys, tmp_path):
    (tmp_path / "t.jsonl").write_text('{"video": "v1-0", "labels": ["thing 0"]}\n')
    run = str(place / "run")
    assert _run(["label", "eval", run, "--truth", str(tmp_path / "t.jsonl")]) == 2
    assert "--data DATASET" in capsys.readouterr().err


def test_rated_segments(place, capsys, tmp_path):
    """Each segment's rows alone; a rating of 0 and one of 1 for the same label."""
    from labels_toy import INFO, VOCABULARY, examples

    from loquitur.vision.labels.dataset_files import write_dataset
    from loquitur.vision.labels.judging.segments import cropped
    from loquitur.vision.labels.modelfile import load
    from loquitur.vision.labels.records.writing import write_shard

    some = examples(20, 3)
    rated = Segments(
        videos=np.array([0, 0, 3, 7, 7]),
        start_ms=np.array([0, 0, 1000, 0, 2000]),
        end_ms=np.array([5000, 5000, 6000, 5000, 7000]),
        labels=np.array([2, 5, 2, 5, 5]),
        scores=np.array([1, 0, 0, 1, 1], np.float32),
    )
    folder = tmp_path / "rated"
    folder.mkdir()
    write_shard(folder / "validate00.tfrecord", dataclasses.replace(some, segments=rated), INFO)
    write_dataset(folder, INFO)
    arguments = ["label", "eval", str(place / "run"), "--data", str(folder), "--segments"]
    capsys.readouterr()
    assert _run([*arguments, "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert (result["segments"], result["ratings"], result["positives"]) == (4, 5, 3)
    model = load(place / "run")
    parts = cropped(some, *(np.array(one) for one in ([0, 3, 7, 7], [0, 1000, 0, 2000],
                                                      [5000, 6000, 5000, 7000])))  # fmt: skip
    assert parts.streams["rgb"].lengths.max() <= 5
    scores = model.scores(parts)
    first = 1.0 if scores[0, 2] > scores[1, 2] else 0.5
    order = sorted([(scores[0, 5], 0), (scores[2, 5], 1), (scores[3, 5], 1)], reverse=True)
    hits = np.array([hit for _, hit in order])
    second = float((hits.cumsum() / np.arange(1, 4) * hits).sum() / 2)
    assert result["map"] == pytest.approx((first + second) / 2, abs=1e-6)
    assert _run(arguments) == 0
    assert "MAP@100,000" in capsys.readouterr().out
    assert _run(["label", "eval", str(place / "run"), "--segments"]) == 4
    assert "no segment of 'validate' is rated" in capsys.readouterr().err
    assert VOCABULARY.digest == INFO.vocabulary
