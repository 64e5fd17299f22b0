"""One engine over some files, in a process of its own: `python -m loquitur.trial REQUEST ANSWER`.

Both arguments are files of JSON (`Request`, `Answer`). A process of its own makes the peak of its
memory that of the engine, and an engine that kills it harms no other.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loquitur import api
from loquitur.conversion import decoder
from loquitur.model.speech import Turns, Words
from loquitur.settings import Settings

if TYPE_CHECKING:
    from loquitur.delivery import Result
    from loquitur.pipeline.recipes import Wish

_RATE_HZ = 16_000
STAGES = {"": "detect", "asr": "transcribe", "diarization": "diarize"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to try: an engine (`NAME[:MODEL]`) of a kind over files, or, without, the preparation.

    `store` should be one in which the files are prepared, and nothing of this engine is.
    """

    kind: str
    engine: str
    files: tuple[str, ...]
    store: str
    models: str
    language: str = ""
    speakers: str = ""
    threads: int = 0
    parameters: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One file: what was said or who spoke, as (text or speaker, start in ms, end in ms)."""

    file: str
    seconds: float = 0.0
    duration_ms: int = 0
    rows: tuple[tuple[str, int, int], ...] = ()
    model: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All files; `load_s` is what the first use cost beyond the work, `peak_mb` None if unknown."""

    files: tuple[Heard, ...]
    load_s: float = 0.0
    peak_mb: float | None = None


def attempt(request: Request) -> Answer:
    """Run the engine over a second of silence, which loads it, then over the files.

    Raises:
        LoquiturError: The engine cannot be used at all.
    """
    wanted, settings = _wanted(request)
    with tempfile.TemporaryDirectory() as folder:
        loading = 0.0
        if request.kind:
            silence = Path(folder) / "silence.wav"
            _write_silence(silence)
            (first,) = api.run_many([str(silence)], wanted, settings)
            if first.error is not None:
                raise first.error
            loading = _seconds(first, wanted.until)
        results = api.run_many(list(request.files), wanted, settings)
        files = tuple(_heard(result, wanted.until) for result in results)
    return Answer(files=files, load_s=round(loading, 3), peak_mb=_peak_mb())


def _wanted(request: Request) -> tuple[Wish, Settings]:
    settings = Settings(
        store=Path(request.store),
        models=Path(request.models),
        executor="local",
        jobs=1,
        threads=request.threads,
        offline=True,
        language=request.language or "auto",
        speakers=request.speakers,
        set=request.parameters,
    )
    wish = dataclasses.replace(
        api.wish_of(settings),
        profile="offline",
        until=STAGES[request.kind],
        asr=request.engine if request.kind == "asr" else "",
        diarizer=request.engine if request.kind == "diarization" else "",
    )
    return wish, settings


def _heard(result: Result, stage: str) -> Heard:
    if result.error is not None:
        return Heard(file=result.input, error=result.error.message)
    found = result.artifact
    rows: tuple[tuple[str, int, int], ...] = ()
    if isinstance(found, Words):
        rows = tuple((word.text, word.start_ms, word.end_ms) for word in found.words)
    elif isinstance(found, Turns):
        rows = tuple((turn.speaker, turn.start_ms, turn.end_ms) for turn in found.turns)
    model = next((run.model for run in result.stages if run.stage == stage), "")
    duration_ms = result.media.duration_ms if result.media else None
    return Heard(
        file=result.input,
        seconds=_seconds(result, stage),
        duration_ms=duration_ms or 0,
        rows=rows,
        model=model,
    )


def _seconds(result: Result, stage: str) -> float:
    return sum(run.seconds for run in result.stages if run.stage == stage)


def _write_silence(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE_HZ)
        file.writeframes(bytes(2 * _RATE_HZ))


def _peak_mb() -> float | None:
    """The most memory that this process or a child of it ever held, in MB of 10**6 bytes."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return round(max(peaks) * unit / 1e6, 1)


def main(arguments: list[str]) -> None:
    """Read a request, write the answer; what goes wrong is the exit code and a line on stderr."""
    request = decoder(Request).decode(Path(arguments[0]).read_bytes())
    Path(arguments[1]).write_bytes(msgspec.json.encode(attempt(request)))


if __name__ == "__main__":
    main(sys.argv[1:])
