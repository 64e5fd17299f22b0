"""The pages about generated label data and label data of one's own: what they show works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from loquitur import registry
from loquitur.cli.main import cli
from loquitur.vision.labels.own.videos import read_videos

DOCS = Path(__file__).resolve().parents[2] / "docs"
SAMPLE = (DOCS / "label-sample.md").read_text()
OWN = (DOCS / "label-features.md").read_text()


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def commands(page):
    text = blocks(page, "")[0].replace("\\\n", " ")
    return [shlex.split(line, comments=True)[1:] for line in text.splitlines() if line.strip()]


def test_every_encoder_of_sound_has_a_row():
    for spec in registry.specs("audio"):
        assert f"| `{spec.name}" in OWN, spec.name
        assert all(model.name in OWN for model in spec.models[:3]), spec.name


def test_its_table_is_read(tmp_path):
    (text,) = blocks(OWN, "csv")
    (tmp_path / "videos.csv").write_text(text)
    first, second = read_videos(tmp_path / "videos.csv")
    assert first.labels == ("Boat", "Sea")
    assert (second.part, second.video_id) == ("", "dQw4w9WgXcQ")


@pytest.mark.parametrize("command", commands(SAMPLE) + commands(OWN), ids=" ".join)
def test_its_commands_are_understood(command, tmp_path, monkeypatch):
    """Every option of every command exists; nothing is run."""
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text("video\n")
    name = cli
    context = None
    from click import Context

    words = list(command)
    while hasattr(name, "get_command"):
        context = Context(name, parent=context, **name.context_settings)
        name = name.get_command(context, words.pop(0))
    context = name.make_context(name.name, words, parent=context, resilient_parsing=False)
    assert context.params


def test_its_small_sample_is_drawn(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = next(one for one in commands(SAMPLE) if "small" in one)
    ran = CliRunner().invoke(cli, [*small, "--jobs", "1"])
    assert ran.exit_code == 0, ran.output
    assert len(list((tmp_path / "small").glob("train*.tfrecord"))) == 4


def test_its_python_runs(tmp_path, monkeypatch, shared, capsys):
    (code,) = blocks(SAMPLE, "python")
    exec(code, {})
    assert "t00000" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    clip = shared / "media" / "video" / "testsrc2.mp4"
    Path("talk.mp4").symlink_to(clip)
    Path("videos.csv").write_text(f"video,labels,part\n{clip},Test,train\n")
    given = ["label", "features", "videos.csv", "-o", "data", "--transcript", "none"]
    ran = CliRunner().invoke(cli, given)
    assert ran.exit_code == 0, ran.output
    (code,) = blocks(OWN, "python")
    known = {}
    exec(code, known)
    assert known["examples"].streams["rgb"].rows.shape[1] == 896
