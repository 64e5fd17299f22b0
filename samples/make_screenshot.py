"""Runs commands and draws what they really print as an SVG picture of a terminal, for the README.

    .venv/bin/python samples/make_screenshot.py docs/demo.svg [--rows 24] [--columns 100] COMMAND...

Each COMMAND is one shell line, run from the current folder with this environment's programs first
on the path. A line that changes often (a progress bar) is shown in its last state. The project's
folder and the home folder are written as `.` and `~`. A command that fails stops the drawing.
"""

from __future__ import annotations

import argparse
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

# As rich's own, without its fonts from a foreign server: the picture is whole by itself.
_SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    """Run the commands given and write the picture."""
    parser = argparse.ArgumentParser(description="Draw what commands print as an SVG terminal.")
    parser.add_argument("picture", type=Path)
    parser.add_argument("commands", nargs="+", metavar="COMMAND")
    parser.add_argument("--title", default="loquitur")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=24, help="most lines shown of one command")
    options = parser.parse_args()
    shown = [
        (command, cropped(run(command, options.columns), options.rows))
        for command in options.commands
    ]
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    picture = draw(shown, columns=options.columns, title=options.title)
    options.picture.write_text(picture, encoding="utf-8")
    print(f"{options.picture}: {len(picture.encode())} bytes")


def run(command: str, columns: int) -> list[str]:
    """Give the lines a shell command prints, both streams in their order."""
    programs = shlex.quote(str(Path(sys.executable).parent))
    line = f"PATH={programs}:$PATH; COLUMNS={columns}; export PATH COLUMNS\n{command}"
    done = subprocess.run(
        ("sh", "-c", line),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    text = done.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
    if done.returncode:
        raise SystemExit(f"`{command}` ended with {done.returncode}:\n{text}")
    for folder, short in ((Path.cwd(), "."), (Path.home(), "~")):
        if folder != Path(folder.anchor):
            text = text.replace(str(folder), short)
    return [re.split("\r", row.rstrip("\r"))[-1] for row in text.rstrip().split("\n")]


def cropped(rows: list[str], most: int) -> list[str]:
    """Give at most so many rows; what is left out is said."""
    if len(rows) <= most:
        return rows
    return [*rows[: most - 1], f"... {len(rows) - most + 1} more lines"]


def draw(shown: list[tuple[str, list[str]]], *, columns: int, title: str) -> str:
    """Give the SVG of commands with their rows; colour codes in the rows are kept."""
    from rich.console import Console
    from rich.text import Text

    nowhere = io.StringIO()
    console = Console(record=True, width=columns, file=nowhere, force_terminal=True)
    for index, (command, rows) in enumerate(shown):
        if index:
            console.print()
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        for row in rows:
            console.print(Text.from_ansi(row))
    return console.export_svg(title=title, code_format=_SVG, unique_id="terminal")


if __name__ == "__main__":
    main()
