"""docs/library-answers.md says what is checked as it is checked, and its Python runs."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loquitur.library.answers import AnswerOptions, checking, personas, quotes
from loquitur.library.answers.writers import ATTEMPTS
from loquitur.library.shelf import open_library
from loquitur.model.library import Part, Passage, Volume
from loquitur.testing.answering_model import behaving, chooses
from loquitur.testing.language_model import model_server

SEEDS = Path(__file__).parents[3] / "shared" / "data" / "seeds"
LECTURES = ("equivariant_2bP_KuBrXSc.en.json", "siraj_t5qgjJIBy9g.en.srt")
PAGE = (Path(__file__).parents[2] / "docs" / "library-answers.md").read_text(encoding="utf-8")


def test_its_figures_are_those_of_the_code():
    options = AnswerOptions()
    assert f"({options.passages} at most)" in PAGE
    assert f"{options.question_ceiling.tokens:,} tokens" in PAGE
    assert f"likeness of {quotes.LIKENESS}" in PAGE
    shares = (checking.CASED, checking.CASELESS, checking.CJK)
    assert "{:.0f} % stand there ({:.0f} %".format(*(100 * one.anywhere for one in shares)) in PAGE
    assert f"; {100 * checking.CJK.anywhere:.0f} % of the pairs" in PAGE
    assert ", ".join(f"{100 * one.quoted:.0f}" for one in shares) in PAGE
    assert ATTEMPTS == 3
    assert "asked again twice" in PAGE


def test_every_persona_is_named():
    for name in personas.personas():
        assert f"`{name}`" in PAGE


def test_its_python_prints_what_it_says(settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOQUITUR_LIBRARIES", str(tmp_path / "libraries"))
    monkeypatch.setenv("LOQUITUR_EMBEDDING", "none")
    with open_library("algebra") as library:
        said = Passage(
            media_id="file:talk", part="speech:en", number=0, start_ms=0, end_ms=9000,
            text="So we see that the identity of a group is unique. Now to inverses.",
            language="en",
        )  # fmt: skip
        library.put(Volume(media_id="file:talk", title="Groups"), Part(language="en"), [said])
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    wanted = re.findall(r"^# > (.*)$", code, re.MULTILINE)
    assert wanted
    exec(compile(code, "docs/library-answers.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == wanted


def typed(questions, arguments, environment):
    """What a terminal shows of a conversation, without its styles and links."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "loquitur", *arguments], environment)
    shown = b""

    def read(until, seconds=60):
        nonlocal shown
        last = time.monotonic() + seconds
        while time.monotonic() < last and not shown.endswith(until):
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # it has ended
                return
            if not piece:
                return
            shown += piece

    read(b"? ")
    for one in questions:
        os.write(terminal, f"{one}\n".encode())
        read(f"{one}\r\n".encode())
        read(b"\n? ")
    os.write(terminal, b"\x04")
    read(b"never", 20)
    os.waitpid(pid, 0)
    plain = re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\|\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    return plain.replace("\r", "")


def lines(text):
    """Lines without the counts of tokens, which change with the prompt's wording."""
    plain = re.sub(r"[\d,]+ tokens", "N tokens", text)
    return [one.rstrip() for one in plain.splitlines() if one.strip() not in ("", "?")]


@pytest.mark.slow
def test_its_conversation_is_what_a_terminal_shows(tmp_path):
    if not SEEDS.is_dir():
        pytest.skip("the seed lectures are not here")
    [block] = re.findall(r"```text\n(course: .*?)```", PAGE, re.DOTALL)
    environment = {key: one for key, one in os.environ.items() if "LOQUITUR" not in key}
    environment |= {
        "LOQUITUR_LIBRARIES": str(tmp_path / "libraries"),
        "LOQUITUR_STORE": str(tmp_path / "store"),
        "HOME": str(tmp_path),
        "TERM": "xterm",
        "COLUMNS": "100",
        "INPUTRC": "/dev/null",
    }
    files = [str(SEEDS / one) for one in LECTURES]
    adding = [sys.executable, "-m", "loquitur", "library", "add", *files, "--library", "course"]
    subprocess.run(adding, env=environment, check=True, capture_output=True)
    questions = re.findall(r"^\? (.+)$", block, re.MULTILINE)
    assert len(questions) == 6
    with model_server(behaving(chooses)) as server:
        arguments = ["ask", "--library", "course", "--llm", "openai-compatible:tiny"]
        arguments += ["--set", f"llm.base_url={server.openai_url}"]
        shown = typed(questions, arguments, environment)
    assert lines(shown) == lines(block)  # where an answer has changed for good: paste it
