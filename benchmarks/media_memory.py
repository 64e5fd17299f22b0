"""Ten hours of sound: decoded and read through, with the peak memory of every process involved.

    python benchmarks/media_memory.py [--hours 10] [--codec aac|libmp3lame|libopus|flac]

The file is made by repeating one encoded minute, which has a click at its start: the last hour's
clicks show whether times drift. Prints one line of JSON; fails above 300 MB.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from measuring import peak_mb, timed

LIMIT_MB = 300
CONTAINERS = {"aac": "m4a", "libmp3lame": "mp3", "libopus": "webm", "flac": "mkv"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=10)
    parser.add_argument("--codec", choices=sorted(CONTAINERS), default="aac")
    arguments = parser.parse_args()
    minutes = round(arguments.hours * 60)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"long.{CONTAINERS[arguments.codec]}"
        # In a process of its own, so that making the file does not count.
        context = multiprocessing.get_context("spawn")
        maker = context.Process(target=write_long, args=(path, arguments.codec, minutes))
        maker.start()
        maker.join()
        kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        before_mb = round(kilobytes / 1024, 1)
        figures = _measure(path, minutes)
        figures["codec"] = arguments.codec
        figures["file_mb"] = round(path.stat().st_size / 1e6)
        figures["maker_peak_mb"] = before_mb
    print(json.dumps(figures))
    return 0 if figures["peak_mb"] < LIMIT_MB and figures["worst_click_ms"] <= 20 else 1


def _measure(path: Path, minutes: int) -> dict[str, float]:
    import numpy as np

    from loquitur.media.audio import MappedSamples, decode
    from loquitur.model.media import Audio

    target = path.with_suffix(".pcm")
    peaks = _Peaks()
    decoded, took = timed(lambda: decode(path, target, progress=peaks))
    decode_s = took.wall_s
    audio = Audio(
        media_id="sha256:" + "0" * 64,
        samples="0" * 64,
        sample_count=decoded.sample_count,
        offset_ms=decoded.offset_ms,
        duration_ms=decoded.duration_ms,
        track_index=decoded.track_index,
    )
    started = time.perf_counter()
    samples = MappedSamples(target, audio)
    total, count = 0.0, 0
    for block in samples.blocks(30_000):
        total += float(np.square(block).sum())
        count += len(block)
    read_s = time.perf_counter() - started
    worst_ms = 0.0
    period_ms = 60_000
    for minute in range(1, minutes):
        start_ms = minute * period_ms - 500
        window = np.abs(samples.read(start_ms, start_ms + 1000))
        first = int(np.flatnonzero(window > 0.35 * window.max())[0])
        worst_ms = max(worst_ms, abs(first / 16 - 500))
    own_mb = round(peak_mb(), 1)
    return {
        "hours": minutes / 60,
        "decode_s": round(decode_s, 1),
        "decode_x_realtime": round(minutes * 60 / decode_s),
        "read_s": round(read_s, 1),
        "parent_peak_mb": own_mb,
        "worker_peak_mb": peaks.worker_mb,
        "peak_mb": own_mb + peaks.worker_mb,
        "samples_read": count,
        "power": round(total / count, 9),
        "worst_click_ms": worst_ms,
        "warnings": list(decoded.warnings),
        "pcm_mb": round(target.stat().st_size / 1e6),
    }


class _Peaks:
    """Watches the worker's peak memory whenever it reports."""

    def __init__(self) -> None:
        self.worker_mb = 0.0

    def __call__(self, done_ms: int, total_ms: int) -> None:
        import psutil

        for child in psutil.Process().children():
            status = Path(f"/proc/{child.pid}/status")
            if status.exists() and "loquitur.media.worker" in " ".join(child.cmdline()):
                self.worker_mb = max(self.worker_mb, round(peak_mb(child.pid), 1))


def write_long(path: Path, codec: str, minutes: int) -> None:
    """One encoded minute of noise with a click at its start, `minutes` times over.

    The codec's frame does not divide a minute, so the last frame of each is cut short by the clock:
    the file is full of small overlaps, as concatenated recordings are.
    """
    import av
    import numpy as np

    rate_hz = 48_000
    minute = 60 * rate_hz
    sound = np.random.default_rng(1).normal(0, 0.02, minute).astype(np.float32)
    tone = np.cos(np.arange(rate_hz // 100) * 2 * np.pi * 2000 / rate_hz)
    sound[: len(tone)] += (0.8 * tone).astype(np.float32)
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=rate_hz)
        stream.layout = "stereo"
        context = stream.codec_context
        context.time_base = Fraction(1, rate_hz)
        context.open()
        size = context.frame_size or 4096
        resampler = av.AudioResampler(format=context.format, layout="stereo", rate=rate_hz)
        packets = []
        for start in range(0, 2 * minute, size):
            part = np.take(sound, range(start, start + size), mode="wrap")
            frame = av.AudioFrame.from_ndarray(part[None, :], format="flt", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
            for mixed in resampler.resample(frame):
                mixed.pts = start
                packets += context.encode(mixed)
        packets += context.encode(None)
        first = packets[0].pts
        bodies = [bytes(packet) for packet in packets[: -(-minute // size)]]
        for number in range(minutes * len(bodies)):
            lap, place = divmod(number, len(bodies))
            packet = av.Packet(bodies[place])
            packet.stream, packet.time_base = stream, Fraction(1, rate_hz)
            packet.pts = packet.dts = first + lap * minute + place * size
            packet.duration = size
            output.mux(packet)


if __name__ == "__main__":
    sys.exit(main())
