"""The conformance table: every engine that can run here against every check of its kind.

Each engine is tried in a process of its own: one that ends its process fails alone.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loquitur import registry
from loquitur.api import place_of
from loquitur.errors import LoquiturError, MissingError
from loquitur.settings import resolve
from loquitur.testing import conformance, stages
from loquitur.testing.conformance import words
from loquitur.testing.stand_ins import REMOTE, stand_in_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loquitur.protocols import Resources
    from loquitur.registry import EngineSpec
    from loquitur.testing.stand_ins import StandIn

State = Literal["ok", "fail", "skipped"]
LANGUAGE = "en"
_LONGEST_S = 3600
_SLOW_RTF = 0.2
_WORDS = {"ok": "ok", "fail": "FAIL", "skipped": "skip"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one check of one engine ended, with the reason where it is not ok."""

    kind: str
    engine: str
    check: str
    state: State
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """An engine that is ready to be asked."""

    spec: EngineSpec
    kind: Any
    options: Any
    resources: Resources
    engine: Any
    stand_in: StandIn


class _SkippedError(Exception):
    """A check that does not apply, and why."""


# --- the checks of each kind ---


def _options(subject: _Subject) -> None:
    conformance.check_engine(subject.kind, subject.options, subject.resources)


def _identity(subject: _Subject) -> None:
    identity = subject.kind.identity(subject.options, subject.resources)
    assert identity.model_digest or not subject.spec.models, "a key says which model it was"
    assert str(subject.resources.models) not in identity.model, "a model's name is no place"


def _asked(check: Callable[..., None]) -> Callable[[_Subject], None]:
    return lambda subject: check(subject.engine, language=LANGUAGE)


def _alone(check: Callable[[Any], object]) -> Callable[[_Subject], None]:
    def run(subject: _Subject) -> None:
        check(subject.engine)

    return run


def _silence(subject: _Subject) -> None:
    words.check_silence(subject.engine, language=LANGUAGE, silent=not subject.stand_in.invents)


def _languages(subject: _Subject) -> None:
    second = subject.stand_in.second
    if not second:
        raise _SkippedError("it knows one language, or finds out by itself")
    words.check_languages(subject.engine, language=LANGUAGE, second_language=second)


def _batch(subject: _Subject) -> None:
    if not hasattr(subject.kind, "transcribe_batch"):
        raise _SkippedError("it hears one chunk at a time")
    words.check_batches(subject.engine, language=LANGUAGE)


def _resume(subject: _Subject) -> None:
    minutes = 1.7 if subject.spec.rtf > _SLOW_RTF else 2.0  # at least three parts of 30 s
    stages.check_transcribe_stage(subject.engine, language=LANGUAGE, minutes=minutes)


def _emotion_stage(subject: _Subject) -> None:
    stages.check_emotion_stage(subject.engine)


_COMMON: dict[str, Callable[[_Subject], None]] = {"opts": _options, "ident": _identity}
CHECKS: dict[str, dict[str, Callable[[_Subject], None]]] = {
    "asr": _COMMON
    | {
        "same": _asked(words.check_repeats),
        "short": _asked(words.check_lengths),
        "quiet": _silence,
        "array": _asked(words.check_layout),
        "cancel": _asked(words.check_abandoned),
        "times": _asked(words.check_times),
        "2 lang": _languages,
        "long": _asked(words.check_long_sound),
        "batch": _batch,
        "resume": _resume,
    },
    "alignment": _COMMON | {"behaviour": _asked(words.check_aligner)},
    "vad": _COMMON | {"behaviour": _alone(conformance.check_voice_detector)},
    "diarization": _COMMON | {"behaviour": _alone(conformance.check_diarizer)},
    "emotion": _COMMON
    | {"behaviour": _alone(conformance.check_emotion_reader), "stage": _emotion_stage},
    "voice": _COMMON | {"behaviour": _alone(conformance.check_voice_encoder)},
    "llm": _COMMON | {"behaviour": _alone(conformance.check_llm)},
    "sentiment": _COMMON | {"behaviour": _asked(conformance.check_sentiment_reader)},
    "embedding": _COMMON | {"behaviour": _alone(conformance.check_text_encoder)},
    "description": _COMMON | {"behaviour": _alone(conformance.check_describer)},
    "reranking": _COMMON | {"behaviour": _alone(conformance.check_reranker)},
    "audio": _COMMON | {"behaviour": _alone(conformance.check_audio_encoder)},
    "vision": _COMMON | {"behaviour": _alone(conformance.check_frame_encoder)},
    "zeroshot": _COMMON | {"behaviour": _alone(conformance.check_zero_shot)},
}
LEGEND = {
    "load": "from a folder",
    "opts": "values that pickle, hash and become JSON; unknown ones refused; silent terminal",
    "ident": "version and digest of the model, stable, unloaded",
    "same": "the same sound, the same words, in order and inside it, plain types",
    "short": "no sound, one sample, 0.2 s",
    "quiet": "no words on silence",
    "array": "overdriven, strided, read-only sound",
    "cancel": "an abandoned call leaves no trace",
    "times": "all words have times, or none, and that is said beforehand",
    "2 lang": "two languages in turn",
    "long": "40 s in chunks, nothing lost or doubled",
    "batch": "several chunks at once say what each says alone",
    "resume": "the stage over a long sound: stopped, gone on, progress, provenance",
    "behaviour": "the suite of its kind",
    "stage": "the stage over a minute: progress, stop, provenance",
}


# --- running them ---


def examine(wanted: Sequence[str] = ()) -> Iterator[tuple[Finding, ...]]:
    """The findings of each engine, one engine after the other, each in a process of its own.

    Args:
        wanted: Names (`onnx-asr`) or kinds with names (`asr.onnx-asr`); all where empty.
    """
    environments = place_of(resolve().settings).resources.environments
    for spec in registry.specs(environments=environments):
        full = f"{spec.kind}.{spec.name}"
        if not wanted or {spec.name, full, spec.kind} & set(wanted):
            yield _apart(spec, full)


def _apart(spec: EngineSpec, full: str) -> tuple[Finding, ...]:
    try:
        reason = _unusable(spec)
    except LoquiturError as exc:
        reason = exc.message
    if reason:
        return (_finding(spec, "load", "skipped", reason),)
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", __name__, full, str(answer)]
        try:
            done = subprocess.run(  # noqa: S603 - ourselves
                command, capture_output=True, text=True, timeout=_LONGEST_S, check=False
            )
        except subprocess.TimeoutExpired:
            return (_finding(spec, "load", "fail", f"not finished after {_LONGEST_S} s"),)
        if done.returncode or not answer.is_file():
            said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            return (_finding(spec, "load", "fail", f"its process died: {said[:200]}"),)
        return tuple(Finding(**row) for row in json.loads(answer.read_text()))


def _unusable(spec: EngineSpec) -> str:
    """Why an engine is left out; empty where it is not."""
    if (spec.kind, spec.name) in REMOTE:
        return "it needs a server (its own tests have one)"
    absent = registry.missing(spec)
    if absent:
        return f"not installed: {registry.install_command(spec)}"
    needs = [name for name in stand_in_of(spec).needs if importlib.util.find_spec(name) is None]
    return f"its tiny model cannot be made without {', '.join(needs)}" if needs else ""


def try_engine(spec: EngineSpec, folder: Path) -> list[Finding]:
    """All checks of one engine, in this process."""
    began = time.monotonic()
    try:
        subject = _ready(spec, folder)
    except MissingError as exc:
        return [_finding(spec, "load", "skipped", f"{exc.message} ({exc.hint})")]
    except Exception as exc:  # noqa: BLE001 - a finding, whatever it is
        return [_finding(spec, "load", "fail", _said(exc))]
    found = [_finding(spec, "load", "ok", seconds=time.monotonic() - began)]
    for name, check in CHECKS[spec.kind].items():
        began, state, reason = time.monotonic(), "ok", ""
        try:
            check(subject)
        except _SkippedError as exc:
            state, reason = "skipped", str(exc)
        except Exception as exc:  # noqa: BLE001 - a finding, whatever it is
            state, reason = "fail", _said(exc)
        found.append(_finding(spec, name, state, reason, time.monotonic() - began))
    close = getattr(subject.engine, "close", None)
    if close is not None:
        close()
    return found


def _ready(spec: EngineSpec, folder: Path) -> _Subject:
    stand_in = stand_in_of(spec)
    kind = registry.load(spec)
    given = stand_in.build(folder / "tiny", spec.environment) if stand_in.build else {}
    options = registry.options_of(kind.Options, given, owner=spec.name)
    here = place_of(resolve().settings).resources
    # where no tiny model is made, that of the machine's own cache is tried
    models = folder / "models" if stand_in.build else here.models
    resources = dataclasses.replace(here, models=models, threads=1, offline=True)
    return _Subject(
        spec=spec,
        kind=kind,
        options=options,
        resources=resources,
        engine=kind(options, resources),
        stand_in=stand_in,
    )


def _said(exc: BaseException) -> str:
    """An assertion's own words, else the error with the place it came from."""
    if isinstance(exc, AssertionError) and str(exc):
        return str(exc).splitlines()[0][:200]
    last = traceback.extract_tb(exc.__traceback__)[-1]
    said = str(exc).splitlines()[:1] or [""]
    return f"{type(exc).__name__}: {said[0][:160]} ({Path(last.filename).name}:{last.lineno})"


def _finding(
    spec: EngineSpec, check: str, state: Any, reason: str = "", seconds: float = 0.0
) -> Finding:
    return Finding(
        kind=spec.kind,
        engine=spec.name,
        check=check,
        state=state,
        reason=reason,
        seconds=round(seconds, 2),
    )


# --- showing them ---


def render(found: Sequence[Finding]) -> Iterator[str]:
    """The lines of the tables, one for each kind, with reasons and a legend beneath."""
    notes: dict[str, int] = {}
    used: set[str] = set()
    for kind in dict.fromkeys(one.kind for one in found):
        checks = ("load", *CHECKS[kind])
        used.update(checks)
        rows: list[tuple[str, ...]] = [(kind.upper(), *checks, "s")]
        for engine in dict.fromkeys(one.engine for one in found if one.kind == kind):
            mine = {one.check: one for one in found if (one.kind, one.engine) == (kind, engine)}
            only = mine.get("load")
            if len(mine) == 1 and only is not None:
                rows.append((engine, f"{_WORDS[only.state]}: {only.reason}"))
                continue
            total = sum(one.seconds for one in mine.values())
            cells = [_cell(mine.get(check), notes) for check in checks]
            rows.append((engine, *cells, f"{total:.0f}"))
        whole = [row for row in rows if len(row) == len(rows[0])]
        widths = [max(len(row[at]) for row in whole) for at in range(len(rows[0]))]
        widths[0] = max(len(row[0]) for row in rows)
        for row in rows:  # one that was left out says so in the place of its cells
            cut = zip(row, widths, strict=False)
            yield "  ".join(text.ljust(width) for text, width in cut).rstrip()
        yield ""
    for note, number in notes.items():
        yield f"{number}: {note}"
    yield from ("", *(f"{name}: {LEGEND[name]}" for name in LEGEND if name in used))


def _cell(one: Finding | None, notes: dict[str, int]) -> str:
    if one is None:
        return "-"
    if one.state == "ok":
        return "ok"
    number = notes.setdefault(one.reason, len(notes) + 1)
    return f"{_WORDS[one.state]}{number}"


def main(full: str, answer: str) -> None:
    """Try one engine and write its findings as JSON."""
    kind, _, name = full.partition(".")
    spec = registry.find(kind, name, place_of(resolve().settings).resources.environments)
    with tempfile.TemporaryDirectory() as folder:
        found = try_engine(spec, Path(folder))
    Path(answer).write_text(json.dumps([dataclasses.asdict(one) for one in found]))


if __name__ == "__main__":
    main(*sys.argv[1:])
