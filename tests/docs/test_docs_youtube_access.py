"""docs/youtube-access.md says of buckets, errors and options what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loquitur.cli.youtube_access import auth, quota
from loquitur.emulator import Emulator
from loquitur.youtube import complaints, costs
from loquitur.youtube.complaints import ComplaintError

PAGE = (Path(__file__).parents[2] / "docs" / "youtube-access.md").read_text(encoding="utf-8")


def rows(heading):
    for line in PAGE.split(f"## {heading}")[1].split("\n## ")[0].splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_buckets():
    said = {row[0].strip("`"): int(row[1].replace(",", "")) for row in rows("Quota: four")}
    assert said == {name: bucket.limit for name, bucket in costs.BUCKETS.items()}
    shared = next(row[2] for row in rows("Quota: four") if row[0] == "`shared`")
    priced = re.findall(r"`([\w.]+)` (\d+)", shared)
    assert len(priced) == 5
    assert all(costs.cost(name).units == int(units) for name, units in priced)


def test_every_error_with_its_code_and_exit():
    said = {row[0].strip("`"): (row[1].strip("`"), int(row[2])) for row in rows("Errors")}
    classes = {
        name: (item.default_code, item.exit_code)
        for name, item in vars(complaints).items()
        if isinstance(item, type)
        and issubclass(item, ComplaintError)
        and item is not ComplaintError
    }
    assert said == classes


@pytest.mark.parametrize("command", [auth, quota])
def test_every_option_that_is_named_exists(command):
    known = {text for item in command.params for text in item.opts}
    told = re.findall(rf"{command.name} ((?:--[a-z-]+ ?)+)", PAGE)
    named = {option for line in told for option in line.split()}
    assert named
    assert named <= known


def test_the_python_example_runs(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("LOQUITUR_YOUTUBE_API_KEY", "LOQUITUR_YOUTUBE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    code = PAGE.split("```python\n")[1].split("```")[0]
    with Emulator(seed=1) as emulator:
        monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", emulator.endpoint)
        exec(compile(code, "youtube-access.md", "exec"), {})
    assert "days=3" in capsys.readouterr().out
