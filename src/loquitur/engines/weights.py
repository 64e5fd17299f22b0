"""Model files of engines: fetched from the Hugging Face hub whole or not at all, and digested.

Engines share this page; it knows no model.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import FullError, MissingError, RemoteError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_AGAIN = "try again later; what is there already is not fetched twice"
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


def digest(files: Sequence[Path], cache: Path) -> str:
    """The sha256 over (name, size, sha256) of a model's files, in the order given.

    A file's sha256 is kept in a ledger under its size and time of change, so that 670 MB are read
    once and not at every start; where the ledger cannot be written they are read again.

    Args:
        files: All of one folder.
        cache: The engine's folder of the model cache; ledgers lie in its `.digests`.

    Returns:
        64 hexadecimal digits.
    """
    name = hashlib.sha256(os.fsencode(files[0].parent.resolve())).hexdigest()[:32]
    ledger = cache / ".digests" / f"{name}.json"
    before = _read_ledger(ledger)
    after: dict[str, str] = {}
    total = hashlib.sha256()
    for path in files:
        status = path.stat()
        mark = f"{path.name}|{status.st_size}|{status.st_mtime_ns}"
        after[mark] = before.get(mark) or _sha256(path)
        total.update(f"{path.name} {status.st_size} {after[mark]}\n".encode())
    if not after.keys() <= before.keys():
        _write_ledger(ledger, before | after)
    return total.hexdigest()


def combined(digests: Sequence[str]) -> str:
    """One digest of several, in the order given; for models that lie in several folders."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _read_ledger(ledger: Path) -> dict[str, str]:
    try:
        content = json.loads(ledger.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {key: value for key, value in content.items() if isinstance(value, str)}


def _write_ledger(ledger: Path, content: dict[str, str]) -> None:
    with contextlib.suppress(OSError):  # only saves time: a read-only cache still works
        ledger.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=ledger.parent, prefix=".new-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, sort_keys=True)
        Path(temporary).replace(ledger)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(
    repository: str,
    names: Sequence[str],
    folder: Path,
    *,
    extra: Sequence[str] = (),
    about_mb: int,
    tell: Callable[[str], None],
    revision: str | None = None,
) -> None:
    """Bring files of a hub repository into a folder, whole or not at all.

    They are fetched into a hidden folder beside, which keeps what an interruption leaves for the
    next attempt, and which is renamed when all is there.

    Args:
        repository: `owner/name` on the hub.
        names: Files, or patterns of such, that must be there in the end.
        folder: Where they go; a complete one is kept, an incomplete one replaced.
        extra: Patterns of files to take where there are such.
        about_mb: How large all of it is, about; for telling how far it is.
        tell: Told at each tenth.
        revision: A branch, tag or commit; the main branch where None.

    Raises:
        MissingError: The client package or the repository is absent, or its conditions must be
            accepted first.
        TransientError: The hub cannot be reached now.
        RemoteError: The hub refuses, or lacks a file.
        FullError: The folder cannot be written.
    """
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError as exc:
        raise MissingError(
            "the package huggingface_hub is not installed",
            hint="pip install huggingface_hub",
            code="LQ-NO-PACKAGE",
        ) from exc
    part = folder.with_name(f".{folder.name}.part")
    with translated(repository, errors):
        part.mkdir(parents=True, exist_ok=True)
        huggingface_hub.snapshot_download(
            repository,
            local_dir=part,
            revision=revision,
            allow_patterns=[pattern for name in (*names, *extra) for pattern in _anywhere(name)],
            tqdm_class=_Meter(about_mb, tell).bar(),
        )
        absent = lacking(part, names)
        if absent:
            raise RemoteError(f"{repository} has no {', '.join(absent)}", code="LQ-NO-MODEL")
        shutil.rmtree(part / ".cache", ignore_errors=True)
        if folder.is_dir() and lacking(folder, names):
            shutil.rmtree(folder)
        if folder.is_dir():
            shutil.rmtree(part)  # another process was faster
        else:
            part.rename(folder)


def _anywhere(name: str) -> list[str]:
    """A pattern as the hub client reads it: there `**/` does not stand for no folder at all."""
    return [name, name.removeprefix("**/")] if name.startswith("**/") else [name]


def lacking(folder: Path, names: Sequence[str]) -> list[str]:
    """The names, or patterns (`*/encoder?int8.onnx`), for which the folder has no file."""
    return [name for name in names if not any(path.is_file() for path in folder.glob(name))]


@contextlib.contextmanager
def translated(repository: str, errors: Any) -> Iterator[None]:
    """Turns the hub client's errors into ours, each with what to do.

    Args:
        repository: `owner/name`, for the messages.
        errors: The module `huggingface_hub.errors`.

    Raises:
        MissingError: There is no such repository, or its conditions are not accepted.
        TransientError: The hub cannot be reached now.
        RemoteError: The hub refuses.
        FullError: The disk does not take it.
    """
    network = getattr(errors, "HTTPError", errors.HfHubHTTPError)  # the HTTP library's own root
    xet = getattr(errors, "XetDownloadError", network)  # its second way to fetch
    unreachable = (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, network, xet)
    try:
        yield
    except errors.GatedRepoError as exc:
        raise MissingError(
            f"{repository} is open only to who has accepted its conditions",
            hint=f"accept them at https://huggingface.co/{repository}, then set HF_TOKEN to a "
            "token of your account (in the environment or in .env)",
            code="LQ-GATED",
        ) from exc
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as exc:
        raise MissingError(
            f"{repository} is not on the hub, or not open to you",
            hint="check a proxy or mirror in between, or copy the files by hand",
            code="LQ-NO-MODEL",
        ) from exc
    except unreachable as exc:
        # The client says "not in the local folder" where the hub refused: the cause knows more.
        answer = next(
            (e for e in (exc, exc.__cause__) if isinstance(e, errors.HfHubHTTPError)), None
        )
        if answer is None:
            raise TransientError(
                f"the hub cannot be reached for {repository}", hint=_AGAIN
            ) from exc
        raise _refusal(repository, answer.response.status_code) from exc
    except OSError as exc:
        if exc.errno in _UNWRITABLE:
            raise FullError(
                f"the model cache cannot be written: {exc.strerror}",
                hint="make room or take another folder for it",
            ) from exc
        raise TransientError(f"fetching {repository} broke off: {exc}", hint=_AGAIN) from exc


def _refusal(repository: str, status: int) -> RemoteError:
    message = f"the hub answers {status} for {repository}"
    if status in (408, 425, 429) or status >= 500:
        return TransientError(message, hint=_AGAIN)
    return RemoteError(message)


class _Meter:
    """Tells how far a download is, at each tenth; its bars draw nothing."""

    def __init__(self, about_mb: int, tell: Callable[[str], None]) -> None:
        self._about_mb = about_mb
        self._tell = tell
        self._tenths = 0

    def advance(self, done_bytes: float) -> None:
        if self._about_mb <= 0:  # nobody knows how large it is
            return
        tenths = min(9, int(10 * done_bytes / (self._about_mb * 1e6)))
        if tenths > self._tenths:
            self._tenths = tenths
            self._tell(f"{done_bytes / 1e6:.0f} of about {self._about_mb} MB")

    def bar(self) -> type:
        """A class in the place of tqdm's for the hub client, which counts bytes through it."""
        from huggingface_hub.utils import tqdm

        meter = self

        class Bar(tqdm):  # type: ignore[misc]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                self.counts_bytes = kwargs.get("unit") == "B"
                self.done = 0.0
                super().__init__(*args, **{**kwargs, "disable": True})

            def update(self, n: float | None = 1) -> bool | None:
                self.done += n or 0
                if self.counts_bytes:
                    meter.advance(self.done)
                return None

        return Bar
