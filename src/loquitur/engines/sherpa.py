"""What the engines of sherpa-onnx share: headers of its graphs, a trial load, errors.

Its C++ ends the whole process (`_Exit`) where a graph lacks a word of metadata. So a model is
loaded for the first time in a child process; that it went well is noted under the digest of its
files, and the same files are never tried again.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loquitur.errors import EngineError, InputError, MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

Device = Literal["auto", "cpu", "cuda", "coreml"]

ENGINE = "sherpa-onnx"
_PIP_COMMAND = 'pip install "loquitur[sherpa]"'
_CUDA_COMMAND = "install the CUDA wheel of sherpa-onnx (see its documentation), or take device=cpu"
_METADATA_FIELD = 14  # of ModelProto in onnx.proto
_TRIAL_S = 600
_TRIAL = """
import json, sys
given = json.load(sys.stdin)
sys.path[:] = given["path"]
from loquitur.engines.sherpa import make
make(given["factory"], given["arguments"])
"""


def version() -> str:
    """The library's version.

    Raises:
        MissingError: It is not installed.
    """
    try:
        return importlib.metadata.version("sherpa-onnx")
    except importlib.metadata.PackageNotFoundError as exc:
        raise MissingError(
            "the package sherpa-onnx is not installed", hint=_PIP_COMMAND, code="LQ-NO-PACKAGE"
        ) from exc


def header(path: Path) -> dict[str, str]:
    """The metadata of an ONNX graph; its weights are skipped, not read.

    Raises:
        InputError: It is no ONNX file.
    """
    found: dict[str, str] = {}
    try:
        with path.open("rb") as file:
            for number, content in _fields(file, path.stat().st_size, wanted=_METADATA_FIELD):
                if number == _METADATA_FIELD:
                    pair = dict(_strings(content))
                    found[pair.get(1, "")] = pair.get(2, "")
    except (OSError, ValueError, IndexError) as exc:
        raise InputError(f"{path} is no ONNX graph: {exc}", code="LQ-NO-MODEL") from exc
    return found


def provider(device: Device) -> str:
    """Where to run, as the library calls it.

    Raises:
        MissingError: The wheel that is installed was built without it.
    """
    if device in ("auto", "cpu"):
        return "cpu"
    library = "cuda" if device == "cuda" else "coreml"
    built = "+cuda" in version() if device == "cuda" else sys.platform == "darwin"
    if not built:
        raise MissingError(
            f"this sherpa-onnx was built without {library}",
            hint=_CUDA_COMMAND if device == "cuda" else "CoreML is on Macs; take device=cpu",
            code="LQ-NO-PACKAGE",
        )
    return library


def load(
    factory: str, arguments: Mapping[str, Any], *, folder: Path, digest: str, cache: Path
) -> Any:
    """A loaded recognizer or diarizer, tried in a child process where these files are new.

    Args:
        factory: A classmethod of `OfflineRecognizer`, or `diarization`.
        arguments: What it takes: plain values.
        folder: The model's, for messages.
        digest: Of the model's files.
        cache: The engine's folder of the model cache; notes of trials lie in its `.sound`.

    Raises:
        InputError: The library refuses the files, or dies of them.
        EngineError: It could not be tried.
    """
    note = cache / ".sound" / f"{digest[:32]}-{version()}-{factory}"
    if not note.is_file():
        _try(factory, arguments, folder)
        with contextlib.suppress(OSError):  # only saves time: a read-only cache still works
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()
    with translated(f"the model in {folder} cannot be loaded", InputError):
        return make(factory, arguments)


def make(factory: str, arguments: Mapping[str, Any]) -> Any:
    """What `load` loads; run in the child too."""
    import sherpa_onnx

    if factory != "diarization":
        return getattr(sherpa_onnx.OfflineRecognizer, factory)(**arguments)
    return sherpa_onnx.OfflineSpeakerDiarization(diarization_config(**arguments))


def diarization_config(
    *,
    segmentation: str,
    embedding: str,
    threads: int,
    provider: str,
    clusters: int,
    threshold: float,
    shortest_turn_s: float,
    shortest_gap_s: float,
) -> Any:
    """The configuration of a diarizer; `clusters` is -1 where the threshold decides."""
    import sherpa_onnx as lib

    return lib.OfflineSpeakerDiarizationConfig(
        segmentation=lib.OfflineSpeakerSegmentationModelConfig(
            pyannote=lib.OfflineSpeakerSegmentationPyannoteModelConfig(model=segmentation),
            num_threads=threads,
            provider=provider,
        ),
        embedding=lib.SpeakerEmbeddingExtractorConfig(
            model=embedding, num_threads=threads, provider=provider
        ),
        clustering=lib.FastClusteringConfig(num_clusters=clusters, threshold=threshold),
        min_duration_on=shortest_turn_s,
        min_duration_off=shortest_gap_s,
    )


@contextlib.contextmanager
def translated(what: str, error: type[EngineError | InputError] = EngineError) -> Iterator[None]:
    """Turns what the library raises into one of our errors."""
    try:
        yield
    except (RuntimeError, ValueError, TypeError, LookupError, AssertionError, OSError) as exc:
        lines = str(exc).strip().splitlines() or [type(exc).__name__]
        raise error(f"{what}: {lines[0][:200]}") from exc


def _try(factory: str, arguments: Mapping[str, Any], folder: Path) -> None:
    """Load once in a child process."""
    given = {"path": sys.path, "factory": factory, "arguments": dict(arguments)}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, our own program
            [sys.executable, "-c", _TRIAL],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TRIAL_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise EngineError(f"the model in {folder} could not be tried: {exc}") from exc
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = said[-1] if said else f"it ended the process with {done.returncode}"
        raise InputError(
            f"sherpa-onnx cannot load the model in {folder}: {reason[-200:]}",
            hint="export it again with the scripts of sherpa-onnx, which write the metadata",
            code="LQ-NO-MODEL",
        )


def _fields(file: BinaryIO, size: int, *, wanted: int) -> Iterator[tuple[int, bytes]]:
    """The fields of a message of protocol buffers; only the content of those wanted is read."""
    while file.tell() < size:
        key = _varint(file)
        number, kind = key >> 3, key & 7
        if kind == 0:
            _varint(file)
        elif kind in (1, 5):
            file.seek(8 if kind == 1 else 4, 1)
        elif kind == 2:
            length = _varint(file)
            if file.tell() + length > size:
                raise ValueError("it is cut off")
            if number == wanted:
                yield number, file.read(length)
            else:
                file.seek(length, 1)
        else:
            raise ValueError(f"it has a field of kind {kind}")


def _strings(content: bytes) -> Iterator[tuple[int, str]]:
    """Number and text of the fields of a message that holds short strings only."""
    at = 0
    while at + 1 < len(content):
        number, at = content[at] >> 3, at + 1
        length, shift = 0, 0
        while True:
            byte = content[at]
            length |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                break
        yield number, content[at : at + length].decode("utf-8", "replace")
        at += length


def _varint(file: BinaryIO) -> int:
    value, shift = 0, 0
    while shift < 70:
        byte = file.read(1)
        if not byte:
            raise ValueError("it is cut off")
        value |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return value
        shift += 7
    raise ValueError("it is not written as ONNX is")
