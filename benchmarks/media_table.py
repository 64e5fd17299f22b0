"""What comes of real and odd media files: words, or the one line that says why not.

    python benchmarks/media_table.py [FOLDER]

Runs every file of a folder (the shared test media by default, those that no one would take for
media too) through the whole pipeline with the offline profile and a fresh store, and prints a row
for each: its duration and words with what the reader is told, or the error. Fails where a file
gives anything but a result or an input error of one line.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from pathlib import Path

from loquitur.api import run_many, wish_of
from loquitur.errors import InputError
from loquitur.settings import resolve
from loquitur.text import display
from loquitur.timing import clock

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "media"
TEXTS = frozenset({".md", ".txt"})


def main() -> int:
    top = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    if not top.is_dir():
        print(f"not measured: {top} is not here")
        return 0
    files = sorted(p for p in top.rglob("*") if p.is_file() and p.suffix not in TEXTS)
    began = time.monotonic()
    failed = done = 0
    with tempfile.TemporaryDirectory() as folder:
        settings = dataclasses.replace(
            resolve().settings, store=Path(folder), profile="offline", offline=True
        )
        for result in run_many(map(str, files), wish_of(settings), settings, notify=print):
            name = Path(result.input).relative_to(top)
            if result.error is None:
                done += 1
            elif not isinstance(result.error, InputError) or "\n" in result.error.message:
                failed += 1
            print(f"{name!s:46} {said(result, top)}", flush=True)
    seconds = time.monotonic() - began
    print(
        f"{done} of {len(files)} files gave a transcript, {failed} a wrong answer, {seconds:.0f} s"
    )
    return 1 if failed else 0


def said(result, top: Path) -> str:
    """The cell of one file."""
    if result.error is not None:
        line = result.error.message.replace(f"{top}/", "")
        return f"exit {result.error.exit_code}: {display(line)}"
    transcript = result.transcript
    words = sum(len(utterance.words) for utterance in transcript.utterances)
    notes = "".join(f" [{note}]" for note in transcript.notes)
    return f"ok: {clock(transcript.duration_ms)}, {words} words{notes}"


if __name__ == "__main__":
    sys.exit(main())
