"""What the engines over NVIDIA NeMo share: its version, devices, errors and silence."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import logging
import pickle
import tarfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loquitur.engines.runtime import lacks_memory
from loquitur.errors import EngineError, MissingError, UsageError, near

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Device = Literal["auto", "cpu", "cuda"]

_DISTRIBUTION = "nemo_toolkit"


@contextlib.contextmanager
def translated(what: str, *, engine: str, room: str) -> Iterator[None]:
    """Turns the toolkit's errors into ours.

    Args:
        what: What was tried, for the message.
        engine: Whose environment lacks a package, as `asr.nemo`.
        room: What to type where the device has too little memory.
    """
    try:
        yield
    except ImportError as exc:
        raise no_package(exc.name or str(exc), engine) from exc
    except (tarfile.TarError, pickle.UnpicklingError, EOFError) as exc:
        raise EngineError(f"{what}: it is damaged: {str(exc)[:200]}") from exc
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError, OSError) as exc:
        if lacks_memory(exc):
            raise EngineError(
                "there is not enough memory on the device", hint=room, code="LQ-NO-MEMORY"
            ) from exc
        raise EngineError(f"{what}: {type(exc).__name__}: {str(exc)[:200]}") from exc


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without the toolkit's talk on stderr: what fails comes as an exception."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def own_place(model: str, known: Iterable[str]) -> Path:
    """The `.nemo` file or the folder that a user names.

    Raises:
        UsageError: It is neither; names near to it among the known models are offered.
    """
    place = Path(model).expanduser()
    if place.is_dir() or (place.is_file() and place.suffix == ".nemo"):
        return place
    raise UsageError(
        f"no model, .nemo file or folder is called '{model}'",
        hint=near(model, known),
        code="LQ-NO-MODEL",
    )


def torch_with(threads: int, engine: str) -> Any:
    """The module torch, set to a number of threads.

    Raises:
        MissingError: It is not installed.
    """
    try:
        import torch
    except ImportError as exc:
        raise no_package("torch", engine) from exc
    torch.set_num_threads(max(1, threads))
    return torch


def device_of(wanted: Device, torch: Any, stage: str) -> str:
    """`cuda` or `cpu`, as wanted.

    Raises:
        MissingError: CUDA is asked for and not there.
    """
    there = bool(torch.cuda.is_available())
    if wanted == "cuda" and not there:
        raise MissingError(
            "torch has no CUDA here",
            hint=f"--set {stage}.device=cpu, or auto",
            code="LQ-NO-CUDA",
        )
    return "cuda" if there and wanted != "cpu" else "cpu"


def version(engine: str) -> str:
    """The toolkit's.

    Raises:
        MissingError: It is not installed.
    """
    try:
        return importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as exc:
        raise no_package(_DISTRIBUTION, engine) from exc


def no_package(name: str, engine: str) -> MissingError:
    """The error for a package that an engine's environment lacks."""
    kind, _, short = engine.partition(".")
    return MissingError(
        f"the {kind} engine '{short}' needs {name}",
        hint=f"loquitur engines env {engine} --create",
        code="LQ-NO-PACKAGE",
    )
