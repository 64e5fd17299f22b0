"""Reading and writing 100,000 cues: CPU seconds and memory, with peers in the same run.

    python benchmarks/caption_speed.py [--cues 100000] [--long 1000000]

Each measurement is a process of its own, so that peaks do not add up: two lines a cue, some with a
voice and italics. Peers are taken where they are installed. The bars: WebVTT read in 1.5 s, SubRip
in 1.1 s, either written in 0.7 s, 130 MB at most; ten times the cues take ten times the seconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import peak_mb

LINE = "the quick brown fox jumps over the lazy"


def clock(ms: int, decimal: str) -> str:
    seconds, millis = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{decimal}{millis:03d}"


def make(path: Path, cues: int) -> None:
    """A file of two-line cues; every tenth has tags."""
    vtt = path.suffix == ".vtt"
    decimal = "." if vtt else ","
    with path.open("w") as file:
        file.write("WEBVTT\n\n" if vtt else "")
        for n in range(cues):
            text = (
                f"{LINE} {n}\nand <i>the second</i> line of it"
                if n % 10 == 0
                else (f"{LINE} {n}\nand the second line of it too")
            )
            head = "" if vtt else f"{n + 1}\n"
            times = f"{clock(n * 2000, decimal)} --> {clock(n * 2000 + 1900, decimal)}"
            file.write(f"{head}{times}\n{text}\n\n")


def measure(name: str, path: Path) -> None:
    """Read and write one file in this process; prints a line of JSON."""
    target = path.with_suffix(f".out{path.suffix}")
    if name == "loquitur":
        from loquitur import captions, formats

        formats.read(formats.Document(data=b"WEBVTT\n"), form="vtt")  # imports are not counted
        begun = time.process_time()
        track = captions.read(path)
        read = time.process_time()
        captions.write(track, target)
        count = len(track.cues)
    elif name == "webvtt-py":
        import webvtt

        begun = time.process_time()
        found = webvtt.from_srt(str(path)) if path.suffix == ".srt" else webvtt.read(str(path))
        read = time.process_time()
        found.save_as_srt(str(target)) if path.suffix == ".srt" else found.save(str(target))
        count = len(found)
    elif name == "pysubs2":
        import pysubs2

        begun = time.process_time()
        found = pysubs2.load(str(path))
        read = time.process_time()
        found.save(str(target))
        count = len(found)
    else:
        import srt

        begun = time.process_time()
        found = list(srt.parse(path.read_text()))
        read = time.process_time()
        target.write_text(srt.compose(found))
        count = len(found)
    done = time.process_time()
    print(json.dumps([count, read - begun, done - read, peak_mb()]))


def run(name: str, path: Path) -> list[float] | None:
    command = [sys.executable, __file__, "--measure", name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cues", type=int, default=100_000)
    parser.add_argument("--long", type=int, default=1_000_000)
    parser.add_argument("--measure", nargs=2, metavar=("NAME", "FILE"))
    told = parser.parse_args()
    if told.measure:
        measure(told.measure[0], Path(told.measure[1]))
        return
    print(f"{'':24}{'cues':>10}{'read s':>9}{'write s':>9}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for suffix, peers in (
            (".vtt", ["webvtt-py", "pysubs2"]),
            (".srt", ["srt", "pysubs2", "webvtt-py"]),
        ):
            path = Path(folder) / f"many{suffix}"
            make(path, told.cues)
            for name in ("loquitur", *peers):
                row = run(name, path)
                shown = "      (not installed)" if row is None else _cells(row)
                print(f"{name + ' ' + suffix:24}{shown}")
            make(path, told.long)
            row = run("loquitur", path)
            if row is not None:
                print(f"{'loquitur ' + suffix:24}{_cells(row)}")


def _cells(row: list[float]) -> str:
    return f"{row[0]:>10}{row[1]:>9.2f}{row[2]:>9.2f}{row[3]:>9.0f}"


if __name__ == "__main__":
    main()
