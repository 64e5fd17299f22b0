"""The reference programs in Java, for whoever has them: METEOR 1.5 with synonyms, and SPICE.

Neither is needed nor shipped. A program runs as a process of its own for one set of sentences and
is ended whatever happens: coco-caption's METEOR is never ended, and its memory grows.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from loquitur.errors import EngineError, MissingError
from loquitur.languages import primary
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Pairs = Sequence[tuple[Sequence[str], Sequence[Sequence[str]]]]

_METEOR_MEMORY, _SPICE_MEMORY = "-Xmx2G", "-Xmx8G"
_WEIGHTS = {"exact": 1.0, "stem": 0.6, "synonym": 0.8, "paraphrase": 0.6}
_BREAKS = str.maketrans({"|": " ", "\n": " ", "\r": " "})


def meteor_by_program(
    jar: Path,
    pairs: Pairs,
    *,
    modules: Sequence[str] = ("exact", "stem", "synonym", "paraphrase"),
    delta: float | None = None,
    language: str = "en",
    java: str = "java",
    timeout_s: float = 1800,
) -> tuple[list[float], float]:
    """What the METEOR 1.5 program says of each clip, and of all.

    Args:
        jar: `meteor-1.5.jar`, with its data beside it.
        pairs: Of each clip the tokens of its sentence, and of its references.
        modules: Which matchers; the four of papers by default.
        delta: Weight of content words; None: the program's own of the language.
        language: BCP 47 tag; of which the program knows cs, de, en, es, fr, ru, ar.
        java: The command.
        timeout_s: In which all must be done.

    Raises:
        MissingError: No Java, or no such file.
        EngineError: The program failed.
    """
    spoken = primary(language) or "en"
    code = "cz" if spoken == "cs" else spoken
    words = [_java(java), "-jar", _METEOR_MEMORY, str(_file(jar)), "-", "-", "-stdio", "-l", code,
             "-norm", "-m", " ".join(modules), "-w",
             " ".join(str(_WEIGHTS[one]) for one in modules)]  # fmt: skip
    if delta is not None:
        words += ["-p", f"0.85 0.2 0.6 {delta}"]
    with _running(words, jar.parent, timeout_s=timeout_s) as talk:
        stats = [
            talk(" ||| ".join(("SCORE", *(_line(one) for one in wanted), _line(said))))
            for said, wanted in pairs
        ]
        first = talk(" ||| ".join(("EVAL", *stats)))
        rest = [talk("") for _ in pairs]
    try:
        *values, whole = (float(one) for one in (first, *rest))
    except ValueError as exc:
        raise EngineError(f"METEOR's program said no number: '{first[:80]}'") from exc
    return values, whole


def spice_by_program(
    jar: Path,
    clips: Sequence[tuple[str, str, Sequence[str]]],
    *,
    java: str = "java",
    timeout_s: float = 3600,
) -> dict[str, float]:
    """SPICE (F of scene graphs) of each clip, by Anderson et al.'s program (ECCV 2016).

    Args:
        jar: `spice-1.0.jar`, with its `lib/` and Stanford's models beside it.
        clips: Id, sentence and references of each, as written.
        java: The command.
        timeout_s: In which all must be done.

    Raises:
        MissingError: No Java, or no such file.
        EngineError: The program failed, or gave no scores.
    """
    command = _java(java)
    asked = [{"image_id": id_, "test": said, "refs": list(refs)} for id_, said, refs in clips]
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.json", Path(folder) / "made.json"
        given.write_text(json.dumps(asked), "utf-8")
        words = [command, "-jar", _SPICE_MEMORY, str(_file(jar)), str(given), "-out", str(made),
                 "-subset", "-silent"]  # fmt: skip
        try:
            subprocess.run(  # noqa: S603 the user's own jar
                words, cwd=jar.parent, check=True, capture_output=True, timeout=timeout_s
            )
            scores = msgspec.json.decode(made.read_bytes(), type=list[dict[str, Any]])
            return {str(one["image_id"]): float(one["scores"]["All"]["f"]) for one in scores}
        except subprocess.CalledProcessError as exc:
            raise EngineError(f"SPICE's program failed: {_last(exc.stderr)}") from exc
        except subprocess.TimeoutExpired as exc:
            raise EngineError(f"SPICE's program took more than {timeout_s:g} s") from exc
        except (OSError, msgspec.MsgspecError, KeyError, TypeError, ValueError) as exc:
            raise EngineError(f"SPICE's program gave no scores: {exc}") from exc


@contextlib.contextmanager
def _running(words: list[str], folder: Path, *, timeout_s: float) -> Iterator[Any]:
    """A process that answers a line with a line; killed in the end."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 the user's own jar
            words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
        watch = threading.Timer(timeout_s, process.kill)
        watch.start()
        try:
            yield lambda line: _answer(process, errors, line)
        finally:
            watch.cancel()
            process.kill()
            process.communicate()


def _answer(process: subprocess.Popen[bytes], errors: IO[bytes], line: str) -> str:
    """The next line of the process; an empty line asks nothing and reads on."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if line:
            process.stdin.write(f"{line}\n".encode("utf-8", "replace"))
            process.stdin.flush()
        answer = process.stdout.readline().decode("utf-8", "replace").strip()
    except OSError as exc:
        raise EngineError(f"METEOR's program went away: {exc}") from exc
    if not answer:
        process.kill()
        process.wait()
        errors.seek(0)
        raise EngineError(f"METEOR's program ended too early: {_last(errors.read())}")
    return answer


def _line(tokens: Sequence[str]) -> str:
    return " ".join(" ".join(tokens).translate(_BREAKS).split())


def _last(said: bytes) -> str:
    """The line of a trace that says what happened, else the last one."""
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    telling = [line for line in lines if "Exception" in line or "Error" in line]
    return display((telling or lines or ["without a word"])[-1][:200])


def _java(command: str) -> str:
    found = shutil.which(command)
    if found is None:
        raise MissingError(
            "Java is not here: METEOR's and SPICE's own programs need it",
            hint="install a Java runtime, or leave the jar out: our METEOR needs none",
        )
    return found


def _file(jar: Path) -> Path:
    if not jar.is_file():
        raise MissingError(
            f"{jar} is not there", hint="it is in the wheel of pycocoevalcap, and on METEOR's page"
        )
    return jar.resolve()
