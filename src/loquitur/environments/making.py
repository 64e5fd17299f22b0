"""Makes the virtual environment of an engine: which commands, how large, then does it."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import loquitur
from loquitur.environments import places, process
from loquitur.errors import EngineError, FullError, MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.builtin import EngineSpec

WORKER_NEEDS = ("msgspec", "numpy")
_REQUIREMENT = re.compile(r"""([^;]+?)\s*(?:;.*\bextra\s*==\s*["']([^"']+)["'].*)?""")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentPlan:
    """What making an environment takes.

    `commands` are run in this order; `size_mb` is about what they bring (0: not known), with a CPU
    build of torch where it is in; `exists` where there is an interpreter already, into which only
    the packages go; `own` where it is ours to mend.
    """

    engines: tuple[str, ...]
    folder: Path
    requirements: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    size_mb: int
    exists: bool
    own: bool


def plan(
    specs: Sequence[EngineSpec],
    root: Path,
    *,
    also: Sequence[str] = (),
    python: str = "",
    declared: Sequence[str] | None = None,
) -> EnvironmentPlan:
    """How to make the environment that some engines share.

    Args:
        specs: Engines with the same requirements. Where the settings give the first a place, it is
            that one which is completed.
        root: The folder of made environments.
        also: Further requirements, such as a certain build of torch.
        python: The interpreter to make it from; this one's where empty.
        declared: Loquitur's own requirements; those of its installed metadata where None.

    Raises:
        UsageError: Nobody here knows what the engine is made of.
        MissingError: This installation does not know the extra.
    """
    first = specs[0]
    requirements = (*also, *requirements_of(first, declared=declared, also=bool(also)))
    folder = Path(first.environment or root / (first.extra or f"{first.kind}.{first.name}"))
    try:
        interpreter, exists = process.interpreter_of(str(folder)), True
    except MissingError:
        interpreter, exists = folder / "bin" / "python", False
        if sys.platform == "win32":
            interpreter = folder / "Scripts" / "python.exe"
    uv = shutil.which("uv")
    base = python or sys.executable
    commands: list[tuple[str, ...]] = []
    if not exists:
        making = (uv, "venv", "--python", base) if uv else (base, "-m", "venv")
        commands.append((*making, str(folder)))
    if uv:
        commands.append((uv, "pip", "install", "--python", str(interpreter), *requirements))
    else:
        commands.append((str(interpreter), "-m", "pip", "install", *requirements))
    return EnvironmentPlan(
        engines=tuple(f"{spec.kind}.{spec.name}" for spec in specs),
        folder=folder,
        requirements=requirements,
        commands=tuple(commands),
        size_mb=first.install_mb,
        exists=exists,
        own=not exists or folder.parent == root,
    )


def requirements_of(
    spec: EngineSpec, *, declared: Sequence[str] | None = None, also: bool = False
) -> tuple[str, ...]:
    """What an engine's environment holds: its extra without the core, and what a worker needs.

    Args:
        spec: The engine.
        declared: Loquitur's own requirements, as in its metadata.
        also: Whether more is asked for by hand.

    Raises:
        UsageError: It is of another package, of which nothing is known here.
        MissingError: This installation does not know the extra.
    """
    if declared is None:
        declared = _declared()
    core, extras = _grouped(declared)
    worker = tuple(item for item in core if _name(item) in WORKER_NEEDS) or WORKER_NEEDS
    if spec.origin or not spec.target:
        if not spec.origin and not also:
            raise UsageError(
                f"nothing is known here of the {spec.kind} engine '{spec.name}'",
                hint="say what it is made of: --with PACKAGE",
            )
        return (*((spec.origin,) if spec.origin else ()), *worker)
    if not spec.extra:
        needed = {_normal(name) for name in spec.needs} - {_normal(item) for item in WORKER_NEEDS}
        return (*(item for item in core if _normal(_name(item)) in needed), *worker)
    if spec.extra not in extras:
        raise MissingError(
            f"this installation of loquitur has no extra '{spec.extra}'",
            hint="pip install --upgrade loquitur",
            code="LQ-NO-PACKAGE",
        )
    return (*extras[spec.extra], *worker)


def make(wanted: EnvironmentPlan, tell: Callable[[str], None]) -> None:
    """Make an environment, or complete one that is there; a finished one is marked.

    An interrupted attempt is gone on with by the next.

    Raises:
        FullError: The disk has no room for it.
        EngineError: A command failed, or no worker runs there in the end.
    """
    folder = wanted.folder
    if not wanted.exists:
        _make_room(folder, wanted.size_mb)
    for command in wanted.commands:
        tell(" ".join(command))
        _run(command, tell)
    if wanted.own:
        _settle_torchaudio(process.interpreter_of(str(folder)), tell)
    with process.borrowed(str(folder)) as worker:
        tell(f"a worker runs there, Python {worker.python}")
    if wanted.own:
        mark = places.Mark(
            engines=wanted.engines,
            requirements=wanted.requirements,
            python=platform.python_version(),
            loquitur=loquitur.__version__,
            made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )
        places.write_mark(folder, mark)


def _declared() -> list[str]:
    try:
        return importlib.metadata.requires("loquitur") or []
    except importlib.metadata.PackageNotFoundError as exc:
        raise MissingError(
            "nothing is known of the extras: loquitur itself is not installed here",
            hint="pip install loquitur",
            code="LQ-NO-PACKAGE",
        ) from exc


def _grouped(declared: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Requirements of the core, and of each extra."""
    core: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in declared:
        match = _REQUIREMENT.fullmatch(line.strip())
        if match is None:
            continue
        (extras.setdefault(match[2], []) if match[2] else core).append(match[1])
    return core, extras


def _name(requirement: str) -> str:
    match = _NAME.match(requirement)
    return match[0] if match else ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _make_room(folder: Path, size_mb: int) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder.parent).free
    except OSError as exc:
        raise FullError(f"cannot make {folder}: {exc.strerror or exc}") from exc
    if free < size_mb * 1_000_000:
        raise FullError(
            f"an environment of about {size_mb} MB does not fit beside {folder.parent}:"
            f" {free / 1e6:.0f} MB are free",
            hint="make room, or set environment_root to another disk",
        )


def _run(command: Sequence[str], tell: Callable[[str], None]) -> None:
    """Run a command and tell what it says.

    Raises:
        EngineError: It cannot be started, or fails.
    """
    last = ""
    try:
        with subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as child:
            assert child.stdout is not None
            for line in child.stdout:
                last = line.decode("utf-8", "replace").rstrip() or last
                tell(last)
    except OSError as exc:
        raise EngineError(f"cannot run {command[0]}: {exc.strerror or exc}") from exc
    if child.returncode:
        raise EngineError(
            f"{' '.join(command[:4])} ... ended with code {child.returncode}: {last[:200]}",
            hint="the same command goes on where it stopped",
            code="LQ-NO-ENVIRONMENT",
        )


def _settle_torchaudio(interpreter: Path, tell: Callable[[str], None]) -> None:
    """Where torchaudio's compiled part does not fit the torch beside it, take it away.

    The newest torchaudio is built for CUDA; beside a CPU build of torch its libraries do not load,
    and whatever imports it fails, every audio model of transformers included. What is wanted of
    it (filter banks, resampling) is written in Python and works without them.
    """
    command = [str(interpreter), "-I", "-c"]
    place = subprocess.run(  # noqa: S603 - an interpreter of our making
        [*command, "import importlib.util as u; print(u.find_spec('torchaudio').origin)"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if place.returncode:
        return  # it is not there
    trial = subprocess.run(  # noqa: S603
        [*command, "import torchaudio"], capture_output=True, text=True, check=False
    )
    if trial.returncode == 0:
        return
    libraries = sorted((Path(place.stdout.strip()).parent / "lib").glob("*.so"))
    if "OSError" not in trial.stderr or not libraries:
        raise EngineError(
            f"torchaudio does not load: {trial.stderr.strip().splitlines()[-1][:200]}",
            hint="give the build of torch that it belongs to: --with torch==VERSION",
        )
    for library in libraries:
        library.unlink()
    tell("torchaudio's compiled part does not fit this torch: taken away, the rest works")
