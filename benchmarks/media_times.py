"""Where known clicks are found after decoding, container by container.

    python benchmarks/media_times.py

Prints a table of the largest error in milliseconds against the clock of the pictures (against the
first sample where there are none), and the same for a section that is reached by seeking. Fails
above 20 ms. Raw AAC does not tell of its priming: its 23 ms are in every player, and allowed for.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "media"))

import av
import numpy as np
from clips import CLICKS_MS, Sound, find_clicks, write_clip

from loquitur.media.audio import decode
from loquitur.timing import Span

LIMIT_MS = 20
GAPS_MS = ((1000, 1700), (2500, 2950))
CASES = [  # suffix, muxer, codec, pictures, whether it has a time for every packet
    ("mp4", "mp4", "aac", "mpeg4", True),
    ("mp4", "mp4", "libmp3lame", "mpeg4", True),
    ("mov", "mov", "pcm_s16le", "mpeg4", False),
    ("mkv", "matroska", "aac", "mpeg4", True),
    ("mkv", "matroska", "flac", "mpeg4", True),
    ("webm", "webm", "libopus", "libvpx", True),
    ("ts", "mpegts", "aac", "mpeg4", True),
    ("ts", "mpegts", "mp2", "mpeg4", True),
    ("mpg", "mpeg", "mp2", "mpeg1video", True),
    ("m4a", "ipod", "aac", None, False),
    ("mp3", "mp3", "libmp3lame", None, False),
    ("flac", "flac", "flac", None, False),
    ("ogg", "ogg", "libopus", None, False),
    ("wav", "wav", "pcm_s16le", None, False),
    ("aac", "adts", "aac", None, False),
]


def main() -> int:
    worst_ms = 0.0
    print(
        f"{'file':5} {'codec':11} {'late':>5} {'gaps':>5} {'offset':>7} {'worst':>7} {'section':>7}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for suffix, muxer, codec, video, timed in CASES:
            for late_ms in (0, 1500) if video else (0,):
                for gaps in ((), GAPS_MS) if timed else ((),):
                    path = Path(folder) / f"clip.{suffix}"
                    sound = Sound(codec=codec, late_ms=late_ms, gaps_ms=gaps)
                    write_clip(path, [sound], container=muxer, video=video)
                    offset_ms, whole_ms, section_ms = _errors(path, late_ms)
                    worst_ms = max(worst_ms, whole_ms, section_ms)
                    row = f"{suffix:5} {codec:11} {late_ms:5} {bool(gaps)!s:>5} {offset_ms:7}"
                    print(f"{row} {whole_ms:7.2f} {section_ms:7.2f}")
    print(f"worst: {worst_ms:.2f} ms")
    return 0 if worst_ms <= LIMIT_MS else 1


def _errors(path: Path, late_ms: int) -> tuple[int, float, float]:
    zero_ms = late_ms + _picture_ms(path) + (1024 / 44.1 if path.suffix == ".aac" else 0)
    offset_ms, found = _clicks(path, None)
    expected = [click + zero_ms for click in CLICKS_MS]
    whole_ms = _worst(found, expected)
    section = Span(start_ms=round(3000 + zero_ms), end_ms=round(4000 + zero_ms))
    _, found = _clicks(path, section)
    return offset_ms, whole_ms, _worst(found, expected[3:4])


def _worst(found: list[float], expected: list[float]) -> float:
    if len(found) != len(expected):
        return float("inf")
    return max(abs(a - b) for a, b in zip(found, expected, strict=True))


def _clicks(path: Path, section: Span | None) -> tuple[int, list[float]]:
    target = path.with_suffix(".pcm")
    decoded = decode(path, target, section=section, isolated=False)
    samples = np.fromfile(target, "<i2").astype(np.float32)
    return decoded.offset_ms, find_clicks(samples, decoded.offset_ms)


def _picture_ms(path: Path) -> float:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0) if container.streams.video else ():
            return (frame.time - (container.start_time or 0) / 1e6) * 1000
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
