"""The pages about labels and their prediction: commands are understood, files are as shown."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
from click import Context

from loquitur import stages
from loquitur.cli.main import cli
from loquitur.insight.labels.reading import holds_labels, read_labels
from loquitur.model.labels import Labels, LabelScore
from loquitur.model.speech import EngineStamp
from loquitur.vision.labels.evidence import WINDOWS
from loquitur.vision.labels.exporting import TOLERANCE
from loquitur.vision.labels.threshold_files import SCHEMA

DOCS = Path(__file__).resolve().parents[2] / "docs"
FRONT = (DOCS / "label.md").read_text()
PREDICT = (DOCS / "label-predict.md").read_text()


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def commands(page):
    lines = page.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("loquitur ")]


@pytest.mark.parametrize("command", commands(FRONT) + commands(PREDICT), ids=" ".join)
def test_its_commands_are_understood(command, tmp_path, monkeypatch):
    """Every option of every command exists; nothing is run."""
    monkeypatch.chdir(tmp_path)
    name, context = cli, None
    words = list(command)
    while hasattr(name, "get_command"):
        context = Context(name, parent=context, **name.context_settings)
        name = name.get_command(context, words.pop(0))
    assert name.make_context(name.name, words, parent=context).params


def test_its_table_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("films").mkdir()
    clip = {
        "clip": "train-0", "source": "videos/a.mp4", "split": "validation",
        "captions": [{"text": "a red circle moves left"}],
    }  # fmt: skip
    Path("films/clips.jsonl").write_text(json.dumps(clip) + "\n")
    exec(compile(blocks(FRONT, "python")[0], "table.py", "exec"), {})  # the page's own text
    (row,) = csv.DictReader(Path("videos.csv").read_text().splitlines())
    assert row == {
        "video": "films/videos/a.mp4", "video_id": "train-0", "labels": "red|circle",
        "part": "validate",
    }  # fmt: skip


def test_its_file_is_read(tmp_path):
    path = tmp_path / "talk.labels.json"
    path.write_text(blocks(PREDICT, "json")[0])
    assert holds_labels(path)
    found = read_labels(path)
    assert (found.labels[0].label, found.labels[0].moments[0].start_ms) == ("Boat", 24_000)


def test_its_numbers_are_those_of_the_code():
    assert f"cut into {WINDOWS} spans" in PREDICT
    assert f"agree to {TOLERANCE:.4f}" in PREDICT
    assert stages.load("match").options().count == 48
    for name in re.findall(
        r"`(\w+)`", PREDICT[PREDICT.index("| stream") : PREDICT.index("A video")]
    ):
        assert name in stages.STAGES or name in ("rgb", "audio", "words"), name


def test_its_thresholds_are_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scores = {"Boat": 0.9, "Sea": 0.2, "Cave": 0.4}
    told = tuple(
        LabelScore(label=name, score=score, index=at)
        for at, (name, score) in enumerate(scores.items())
    )
    labels = [
        {"index": at, "label": name, "threshold": least}
        for at, (name, least) in enumerate({"Boat": 0.8, "Sea": 0.1, "Cave": 0.5}.items())
    ]
    Path("thresholds.json").write_text(json.dumps({"schema": SCHEMA, "labels": labels}))
    stamp = EngineStamp(name="labeller", version="1")
    found = SimpleNamespace(
        labels=Labels(media_id="sha256:0", source=stamp, streams=("rgb",), labels=told)
    )
    (code,) = blocks(PREDICT, "python")
    exec(compile(code, "page.py", "exec"), {"found": found})  # the page's own text
    assert capsys.readouterr().out == "['Boat', 'Sea']\n"
