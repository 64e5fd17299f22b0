"""A third party's engines: quick, deterministic, and counting how often they are called.

They reach Loquitur through entry points alone (see the `.dist-info` folder beside this file), and
serve wherever a test needs a whole run without the cost of real recognition.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from loquitur.model.speech import Activity, RawWord, Turn
from loquitur.protocols import Identity, Resources, Samples, SpeakerCount
from loquitur.timing import Span

WORDS = ("one", "speaks", "and", "the", "other", "listens")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParrotOptions:
    """`log` is a file that gets a line per call; `pause_s` makes a call slow.

    `die` is a file: where it does not exist, a call makes it and kills its own process; where it
    holds `always`, every call does. `shout` is printed, as some libraries do.
    """

    pace_ms: int = 400
    fail: bool = False
    log: str = field(default="", metadata={"keyed": False})
    pause_s: float = field(default=0.0, metadata={"keyed": False})
    die: str = field(default="", metadata={"keyed": False})
    shout: str = field(default="", metadata={"keyed": False})


def note(options: ParrotOptions, what: str) -> None:
    if options.log:
        handle = os.open(options.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, f"{what}\n".encode())
        os.close(handle)
    if options.die:
        flag = Path(options.die)
        if not flag.exists() or flag.read_text() == "always":
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if options.shout:
        print(options.shout)
        os.write(1, f"{options.shout}\n".encode())
    time.sleep(options.pause_s)


class ParrotTranscriber:
    """Says a word every `pace_ms`, chosen by how loud it is there."""

    Options: ClassVar[type] = ParrotOptions
    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __init__(self, options: ParrotOptions, resources: Resources) -> None:
        self._options = options

    @classmethod
    def identity(cls, options: ParrotOptions, resources: Resources) -> Identity:
        return Identity(version="1.0", model="parrot", model_digest="0" * 64)

    def transcribe(self, samples: NDArray[np.float32], *, language: str) -> Iterator[RawWord]:
        note(self._options, "transcribe")
        if self._options.fail:
            raise RuntimeError("the parrot has lost its voice")
        step = self._options.pace_ms * 16
        for start in range(0, len(samples) - step + 1, step):
            loud = int(float(np.abs(samples[start : start + step]).mean()) * 1000)
            begin = start / 16
            yield RawWord(
                start_ms=begin,
                end_ms=begin + self._options.pace_ms * 0.9,
                text=WORDS[loud % len(WORDS)],
                confidence=0.5,
            )


class ParrotDiarizer:
    """Two speakers who take turns every two seconds."""

    Options: ClassVar[type] = ParrotOptions

    def __init__(self, options: ParrotOptions, resources: Resources) -> None:
        self._options = options

    @classmethod
    def identity(cls, options: ParrotOptions, resources: Resources) -> Identity:
        return Identity(version="1.0")

    def diarize(
        self, samples: Samples, activity: Activity, *, speakers: SpeakerCount
    ) -> Iterator[Turn]:
        note(self._options, "diarize")
        for number, start_ms in enumerate(range(0, samples.end_ms, 2000)):
            end_ms = min(start_ms + 2000, samples.end_ms)
            yield Turn(start_ms=start_ms, end_ms=end_ms, speaker=f"SPEAKER_0{number % 2}")


class ParrotVoice:
    """Whoever begins in an even two seconds has one voice, everybody else another."""

    Options: ClassVar[type] = ParrotOptions

    def __init__(self, options: ParrotOptions, resources: Resources) -> None:
        self._options = options

    @classmethod
    def identity(cls, options: ParrotOptions, resources: Resources) -> Identity:
        return Identity(version="1.0", model="parrot", model_digest=f"{options.pace_ms:064d}")

    def embed(
        self, samples: Samples, activity: Activity, spans: Sequence[Span]
    ) -> NDArray[np.float32]:
        note(self._options, "embed")
        loud = any(samples.read(span.start_ms, span.end_ms).any() for span in spans)
        voice = np.zeros(3, np.float32)
        if loud:
            voice[spans[0].start_ms // 2000 % 2] = 1.0
        return voice
