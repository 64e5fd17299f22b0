"""Which commit of a model's repository is fetched, and what of it lies here: pins and locks.

A pin is a commit that is known beforehand. Where none is known, the first pull finds out the
commit of the main branch and writes it into the lock; later pulls of the same folder ask for that
commit again. The lock lies beside the model's folder, in `.locks/<folder>.json`, and has the
sha256 of every file: a file that was changed since is refused when the model is used, and told by
`models verify`, which reads all of it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = ".locks"
# how many folders a file of a model may lie below the model's own
_DEEPEST = 3

# Each seen in at least two public projects that pin it. Who publishes a new commit is not followed.
PINS = {
    "istupakov/parakeet-tdt-0.6b-v3-onnx": "8f23f0c03c8761650bdb5b40aaf3e40d2c15f1ce",
    "istupakov/parakeet-tdt-0.6b-v2-onnx": "0bbb45a3365852604aef28b538a8f066f4ccaa85",
    "mobiuslabsgmbh/faster-whisper-large-v3-turbo": "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
    "Systran/faster-whisper-large-v3": "edaa852ec7e145841d8ffdb056a99866b5f0a478",
    "Systran/faster-whisper-medium": "08e178d48790749d25932bbc082711ddcfdfbc4f",
    "Systran/faster-whisper-small": "536b0662742c02347bc0e980a01041f333bce120",
    "Systran/faster-whisper-base": "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
    "Systran/faster-whisper-tiny": "d90ca5fe260221311c53c58e660288d3deb8d356",
    "csukuangfj/speaker-embedding-models": "0743f301363dec56491a490f6d6cbc9d67f9a3bf",
    "pyannote/speaker-diarization-community-1": "3533c8cf8e369892e6b79ff1bf80f7b0286a54ee",
    "pyannote/speaker-diarization-3.1": "84fd25912480287da0247647c3d2b4853cb3ee5d",
    "pyannote/segmentation-3.0": "e66f3d3b9eb0873085418a7b813d3b369bf160bb",
    "nvidia/parakeet-tdt-0.6b-v3": "6d590f77001d318fb17a0b5bf7ee329a91b52598",
    "openai/whisper-large-v3-turbo": "41f01f3fe87f28c78e2fbf8b568835947dd65ed9",
    "openai/whisper-large-v3": "06f233fe06e710322aca913c1bc4249a0d71fce1",
    "openai/whisper-tiny": "169d4a4341b33bc18d8881c4b69c2e104e1cc0af",
    "facebook/wav2vec2-base-960h": "22aad52d435eb6dbaf354bdad9b0da84ce7d6156",
    "sentence-transformers/all-MiniLM-L6-v2": "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
    "sentence-transformers/all-mpnet-base-v2": "e8c3b32edf5434bc2275fc9bab85f82640a19130",
    "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2": (
        "e8f8c211226b894fcb81acc59f3b34ba3efd5f42"
    ),
    "intfloat/multilingual-e5-small": "614241f622f53c4eeff9890bdc4f31cfecc418b3",
    "intfloat/multilingual-e5-base": "d128750597153bb5987e10b1c3493a34e5a4502a",
    "minishlab/potion-base-8M": "bf8b056651a2c21b8d2565580b8569da283cab23",
    "minishlab/potion-multilingual-128M": "73908c3438cf03b6a01bcb9611d62b23d0726f08",
    "cross-encoder/ms-marco-MiniLM-L6-v2": "c5ee24cb16019beea0893ab7796b1df96625c6b8",
    "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1": "1427fd652930e4ba29e8149678df786c240d8825",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What was fetched: repository, commit, licence as its card says, sha256 by file."""

    repository: str
    commit: str
    licence: str = ""
    files: dict[str, str] = field(default_factory=dict)


def lock_path(folder: Path) -> Path:
    """Where the lock of a model's folder lies."""
    return folder.parent / FOLDER / f"{folder.name}.json"


def read_lock(folder: Path) -> Lock | None:
    """The lock of a model's folder; None where it was not fetched by us, or cannot be read."""
    try:
        content = json.loads(lock_path(folder).read_bytes())
        files = {str(name): str(digest) for name, digest in dict(content["files"]).items()}
        return Lock(
            repository=str(content["repository"]),
            commit=str(content["commit"]),
            licence=str(content.get("licence", "")),
            files=files,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_lock(folder: Path, lock: Lock) -> None:
    """Note what was fetched into a model's folder.

    Raises:
        OSError: It cannot be written.
    """
    path = lock_path(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "repository": lock.repository,
        "commit": lock.commit,
        "licence": lock.licence,
        "files": lock.files,
    }
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1, sort_keys=True)
        Path(temporary).chmod(0o644)  # as the model's files are: others verify by it
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def forget(folder: Path) -> None:
    """Take the lock of a model's folder away, and the folder of locks with the last of them."""
    with contextlib.suppress(OSError):
        lock_path(folder).unlink()
        lock_path(folder).parent.rmdir()


def recorded(path: Path) -> str:
    """The sha256 that a lock has of a file; empty where none has it.

    The model's folder is the file's own, or one of the few above it.
    """
    folder = path.parent
    for _ in range(_DEEPEST):
        if os.path.isfile(lock_path(folder)):  # noqa: PTH113 - Path's own may raise
            lock = read_lock(folder)
            return lock.files.get(path.relative_to(folder).as_posix(), "") if lock else ""
        folder = folder.parent
    return ""


def changed(folder: Path) -> list[str]:
    """The files of a model that are not as they were fetched, all of them read; sorted.

    Empty too where the model was not fetched by us: then there is nothing to hold it against.
    """
    lock = read_lock(folder)
    if lock is None:
        return []
    return sorted(name for name, digest in lock.files.items() if sha256(folder / name) != digest)


def sha256(path: Path) -> str:
    """The digest of a file; empty where there is none that can be read."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return ""
