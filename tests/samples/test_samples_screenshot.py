"""The README's picture of a terminal shows what a command really printed."""

import subprocess
import sys
import xml.dom.minidom
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "samples" / "make_screenshot.py"


def draw(tmp_path, *commands):
    line = [sys.executable, str(SCRIPT), "picture.svg", "--rows", "3", *commands]
    return subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)


def shown(tmp_path):
    """The text of the picture, row by row."""
    document = xml.dom.minidom.parse(str(tmp_path / "picture.svg"))
    rows = {}
    for node in document.getElementsByTagName("text"):
        text = node.firstChild.data.replace("\u00a0", " ") if node.firstChild else ""
        rows.setdefault(node.getAttribute("y"), []).append(text)
    return ["".join(parts).rstrip() for parts in rows.values()]


def test_output_colours_and_bars_are_shown_in_their_last_state(tmp_path):
    done = draw(tmp_path, r"printf '10%%\r100%%\n\033[31mred <b>\033[0m\n'; pwd", "seq 5")
    assert done.returncode == 0, done.stderr
    rows = shown(tmp_path)
    assert rows[0] == "loquitur"
    assert rows[2:5] == ["100%", "red <b>", "."]
    assert rows[-4:] == ["$ seq 5", "1", "2", "... 3 more lines"]
    assert "http" not in (tmp_path / "picture.svg").read_text("utf-8").replace(
        "http://www.w3.org/2000/svg", ""
    )


def test_a_command_that_fails_draws_nothing(tmp_path):
    done = draw(tmp_path, "echo broken; exit 3")
    assert done.returncode != 0
    assert "ended with 3" in done.stderr
    assert "broken" in done.stderr
    assert not (tmp_path / "picture.svg").exists()
