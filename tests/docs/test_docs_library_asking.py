"""docs/library-asking.md names every option there is, its threshold is ours, its examples hold."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import loquitur as lq
from loquitur.cli.ask import ask
from loquitur.cli.ask_conversation import HELP
from loquitur.cli.main import _run
from loquitur.library.excerpts.judging import calibration
from loquitur.library.saving import SCHEMA, SUFFIXES
from loquitur.model.library import Part, Passage, Volume

PAGE = (Path(__file__).parents[2] / "docs" / "library-asking.md").read_text(encoding="utf-8")
EVERYWHERE = {"--store", "--config", "--verbose", "--quiet", "--no-color", "-v", "-q"}


def test_every_option_is_named():
    options = {name for one in ask.params for name in one.opts if name.startswith("-")}
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", PAGE))
    assert options - EVERYWHERE <= named


def test_every_command_of_a_conversation_is_named():
    for command in re.findall(r"^/\w+", HELP, re.MULTILINE):
        assert f"`{command}" in PAGE


def test_the_threshold_and_the_files_are_ours():
    assert f"threshold {calibration().refuse_below}" in PAGE
    assert SCHEMA in PAGE
    assert all(f"`{suffix}`" in PAGE for suffix in SUFFIXES)


def fill(library, text, *, start_ms):
    """One passage, a word every 400 ms."""
    found = [match.start() for match in re.finditer(r"\S+", text)]
    times = [start_ms + 400 * at for at in range(len(found))]
    said = Passage(
        media_id="youtube:abcdefghijk", part="speech:en", number=0, start_ms=start_ms,
        end_ms=times[-1] + 400, text=text, language="en", speaker="Ada",
        sentences=(0, *(match.end() for match in re.finditer(r"\. ", text))),
        offsets=tuple(found), times_ms=tuple(times),
    )  # fmt: skip
    volume = Volume(
        media_id=said.media_id, title="Symmetry, lecture 3", origin="https://youtu.be/abcdefghijk"
    )
    library.put(volume, Part(language="en"), [said])


def test_the_command_prints_what_the_page_shows(settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOQUITUR_LIBRARIES", str(tmp_path / "libraries"))
    monkeypatch.chdir(tmp_path)
    command, shown = re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
    with lq.library.open("course") as library:
        first = "Every element of a group has an inverse."
        letter = "Évariste Galois wrote his last letter in 1832."
        last = "He was 20 years old then."
        start_ms = 724_000 - 400 * len(first.split())
        fill(library, f"{first} {letter} {last}", start_ms=start_ms)
    assert _run(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out == shown


def test_the_python_answers_and_refuses_as_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    told = {}
    exec(compile(code, "library-asking.md", "exec"), told)  # it asserts what is answered
    [name] = re.findall(r'# looked for together with "(.*)"', code)
    first, second = told["talk"].replies
    assert (first.answer, first.searched) == (told["reply"].answer, "")
    assert second.searched == f"{second.question} ({name})"
