"""`label eval` and `eval label` as a user types them."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import pytest

from loquitur.vision.labels.feeding.sharded import open_data
from loquitur.vision.labels.generated import Design, write_sample
from loquitur.vision.labels.generated.writing import Sample
from loquitur.vision.labels.judging import floors, ground_of_data
from loquitur.vision.labels.threshold_files import read_thresholds

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small generated data set, and what two tools say of its validation part."""
    folder = tmp_path_factory.mktemp("labels")
    design = Design(labels=30, rgb=12, audio=8, words=8, least_rows=20, most_rows=24)
    write_sample(folder / "set", Sample(design=design, videos=200, level="video", shards=2))
    with open_data(folder / "set") as data:
        ground = ground_of_data(data, "validate", place=str(folder / "set"))
    truth, names = ground.truth, ground.labels().names
    rng = np.random.default_rng(0)
    held = np.zeros((len(truth), len(names)))
    video, column = np.nonzero(truth.labels >= 0)
    held[video, truth.labels[video, column]] = 1
    for name, noise in (("good", 1.0), ("poor", 3.0)):
        scores = 1 / (1 + np.exp(4 - 6 * held - noise * rng.normal(size=held.shape)))
        np.savez(
            folder / f"{name}.npz",
            scores=scores.astype(np.float32),
            video_ids=np.array(truth.video_ids),
        )
        best = np.argsort(-scores, axis=1)[:, :20]
        with (folder / f"{name}.csv").open("w") as file:
            file.write("VideoId,LabelConfidencePairs\n")
            for at, one in enumerate(truth.video_ids):
                pairs = " ".join(f"{label} {scores[at, label]:.7f}" for label in best[at])
                file.write(f"{one},{pairs}\n")
        with (folder / f"{name}.jsonl").open("w") as file:
            for at, one in enumerate(truth.video_ids):
                said = [{"label": names[n], "score": float(scores[at, n])} for n in best[at]]
                file.write(json.dumps({"video": one, "labels": said}) + "\n")
    with (folder / "truth.jsonl").open("w") as file:
        for at, one in enumerate(truth.video_ids):
            labels = [names[n] for n in truth.labels[at] if n >= 0]
            file.write(json.dumps({"video": one, "labels": labels}) + "\n")
    return folder


def test_predictions_side_by_side(loquitur: Any, made: Path, tmp_path: Path) -> None:
    answer = loquitur(
        "label", "eval", made / "good.npz", f"other={made / 'poor.csv'}", "--data", made / "set",
        "--baselines", "--by", "vertical", "-o", tmp_path / "out",
    )  # fmt: skip
    assert answer.code == 0, answer
    lines = answer.out.splitlines()
    assert lines[0].split()[:4] == ["of", "videos", "GAP@20", "Hit@1"]
    assert "less good, with 95% intervals; * leaves 0 out:" in lines
    assert any(line.startswith("other ") and line.endswith("*") for line in lines)
    assert "one that never says anything has" in answer.out
    assert "by genre: GAP of its labels:" in answer.out
    assert {"prior", "neighbours", "logistic"} <= {line.split()[0] for line in lines if line}
    with (tmp_path / "out" / "measures.csv").open() as file:
        rows = {row["voice"]: row for row in csv.DictReader(file)}
    assert float(rows["good"]["gap"]) > float(rows["other"]["gap"]) > float(rows["prior"]["gap"])
    with (tmp_path / "out" / "labels.csv").open() as file:
        labels = list(csv.DictReader(file))
    assert len(labels) == 30
    assert sum(int(row["positives"]) for row in labels) == int(rows["good"]["positives"])
    with (tmp_path / "out" / "verticals.csv").open() as file:
        assert {row["voice"] for row in csv.DictReader(file)} == set(rows)
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("<svg class=") == 2 + ("rare labels" in page)
    assert "Precision by recall" in page
    assert "Which genre a video is of" in page
    held = float(rows["good"]["positives"]) / float(rows["good"]["videos"])
    assert f"a video has {held:.1f} of 30 labels" in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize("columns", [80, 160])
def test_a_terminal_shows_every_measure(
    loquitur: Any, made: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    command = ("label", "eval", made / "good.npz", "--data", made / "set")
    plain = loquitur(*command).out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = loquitur(*command).out
    assert "…" not in shown
    assert set(click.unstyle(shown).split()) == set(plain.split())
    tables = click.unstyle(shown)[: click.unstyle(shown).index("accuracy is")].splitlines()
    assert max(map(len, tables)) <= columns
    assert len(tables) == (6 if columns == 80 else 3)


def test_thresholds_are_measured_and_written(loquitur: Any, made: Path, tmp_path: Path) -> None:
    command = ("label", "eval", made / "good.npz", made / "poor.npz", "--data", made / "set")
    answer = loquitur(*command, "--decide", "f1", "-o", tmp_path / "out")
    assert answer.code == 0, answer
    table = answer.out[answer.out.index("from which score") :].splitlines()
    assert "for the best F1" in table[0]
    assert "measured on videos that did not set them (5 folds)" in table[0]
    assert table[1].split()[:4] == ["from", "precision", "recall", "F1"]
    assert [line.split()[:2] for line in table[2:]] == [
        ["good", "its"], ["good", "0.5"], ["poor", "its"], ["poor", "0.5"],
    ]  # fmt: skip
    document = json.loads((tmp_path / "out" / "thresholds-good.json").read_text())
    assert (document["aim"], document["model"]) == ("f1", "good")
    assert len(document["labels"]) == 30
    thresholds = read_thresholds(tmp_path / "out" / "thresholds-good.json")
    assert len(thresholds.own) == 30
    assert "Said or not" in (tmp_path / "out" / "index.html").read_text()
    plain = loquitur(*command, "--decide", "precision=0.9", "--json").json["results"][0]["said"]
    assert (plain["aim"], plain["folds"]) == ("precision=0.9", 5)
    assert 0 < plain["own"]["recall"] <= 1
    refused = loquitur(*command, "--decide", "best")
    assert refused.code == 2
    assert "f1, or precision=0.9" in refused.err


def test_mistakes_are_told_with_the_videos_names(loquitur: Any, made: Path, tmp_path: Path) -> None:
    """The labels of two videos changed places: they are the first that a good model points at."""
    lines = [json.loads(line) for line in (made / "truth.jsonl").read_text().splitlines()]
    one, other = next(
        (a, b)
        for a in lines
        for b in lines
        if a["labels"] and b["labels"] and not set(a["labels"]) & set(b["labels"])
    )
    one["labels"], other["labels"] = other["labels"], one["labels"]
    changed = tmp_path / "changed.jsonl"
    changed.write_text("".join(json.dumps(line) + "\n" for line in lines))
    answer = loquitur(
        "label", "eval", made / "good.jsonl", "--truth", changed, "--by", "mistake",
        "-o", tmp_path / "out",
    )  # fmt: skip
    assert answer.code == 0, answer
    with (tmp_path / "out" / "videos.csv").open() as file:
        worst = list(csv.DictReader(file))
    assert {row["video"] for row in worst[:2]} == {one["video"], other["video"]}
    assert worst[0]["labels"].split(" | ")[0] in one["labels"] + other["labels"]
    tables = answer.out[answer.out.index("good: videos with n labels") :]
    assert worst[0]["video"] in tables
    with (tmp_path / "out" / "confusions.csv").open() as file:
        pairs = list(csv.DictReader(file))
    assert all(int(row["videos"]) <= int(row["of"]) for row in pairs)
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Videos told worst" in page
    assert worst[0]["video"] in page


def test_what_baselines_were_fitted_on_is_told_everywhere(
    loquitur: Any, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floors, "_MOST_WORK", 1.0)
    answer = loquitur(
        "label", "eval", made / "good.npz", "--data", made / "set", "--baselines",
        "-o", tmp_path / "out", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer
    assert [one["name"] for one in answer.json["results"]] == ["good", "prior", "neighbours"]
    told = "no logistic regression: 160 videos and 30 labels are too many"
    assert answer.json["notices"] == [told]
    assert told in (tmp_path / "out" / "index.html").read_text()
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["notices"] == [told]


def test_every_form_of_predictions_has_the_same_figures(loquitur: Any, made: Path) -> None:
    found = {}
    for name in ("good.npz", "good.csv", "good.jsonl"):
        answer = loquitur("label", "eval", made / name, "--data", made / "set", "--json")
        assert answer.code == 0, answer
        (found[name],) = answer.json["results"]
    for key in ("gap", "hit_at_one", "perr", "map"):
        assert found["good.csv"][key] == pytest.approx(found["good.npz"][key], abs=1e-6)
        assert found["good.jsonl"][key] == pytest.approx(found["good.npz"][key], abs=1e-9)
        low, high = (found["good.npz"]["intervals"][key][end] for end in ("low", "high"))
        assert low <= found["good.npz"][key] <= high
    assert found["good.npz"]["calibration_of_all"]["pairs"] == 20 * 30
    assert found["good.csv"]["calibration_of_all"] is None
    assert found["good.npz"]["genres"]["classes"] > 1


def test_eval_label_holds_one_file_against_another(loquitur: Any, made: Path) -> None:
    by_file = loquitur("eval", "label", made / "truth.jsonl", made / "good.jsonl", "--json")
    by_set = loquitur("eval", "label", made / "set", made / "good.jsonl", "--json")
    assert by_file.code == by_set.code == 0, by_file
    assert by_file.json["measure"] == by_set.json["measure"] == "label"
    for key in ("gap", "hit_at_one", "perr"):
        assert by_file.json[key] == pytest.approx(by_set.json[key], abs=1e-9)
    assert by_file.json["genres"] is None
    shard = next((made / "set").glob("validate*"))
    one = loquitur("eval", "label", shard, made / "good.csv", "--by", "vertical")
    assert one.code == 0, one
    assert "by genre: GAP and MAP of its labels, AP of the genre itself:" in one.out
    (made / "one.tfrecord").write_bytes(shard.read_bytes())
    alone = loquitur("eval", "label", made / "one.tfrecord", made / "good.csv")
    assert alone.code == 4  # nothing beside it says of which vocabulary
    assert "label" in alone.err


def test_names_and_numbers_need_a_vocabulary(loquitur: Any, made: Path) -> None:
    answer = loquitur("eval", "label", made / "truth.jsonl", made / "good.csv")
    assert answer.code == 4
    assert "no label in common" in answer.err
    assert "--vocabulary FILE" in answer.err
    vocabulary = made / "set" / "vocabulary.csv"
    answer = loquitur(
        "eval", "label", made / "truth.jsonl", made / "good.csv", "--vocabulary", vocabulary
    )
    assert answer.code == 0, answer


def test_predictions_of_another_version_are_refused(
    loquitur: Any, made: Path, tmp_path: Path
) -> None:
    np.savez(tmp_path / "wide.npz", scores=np.zeros((20, 31), np.float32))
    answer = loquitur("label", "eval", tmp_path / "wide.npz", "--data", made / "set")
    assert answer.code == 4
    assert "[20, 31], expected [videos, 30]" in answer.err
    (tmp_path / "p.csv").write_text("video,labels\nx,30 0.5\n")
    answer = loquitur("label", "eval", tmp_path / "p.csv", "--data", made / "set")
    assert answer.code == 4
    assert "label 30, the vocabulary has 30" in answer.err
    other = tmp_path / "names.txt"
    other.write_text("\n".join(f"n{at}" for at in range(30)))
    answer = loquitur(
        "label", "eval", made / "good.csv", "--data", made / "set", "--vocabulary", other
    )
    assert answer.code == 4
    assert "another vocabulary" in answer.err


def test_what_is_missing_is_said(loquitur: Any, made: Path, tmp_path: Path) -> None:
    for arguments, said in (
        ([made / "good.csv"], "--data DATASET, or --truth FILE"),
        ([made / "good.csv", "--data", made / "set", "--truth", "t"], "both say what holds"),
        ([made / "good.csv", made / "good.npz", "--data", made / "set"], "two inputs are called"),
        ([made / "set", "--data", made / "set"], "model"),
        ([made / "good.csv", "--truth", made / "truth.jsonl", "--baselines"], "fitted on a data"),
        ([made / "good.csv", "--data", tmp_path / "absent"], "no such folder"),
        ([tmp_path / "absent.csv", "--data", made / "set"], "No such file"),
        ([made / "good.csv", "--data", made / "set", "-o", made / "good.csv"], "is a file"),
        ([tmp_path / "run"], "run: No such file or folder"),
        ([tmp_path / "run", "--segments", "--baselines"], "no --baselines"),
    ):
        answer = loquitur("label", "eval", *arguments)
        assert answer.code in (2, 4), (arguments, answer)
        assert said in answer.err, answer
        assert answer.out == ""


def test_damaged_shards_are_refused_or_told(loquitur: Any, made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "set", tmp_path / "set")
    (shard,) = (tmp_path / "set").glob("validate*")
    data = bytearray(shard.read_bytes()[:-10])
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    answer = loquitur("label", "eval", made / "good.csv", "--data", tmp_path / "set")
    assert answer.code == 4
    assert shard.name in answer.err
    answer = loquitur(
        "label", "eval", made / "good.csv", "--data", tmp_path / "set", "--keep-going", "--json"
    )
    assert answer.code == 0, answer
    assert answer.json["results"][0]["videos"] == 18
    told = f"2 damaged places left out, the first in '{shard.name}', from there on: "
    assert answer.json["notices"][0].startswith(told)


def test_what_strangers_wrote_steers_nothing(loquitur: Any, tmp_path: Path) -> None:
    name = "<script>x</script>\x1b[31m"
    (tmp_path / "t.jsonl").write_text(
        json.dumps({"video": "a\x1b[1m", "labels": [name]}) + '\n{"video": "b", "labels": ["c"]}\n'
    )
    (tmp_path / "p.jsonl").write_text(
        json.dumps({"video": "a\x1b[1m", "labels": [{"label": name, "score": 0.5}]})
        + json.dumps({"video": "\x1b[2m", "labels": []}).join("\n\n")
    )
    answer = loquitur(
        "label", "eval", "p.jsonl", "--truth", "t.jsonl", "--by", "label", "-o", "out"
    )
    assert answer.code == 0, answer
    assert "\x1b" not in answer.out + answer.err
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
    assert "\x1b" not in page


def test_the_first_half_of_a_file_is_measured_and_the_rest_told(
    loquitur: Any, made: Path, tmp_path: Path
) -> None:
    lines = (made / "good.csv").read_text().splitlines(keepends=True)
    (tmp_path / "half.csv").write_text("".join(lines[:11]) + "stranger,3 0.5\n")
    answer = loquitur("label", "eval", tmp_path / "half.csv", "--data", made / "set", "--json")
    assert answer.code == 0, answer
    told = " ".join(answer.json["notices"])
    assert "says nothing of 10 of 20 videos" in told
    assert "1 video that" in told
    assert answer.json["results"][0]["hit_at_one"] <= 0.5
