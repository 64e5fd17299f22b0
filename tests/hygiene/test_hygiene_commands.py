"""What the README and the notices tell people to type must exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from loquitur.cli.main import VERBS, cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def targets():
    text = page("Makefile")
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))


def written(name, program):
    """Commands in code: fenced lines, and what stands between back quotes."""
    text = page(name)
    fences = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL))
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for code in [*fences.splitlines(), *inline]:
        line = code.removeprefix("$ ").strip()
        if line.startswith(program + " "):
            yield line.split("#")[0].strip()


def commands(program):
    return sorted({line for name in PAGES for line in written(name, program)})


def test_there_are_commands_to_check():
    assert len(list(written("README.md", "loquitur"))) >= 6
    assert {"make demo", "make test"} <= set(written("README.md", "make"))


@pytest.mark.parametrize("line", commands("make"))
def test_make_targets_exist(line):
    for word in line.split()[1:]:
        if "=" not in word and not word.startswith("-"):
            assert word in targets(), line


@pytest.mark.parametrize("line", commands("loquitur"))
def test_loquitur_commands_exist_with_their_options(line):
    words = shlex.split(line)[1:]
    if words[0].startswith("-"):
        known = {option for param in cli.params for option in (*param.opts, "--help", "-h")}
        assert words[0] in known
        return
    assert words[0] in VERBS, line
    command = cli.get_command(None, words[0])
    for word in words[1:]:
        if not isinstance(command, click.Group):
            break
        for name in word.split("|"):
            assert name in command.list_commands(None), line
        command = command.get_command(None, word.split("|")[0])
    known = {option for param in command.params for option in param.opts}
    used = {word for word in words if re.fullmatch(r"--[a-z-]+|-[a-z]", word)}
    assert used <= known, line


def test_commands_in_messages_exist():
    """Hints say what to type: each `loquitur VERB` in the source is a verb."""
    said = set()
    for path in (ROOT / "src").rglob("*.py"):
        said |= set(re.findall(r"[`\"(]loquitur ([a-z]+)(?: ([a-z]+))?", path.read_text()))
    assert len(said) >= 4
    for verb, inner in said:
        assert verb in VERBS, verb
        group = cli.get_command(None, verb)
        if isinstance(group, click.Group) and inner:
            assert inner in group.list_commands(None), (verb, inner)


def test_links_of_the_readme_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", page("README.md")):
        if target != "docs/figures.md" or (ROOT / target).exists():
            assert (ROOT / target).exists(), target


def test_what_ci_runs_is_what_the_readme_names():
    script = page(".ci/run")
    for target in re.findall(r"^make ([a-z-]+)", script, re.MULTILINE):
        assert target in targets()
    assert "make test " in script
