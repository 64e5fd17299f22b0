"""Model files of engines: fetched from the Hugging Face hub whole or not at all, and digested.

Engines share this page; it knows no model.
"""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur import licences, pins
from loquitur.errors import FullError, InputError, MissingError, RemoteError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loquitur.protocols import Resources

_SHA256_DIGITS = 64
_AGAIN = "try again later; what is there already is not fetched twice"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_UNWRITABLE = (*_FULL, errno.EROFS, errno.EACCES, errno.EPERM)


def digest(files: Sequence[Path], cache: Path) -> str:
    """The sha256 over (name, size, sha256) of a model's files, in the order given.

    A file's sha256 is kept in a ledger under its size and time of change, so that 670 MB are read
    once and not at every start; where the ledger cannot be written they are read again.

    Args:
        files: All of one folder.
        cache: The engine's folder of the model cache; ledgers lie in its `.digests`.

    Returns:
        64 hexadecimal digits.

    Raises:
        InputError: A file is not the one that was fetched, by the lock of its model.
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
        recorded = pins.recorded(path)
        if recorded and recorded != after[mark]:
            raise InputError(
                f"{path} is not the file that was fetched: it was changed or damaged since",
                hint=f"rm -r {path.parent}, and pull the model again",
                code="LQ-CHANGED-MODEL",
            )
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
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}", code="LQ-NO-MODEL") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the hub says of a repository at a commit: by file its size and digest, and its licence.

    A digest is a sha256, or, of small files, git's of their content.
    """

    repository: str
    commit: str
    sizes: dict[str, int]
    digests: dict[str, str]
    licence: str
    is_gated: bool


def look_up(repository: str, revision: str, resources: Resources | None = None) -> Listing:
    """What the hub has in a repository; nothing of it is fetched.

    Args:
        repository: `owner/name`.
        revision: A branch, tag or commit; the main branch where empty.
        resources: Whose hub is asked.

    Raises:
        MissingError: The client package or the repository is absent, or not open to us.
        TransientError: The hub cannot be reached now.
        RemoteError: The hub refuses.
    """
    huggingface_hub, errors = _client()
    endpoint = resources.hub if resources else ""
    with translated(repository, errors, revision):
        info = huggingface_hub.HfApi(endpoint=endpoint or None).model_info(
            repository, revision=revision or None, files_metadata=True
        )
    sizes, digests = {}, {}
    for item in info.siblings or ():
        sizes[item.rfilename] = int(item.size or 0)
        large = getattr(item, "lfs", None)
        digests[item.rfilename] = str((large and large.sha256) or item.blob_id or "")
    card = getattr(info, "card_data", None)
    licence = str(getattr(card, "license", None) or "not stated")
    named = str(getattr(card, "license_name", None) or "")
    return Listing(
        repository=repository,
        commit=str(info.sha or ""),
        sizes=sizes,
        digests=digests,
        licence=named if licence == "other" and named else licence,
        is_gated=bool(getattr(info, "gated", False)),
    )


def _client() -> tuple[Any, Any]:
    """The hub's client and its errors.

    Raises:
        MissingError: It is not installed.
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
    return huggingface_hub, errors


def fetch(
    repository: str,
    names: Sequence[str],
    folder: Path,
    *,
    extra: Sequence[str] = (),
    about_mb: int,
    tell: Callable[[str], None],
    resources: Resources,
    revision: str | None = None,
) -> None:
    """Bring files of a hub repository into a folder, whole or not at all.

    Commit, licence and gate are told before anything large comes. Files are fetched into a hidden
    folder beside, which keeps what an interruption leaves for the next attempt, and which is
    renamed when all is there and has the digests that the hub named; what the hub client's own
    cache (`HF_HOME`) has is taken from there. A lock beside notes commit and digests (`pins`).

    Args:
        repository: `owner/name` on the hub.
        names: Files, or patterns of such, that must be there in the end.
        folder: Where they go; a complete one is kept, an incomplete one replaced.
        extra: Patterns of files to take where there are such.
        about_mb: How large all of it is, about; for telling how far it is.
        tell: Told commit and licence, and at each tenth.
        revision: A branch, tag or commit; the lock's, the pinned one, or the main branch where
            None, in this order.
        resources: Which hub is asked, and which licences are accepted.

    Raises:
        MissingError: The client package or the repository is absent, or its conditions or licence
            must be accepted first.
        TransientError: The hub cannot be reached now, or what came is damaged.
        RemoteError: The hub refuses, or lacks a file.
        FullError: The folder cannot be written.
    """
    huggingface_hub, errors = _client()
    locked = pins.read_lock(folder)
    before = locked.commit if locked and locked.repository == repository else ""
    listed = look_up(repository, revision or before or pins.PINS.get(repository, ""), resources)
    tell(_terms(listed, chosen=bool(revision), locked=bool(before)))
    _check_licence(listed, resources)
    part = folder.with_name(f".{folder.name}.part")
    patterns = [pattern for name in (*names, *extra) for pattern in _anywhere(name)]
    with translated(repository, errors):
        part.mkdir(parents=True, exist_ok=True)
        _take_over(huggingface_hub, listed, patterns, part)
        huggingface_hub.snapshot_download(
            repository,
            local_dir=part,
            revision=listed.commit or revision,
            allow_patterns=patterns,
            endpoint=resources.hub or None,
            tqdm_class=_Meter(about_mb, tell).bar(),
        )
        absent = lacking(part, names)
        if absent:
            raise RemoteError(f"{repository} has no {', '.join(absent)}", code="LQ-NO-MODEL")
        shutil.rmtree(part / ".cache", ignore_errors=True)
        _settle(part, folder, names, listed)


def _settle(part: Path, folder: Path, names: Sequence[str], listed: Listing) -> None:
    """Put what was fetched in its place, with a lock beside, unless another process was faster."""
    files = _checked(part, listed)
    if os.path.isdir(folder) and lacking(folder, names):  # noqa: PTH112 - see `lacking`
        shutil.rmtree(folder)
    if os.path.isdir(folder):  # noqa: PTH112
        shutil.rmtree(part)
        return
    part.rename(folder)
    lock = pins.Lock(
        repository=listed.repository, commit=listed.commit, licence=listed.licence, files=files
    )
    pins.write_lock(folder, lock)


def _terms(listed: Listing, *, chosen: bool, locked: bool) -> str:
    """What is told before a fetch: which commit and why that, licence and gate."""
    how = "pinned" if listed.commit == pins.PINS.get(listed.repository) else "pinned from now on"
    how = "as it was fetched before" if locked else "as asked for" if chosen else how
    gate = f", gated: https://huggingface.co/{listed.repository}" if listed.is_gated else ""
    commit = f"commit {listed.commit[:12]} ({how})" if listed.commit else "no commit is told"
    return f"{listed.repository}: {commit}, licence {listed.licence}{gate}"


def _check_licence(listed: Listing, resources: Resources) -> None:
    if licences.is_accepted(listed.licence, resources.licences):
        return
    raise MissingError(
        f"{listed.repository} may not be used commercially: its licence is {listed.licence}",
        hint=f"if that suits you, add --accept-licence {listed.licence} to `loquitur models pull`",
        code="LQ-LICENCE",
    )


def _take_over(client: Any, listed: Listing, patterns: Sequence[str], part: Path) -> None:
    """Link what the hub client's own cache has of a commit; the client then holds it to its digest.

    Without its digest it would be fetched anew, so small files are left to be fetched.
    """
    for name, digest in listed.digests.items():
        target = part / name
        if len(digest) != _SHA256_DIGITS or os.path.exists(target):  # noqa: PTH110
            continue
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            continue
        found = client.try_to_load_from_cache(listed.repository, name, revision=listed.commit)
        if isinstance(found, str):
            target.parent.mkdir(parents=True, exist_ok=True)
            source = Path(found).resolve()
            try:
                target.hardlink_to(source)
            except OSError:  # on another disk
                shutil.copyfile(source, target)


def _checked(part: Path, listed: Listing) -> dict[str, str]:
    """The sha256 of every file that came, each held against what the hub says of it.

    Raises:
        TransientError: One is damaged; it is taken away, so that the next attempt fetches it.
    """
    found = {}
    for path in sorted(item for item in part.rglob("*") if item.is_file()):
        name = path.relative_to(part).as_posix()
        wanted = listed.digests.get(name, "")
        found[name] = pins.sha256(path)
        came = found[name] if len(wanted) == _SHA256_DIGITS else _git_digest(path)
        if wanted and came != wanted:
            path.unlink()
            raise TransientError(
                f"{listed.repository}: {name} came damaged (its digest is another)", hint=_AGAIN
            )
    return found


def _git_digest(path: Path) -> str:
    """Git's digest of a file's content; of small files alone."""
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _anywhere(name: str) -> list[str]:
    """A pattern as the hub client reads it: there `**/` does not stand for no folder at all."""
    return [name, name.removeprefix("**/")] if name.startswith("**/") else [name]


def lacking(folder: Path, names: Sequence[str]) -> list[str]:
    """The names, or patterns (`*/encoder?int8.onnx`), for which the folder has no file."""
    # os.path, not Path: Path's own raise where a folder may not be looked into
    return [name for name in names if not any(map(os.path.isfile, folder.glob(name)))]


@contextlib.contextmanager
def translated(repository: str, errors: Any, revision: str = "") -> Iterator[None]:
    """Turns the hub client's errors into ours, each with what to do.

    Args:
        repository: `owner/name`, for the messages.
        errors: The module `huggingface_hub.errors`.
        revision: What was asked for, for the messages.

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
    except errors.RevisionNotFoundError as exc:
        raise MissingError(
            f"{repository} has no revision {revision[:40] or 'main'}",
            hint="it was taken away there, or a mirror lacks it: copy the files by hand, or name a"
            " folder with them in the model's place",
            code="LQ-NO-MODEL",
        ) from exc
    except errors.RepositoryNotFoundError as exc:
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
