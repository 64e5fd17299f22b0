"""What an environment of its own costs an engine: start, sound through the pipe, one call.

The environment is this very one, so that nothing but the worker differs. Prints seconds of work
for a second of sound (bar 0.01), and fails where it is missed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from loquitur import registry
from loquitur.protocols import Resources
from loquitur.testing import signals
from measuring import best_of, stopwatch

MINUTES = 10
CHUNK_S = 30
BAR = 0.01


def opened(kind: str, name: str, place: str) -> tuple[object, float]:
    """An engine, and the seconds until it was ready."""
    environments = ((f"{kind}.{name}", place),) if place else ()
    resources = Resources(models=Path("nowhere"), threads=1, environments=environments)
    with stopwatch() as took:
        engine_class = registry.load(registry.find(kind, name, environments))
        engine = engine_class(engine_class.Options(), resources)
    return engine, took.wall_s


def listened(engine: object, blocks: list[np.ndarray]) -> float:
    """Seconds for the voice detector to hear all blocks; the best of three."""

    def listen() -> None:
        assert sum(len(piece) for piece in engine.detect(iter(blocks)))  # type: ignore[attr-defined]

    return best_of(3, listen).wall_s


def main() -> int:
    """Print the figures."""
    blocks = [signals.voice(CHUNK_S * 1000, seed=n) for n in range(MINUTES * 60 // CHUNK_S)]
    here, ready_here_s = opened("vad", "silero", "")
    there, ready_there_s = opened("vad", "silero", sys.executable)
    here_s, there_s = listened(here, blocks), listened(there, blocks)
    added = (there_s - here_s) / (MINUTES * 60)
    print(f"ready in the process / in a worker: {ready_here_s:.2f} s / {ready_there_s:.2f} s")
    print(f"{MINUTES} min of sound in the process / in a worker: {here_s:.2f} s / {there_s:.2f} s")
    print(f"added by the worker: {added:.5f} s a second of sound (bar {BAR})")
    there.close()  # type: ignore[attr-defined]
    return 0 if added <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
