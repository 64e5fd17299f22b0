"""A whole run over ten hours: acquired, decoded, listened to, cut into chunks, woven, captioned.

    python benchmarks/ten_hours.py [--hours 10] [--engines parrot|tiny]

The file is the sample's sound, repeated. Recognition and diarization are the quick engines of
`tests/parrot` (real ones would take a working day), or with `tiny` a random Parakeet of the real
layout in onnx-asr and the embeddings of `dvector` (its model out of the machine's cache); all else
is what a user runs, the voice detector included. Prints the seconds of each stage and the peak
memory of the run's processes; fails above 300 MB before transcription, or 700 MB in all.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from loquitur.settings import resolve
from loquitur.testing.tiny import tiny_parakeet

ROOT = Path(__file__).resolve().parent.parent
READ_LIMIT_MB = 300
RUN_LIMIT_MB = 700


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--engines", choices=("parrot", "tiny"), default="parrot")
    given = parser.parse_args()
    hours = given.hours
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        medium = folder / "long.mka"
        clip = ROOT / "samples" / "harbour_dialogue.mp4"
        subprocess.run([sys.executable, "-c", MAKE, str(clip), str(medium), str(hours)], check=True)
        engines = ["parrot", "parrot", str(folder / "models")]
        if given.engines == "tiny":
            models = resolve().settings.models
            engines = [f"onnx-asr:{tiny_parakeet(folder / 'tiny')}", "dvector", str(models)]
        read_mb, read = _run("detect", medium, folder, engines)
        whole_mb, whole = _run("subtitle", medium, folder, engines)
    print(f"{hours:g} h, {whole['speakers']} speakers")
    for stage in [*read["stages"], *whole["stages"]]:
        if not stage["cached"]:
            print(f"  {stage['stage']:<11}{stage['seconds']:9.1f} s")
    print(
        f"peak memory: {read_mb:.0f} MB to the end of `detect`, {whole_mb:.0f} MB to the captions"
    )
    return int(read_mb > READ_LIMIT_MB or whole_mb > RUN_LIMIT_MB)


def _run(until: str, medium: Path, folder: Path, engines: list[str]) -> tuple[float, dict]:
    """Run up to a stage in a process of its own; gives the peak of the largest process, in MB."""
    command = [sys.executable, "-c", CHILD, until, str(medium), str(folder), *engines]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "parrot")}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{until} failed:\n{ended.stderr}")
    document = json.loads(ended.stdout)
    return document["peak_mb"], document


MAKE = """
import sys, av
source, target, hours = sys.argv[1], sys.argv[2], float(sys.argv[3])
packets = []
with av.open(source) as container:
    stream = container.streams.audio[0]
    packets = [(bytes(p), p.pts, p.duration) for p in container.demux(stream) if p.size]
    base = stream.time_base
    first = packets[0][1]
    length = packets[-1][1] + packets[-1][2] - first
    with av.open(target, "w", format="matroska") as sink:
        out = sink.add_stream_from_template(stream)
        for turn in range(int(hours * 3600 / (length * base)) + 1):
            for data, pts, duration in packets:
                packet = av.Packet(data)
                packet.stream, packet.time_base = out, base
                packet.pts = packet.dts = pts - first + turn * length
                packet.duration, packet.is_keyframe = duration, True
                sink.mux(packet)
"""

CHILD = """
import json, resource, sys
from pathlib import Path
from loquitur import api
from loquitur.pipeline.recipes import Wish
from loquitur.settings import Settings
until, medium, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
asr, diarizer, models = sys.argv[4:]
settings = Settings(store=folder / "store", models=Path(models), offline=True)
wish = Wish(asr=asr, diarizer=diarizer, until=until)
formats = ("vtt", "json") if until == "subtitle" else ()
delivery = api.Delivery(folder=folder / "out", formats=formats)
(result,) = api.run_many([medium], wish, settings, delivery=delivery)
if result.error is not None:
    raise result.error
everybody = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
peak = max(resource.getrusage(who).ru_maxrss for who in everybody)
print(json.dumps({
    "peak_mb": peak / 1024,
    "speakers": len(result.transcript.speakers) if result.transcript else None,
    "stages": [{"stage": s.stage, "cached": s.cached, "seconds": s.seconds} for s in result.stages],
}))
"""

if __name__ == "__main__":
    sys.exit(main())
