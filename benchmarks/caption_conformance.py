"""Conformance tables of the caption formats: WebVTT, messy SubRip, TTML, encodings, with peers.

    python benchmarks/caption_conformance.py [--data ../shared/data/subtitles]

Peers are held to the same cases where they are installed (webvtt-py, pysubs2, srt, pycaption,
ttconv); a missing one is a dash. WebVTT cues are compared by count, start, end and, where the peer
keeps them, id and text. The data are not part of the project; without them nothing is shown.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "formats"))

from formats_trees import dumped, seen

from loquitur import formats
from loquitur.errors import LoquiturError
from loquitur.formats import Document
from loquitur.markup import webvtt

Cue = tuple[float, float, str]


def webvtt_py(path: Path) -> list[Cue]:
    module = importlib.import_module("webvtt")
    reader = module.from_srt if path.suffix == ".srt" else module.read
    return [(c.start_in_seconds, c.end_in_seconds, c.raw_text) for c in reader(str(path))]


def pysubs2(path: Path) -> list[Cue]:
    module = importlib.import_module("pysubs2")
    lines = module.load(str(path), format_=path.suffix[1:])
    return [(e.start / 1000, e.end / 1000, e.plaintext) for e in lines]


def srt(path: Path) -> list[Cue]:
    module = importlib.import_module("srt")
    if path.suffix != ".srt":
        raise LookupError
    text = path.read_text("utf-8-sig")
    items = module.parse(text, ignore_errors=True)
    return [(i.start.total_seconds(), i.end.total_seconds(), i.content) for i in items]


def pycaption(path: Path) -> list[Cue]:
    module = importlib.import_module("pycaption")
    reader = {".vtt": "WebVTTReader", ".srt": "SRTReader", ".ttml": "DFXPReader"}[path.suffix]
    captions = getattr(module, reader)().read(path.read_text("utf-8-sig"))
    return [
        (c.start / 1e6, c.end / 1e6, c.get_text())
        for language in captions.get_languages()
        for c in captions.get_captions(language)
    ]


def ttconv(path: Path) -> list[Cue]:
    if path.suffix == ".srt":
        raise LookupError
    module = importlib.import_module(
        {".vtt": "ttconv.vtt.reader", ".ttml": "ttconv.imsc.reader"}[path.suffix]
    )
    if path.suffix == ".ttml":
        from xml.etree import ElementTree

        model = module.to_model(ElementTree.parse(path))
    else:
        model = module.to_model(io.StringIO(path.read_text("utf-8-sig")))
    body = model.get_body()
    found = [] if body is None else [p for p in body.dfs_iterator() if type(p).__name__ == "P"]
    return [(float(p.get_begin() or 0), float(p.get_end() or 0), "") for p in found]


def loquitur(path: Path) -> list[Cue]:
    track = formats.read(path)
    return [(c.start_ms / 1000, c.end_ms / 1000, c.payload) for c in track.cues]


READERS: dict[str, Callable[[Path], list[Cue]]] = {
    "loquitur": loquitur, "webvtt-py": webvtt_py, "pysubs2": pysubs2, "srt": srt,
    "pycaption": pycaption, "ttconv": ttconv,
}  # fmt: skip
MODULES = {"webvtt-py": "webvtt"}


def installed() -> Iterator[str]:
    for name in READERS:
        try:
            importlib.import_module(MODULES.get(name, name))
        except ImportError:
            print(f"({name} is not installed)")
        else:
            yield name


def attempt(name: str, path: Path) -> list[Cue] | None:
    """The cues that a reader finds; None where it refuses the file, in whatever way."""
    try:
        return READERS[name](path)
    except LookupError:
        return None
    except Exception:  # noqa: BLE001 - a peer may fail in any way; that is what is counted
        return None


def file_cases(data: Path, name: str) -> tuple[int, int]:
    cases = json.loads((data / "webvtt-wpt/file-parsing.expected.json").read_text())["files"]
    right = 0
    for case, expected in cases.items():
        cues = attempt(name, data / "webvtt-wpt/file-parsing" / f"{case}.vtt")
        if not expected["loads"]:
            right += cues is None
            continue
        if cues is None or len(cues) != expected["cue_count"]:
            continue
        asked = zip(cues, expected.get("cues", []), strict=False)
        right += all(
            abs(cue[0] - wanted.get("startTime", cue[0])) < 0.0005
            and (name == "ttconv" or abs(cue[1] - wanted.get("endTime", cue[1])) < 0.0005)
            for cue, wanted in asked
        )
    return right, len(cases)


def whole_file_cases(data: Path) -> tuple[int, int]:
    """Every field that the suite asserts, settings and regions among them: ours alone has them."""
    cases = json.loads((data / "webvtt-wpt/file-parsing.expected.json").read_text())["files"]
    right = 0
    for case, expected in cases.items():
        try:
            track = formats.read(data / "webvtt-wpt/file-parsing" / f"{case}.vtt")
        except LoquiturError:
            right += not expected["loads"]
            continue
        cues = [seen(track, cue) for cue in track.cues]
        good = expected["loads"] and len(cues) == expected["cue_count"]
        for cue, wanted in zip(cues, expected.get("cues", []), strict=False):
            for key, value in wanted.items():
                found = cue[key]
                if isinstance(found, dict) and isinstance(value, dict):
                    found = {part: found[part] for part in value}
                good = good and found == value
        right += good
    return right, len(cases)


def tree_cases(data: Path) -> tuple[int, int]:
    suites = json.loads((data / "webvtt-wpt/cue-text.expected.json").read_text())["suites"]
    cases = [case for suite in suites.values() for case in suite]
    right = sum(
        "\n".join(dumped(webvtt.parse(case["input"].replace("\0", "\ufffd"))))
        == "\n".join(case["tree"])
        for case in cases
    )
    return right, len(cases)


def vttjs_cases(data: Path) -> tuple[int, int, list[str]]:
    cases = json.loads((data / "webvtt-vttjs.expected.json").read_text())
    right, differing = 0, []
    for case, expected in cases.items():
        try:
            track = formats.read(data / "webvtt-vttjs" / f"{case}.vtt")
            cues = [seen(track, cue) for cue in track.cues]
        except LoquiturError:
            cues = []
        same = len(cues) == expected["cue_count"] and all(
            cue[key] == value
            for cue, wanted in zip(cues, expected["cues"], strict=True)
            for key, value in wanted.items()
        )
        right += same
        if not same:
            why = expected.get("why") or "/".join(expected.get("differs_from_standard", ["?"]))
            differing.append(f"{case}: {why}")
    return right, len(cases), differing


def round_trips(data: Path) -> tuple[int, int]:
    right = count = 0
    for path in sorted(data.rglob("*.vtt")):
        try:
            track = formats.read(path)
        except LoquiturError:
            continue
        count += 1
        text = formats.write_track("vtt", track).text
        again = formats.read(Document.of_text(text, language=track.language), form="vtt")
        right += again == track
    return right, count


def messy_cases(data: Path, name: str) -> tuple[int, int]:
    cases = json.loads((data / "srt-messy.json").read_text())["cases"]
    right = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            path = Path(folder) / f"{number}.srt"
            path.write_bytes(case["input"].encode())
            cues = attempt(name, path)
            if name == "loquitur" and cues is not None:
                cues = [
                    (c.start_ms / 1000, c.end_ms / 1000, c.text) for c in formats.read(path).cues
                ]
            got = (
                None
                if cues is None
                else [[round(s * 1000), round(e * 1000), t] for s, e, t in cues]
            )
            right += got == case["cues"]
    return right, len(cases)


def ttml_cases(data: Path, name: str) -> tuple[int, int]:
    paths = sorted((data / "imsc").glob("*.ttml"))
    return sum(attempt(name, path) is not None for path in paths), len(paths)


def encoding_cases(data: Path, *, hinted: bool, cues: int) -> tuple[int, int]:
    cases = json.loads((data / "encodings.json").read_text())["cases"]
    cases = [case for case in cases if case["cues"] == cues]
    right = 0
    for case in cases:
        document = Document(
            data=base64.b64decode(case["base64"]), language=case["lang"] if hinted else ""
        )
        track = formats.read(document, form="srt")
        right += {cue.text for cue in track.cues} == {case["line"]}
    return right, len(cases)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/subtitles"))
    data = parser.parse_args().data
    if not data.is_dir():
        print(f"no suites at {data}")
        return
    names = list(installed())
    rows: list[tuple[str, Callable[[Path, str], tuple[int, int]]]] = [
        ("WebVTT files, count and times", file_cases),
        ("messy SubRip", messy_cases),
    ]
    if "ttml" in formats.readable():
        rows.append(("TTML loads", ttml_cases))
    print(f"{'':36}" + "".join(f"{name:>11}" for name in names))
    for title, measure in rows:
        cells = [measure(data, name) for name in names]
        print(f"{title:36}" + "".join(f"{f'{right}/{count}':>11}" for right, count in cells))
    print("ours alone:")
    for title, (right, count) in {
        "WebVTT files, every asserted field": whole_file_cases(data),
        "cue-text trees": tree_cases(data),
        "written and read again, every .vtt": round_trips(data),
        "encodings, 20 cues, language told": encoding_cases(data, hinted=True, cues=20),
        "encodings, 20 cues, nothing told": encoding_cases(data, hinted=False, cues=20),
        "encodings, 1 cue, nothing told": encoding_cases(data, hinted=False, cues=1),
    }.items():
        print(f"  {title:40}{right}/{count}")
    right, count, differing = vttjs_cases(data)
    print(f"  {'vtt.js fixtures, every field':40}{right}/{count}; by the standard otherwise:")
    for line in differing:
        print(f"    {line}")


if __name__ == "__main__":
    main()
