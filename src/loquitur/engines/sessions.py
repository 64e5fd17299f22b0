"""ONNX Runtime as the engines on it need it: quiet sessions, and failures as our errors."""

from __future__ import annotations

import contextlib
import importlib.metadata
from typing import TYPE_CHECKING, Any

from loquitur.engines import weights
from loquitur.errors import EngineError, InputError, MissingError
from loquitur.protocols import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.protocols import Resources

FLOATS = {"tensor(float)": "float32", "tensor(float16)": "float16"}
"""Numbers that a user's graph may take, by ONNX Runtime's names."""


class Session:
    """A graph that we wrote ourselves: one float input, one float output, on the processor.

    Args:
        path: The graph.
        threads: How many threads it may use.
        what: What it is, as in "the speaker model".
        hint: The command that mends it.

    Raises:
        MissingError: It is no graph.
    """

    def __init__(self, path: Path, *, threads: int, what: str, hint: str) -> None:
        self._what = what
        import onnxruntime

        with translated(f"{what} cannot be loaded", MissingError, hint):
            self._session = onnxruntime.InferenceSession(
                str(path), session_options(threads), providers=["CPUExecutionProvider"]
            )
        self._input = self._session.get_inputs()[0].name
        self.width = int(self._session.get_outputs()[0].shape[-1])  # of what it gives

    def run(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the graph makes of an array.

        Raises:
            EngineError: The runtime failed.
        """
        with translated(f"{self._what} failed"):
            (found,) = self._session.run(None, {self._input: values})
        array: NDArray[np.float32] = found
        return array


def session_options(threads: int) -> Any:
    """Options of a session on so many threads, which says nothing on stderr."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # fatal only: errors come back as exceptions
    return options


def on_device(graph: Path | bytes, device: str, threads: int) -> Any:
    """A session on `cpu`, `cuda`, or (`auto`) on CUDA where onnxruntime has it.

    Args:
        graph: A file, or what would be in it.
        device: As above.
        threads: How many it may use.

    Raises:
        MissingError: onnxruntime is not installed, or lacks the CUDA asked for.
        InputError: It refuses the graph.
    """
    version()
    import onnxruntime

    has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not has_cuda:
        raise MissingError(
            "this onnxruntime has no CUDA",
            hint="pip install onnxruntime-gpu in place of onnxruntime, or take device=cpu",
            code="LQ-NO-CUDA",
        )
    cuda = ["CUDAExecutionProvider"] if has_cuda and device != "cpu" else []
    source, shown = (graph, "the graph") if isinstance(graph, bytes) else (str(graph), str(graph))
    with translated(f"{shown} cannot be loaded", InputError):
        return onnxruntime.InferenceSession(
            source, session_options(threads), providers=[*cuda, "CPUExecutionProvider"]
        )


def graph_in(folder: Path, names: Sequence[str]) -> Path:
    """The graph in a user's folder: the first of these names that is there.

    Raises:
        InputError: None is.
    """
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"{folder} has no {names[0]}", code="LQ-NO-MODEL")


def identity_of(folder: Path, graph: Path, beside: Sequence[str], resources: Resources) -> Identity:
    """ONNX Runtime's version, and the digest of the files of a user's own model.

    Args:
        folder: Of the model, which is called after it.
        graph: Its graph, with weights beside it where they are so stored (`model.onnx_data`).
        beside: Names of further files; those that are there count.
        resources: Where digests are kept.

    Raises:
        MissingError: onnxruntime is absent.
    """
    files = [graph, *graph.parent.glob(f"{graph.name}?data")]
    files += [folder / name for name in beside if (folder / name).is_file()]
    return Identity(
        version=version(),
        model=folder.resolve().name,
        model_digest=weights.digest(sorted(files), resources.models / "onnx"),
    )


def output_of(session: Any, wanted: str, usual: Sequence[str], name: str) -> str:
    """The output to take of a user's graph: the one asked for, a usual one, or its first.

    Raises:
        InputError: The one asked for is not there.
    """
    names = [item.name for item in session.get_outputs()]
    if wanted and wanted not in names:
        raise InputError(
            f"{name} has no output '{wanted}'",
            hint=f"it has {', '.join(names)}",
            code="LQ-NO-MODEL",
        )
    return wanted or next((one for one in usual if one in names), str(names[0]))


@contextlib.contextmanager
def translated(
    what: str, error: type[EngineError | InputError | MissingError] = EngineError, hint: str = ""
) -> Iterator[None]:
    """Turns whatever ONNX Runtime, and a library around it, raises into one of our errors.

    Its exceptions share no base class but Exception; onnx-asr checks by assertion.

    Args:
        what: How the message begins.
        error: Which error it becomes.
        hint: What to do.

    Raises:
        MissingError: ONNX Runtime is not installed.
    """
    try:
        from onnxruntime.capi import onnxruntime_pybind11_state as state
    except ImportError as exc:
        raise _absent("onnxruntime") from exc

    failures: tuple[type[Exception], ...] = (
        *(kind for kind in vars(state).values() if _is_exception(kind)),
        *(RuntimeError, ValueError, TypeError, LookupError, AttributeError, AssertionError),
        OSError,
    )
    try:
        yield
    except failures as exc:
        lines = str(exc).strip().splitlines() or [type(exc).__name__]
        raise error(f"{what}: {lines[0][:200]}", hint=hint) from exc


def version(distribution: str = "onnxruntime") -> str:
    """The version of an installed package.

    Raises:
        MissingError: It is not installed.
    """
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError as exc:
        raise _absent(distribution) from exc


def _absent(distribution: str) -> MissingError:
    return MissingError(
        f"the package {distribution} is not installed",
        hint=f"pip install {distribution}",
        code="LQ-NO-PACKAGE",
    )


def _is_exception(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Exception)
