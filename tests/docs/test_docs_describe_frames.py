"""docs/describe-frames.md: its commands run, its code runs, its options exist."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "describe-frames.md").read_text(encoding="utf-8")

sys.path.insert(0, str(ROOT / "tests" / "media"))


@pytest.mark.slow
def test_its_commands_and_its_code_run(tmp_path, monkeypatch):
    from films import write_film

    from loquitur.cli.main import _run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    path = write_film(tmp_path / "talk.mp4", 64 * 5, fps=5)
    commands = re.findall(r"^loquitur (.+?)(?:\s+#.*)?$", PAGE, re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        assert _run(shlex.split(command)) == 0, command
    assert (tmp_path / "sheet.jpg").read_bytes().startswith(b"\xff\xd8")
    assert (tmp_path / "sheets" / "talk.jpg").exists()
    assert len(list((tmp_path / "pictures").iterdir())) == 80
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {"path": path}
    exec(code, names)
    assert names["about"].frame_count == 320
    assert names["batch"].pixels.shape == (16, 224, 224, 3)


def test_its_options_and_rules_exist():
    from loquitur.cli.describe_frames import frames

    options = {name for option in frames.params for name in option.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= options
    by = next(option for option in frames.params if option.name == "by")
    assert set(by.type.choices) == set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
