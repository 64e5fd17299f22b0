"""Models by name: a known one, any repository of the hub as `owner/name`, or a folder.

Engines share this page. Files of the hub lie in the model cache, `models/<engine>/<label>`; only
`pull` fetches, and only where the engine says which files it needs.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import builtin, pins
from loquitur.engines import weights
from loquitur.errors import InputError, MissingError, RemoteError, UsageError, near

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from loquitur.known_models import ModelSpec
    from loquitur.protocols import Resources

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What a fetch of one model brings.

    Args:
        label: The folder of the cache it goes to.
        repository: `owner/name` on the hub.
        needed: Patterns of files of which each must be there in the end.
        extra: Patterns of files to take where there are such.
        about_mb: How large it is, about; 0 where nobody knows.
    """

    label: str
    repository: str
    needed: Sequence[str]
    extra: Sequence[str] = ()
    about_mb: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A model that is here, by its name or folder.

    Args:
        folder: Where its files are.
        name: As people call it: a known name, `owner/name`, or what the user's folder is called.
        is_given: Whether it is the user's own folder.
    """

    folder: Path
    name: str
    is_given: bool

    @property
    def place(self) -> str:
        """The folder as it can be named again; empty for a model of the hub."""
        return str(self.folder.resolve()) if self.is_given else ""


class Catalog:
    """The known models of one engine, and where models of it lie."""

    def __init__(self, kind: str, engine: str, *, full: str = "") -> None:
        specs = [item for item in builtin.BUILTIN if (item.kind, item.name) == (kind, engine)]
        self.engine = engine
        self._typed = full or engine  # `KIND.NAME` where engines of two kinds share name and folder
        self.models: dict[str, ModelSpec] = {
            model.name: model for item in specs for model in item.models
        }

    @property
    def default(self) -> str:
        """The first model of the table."""
        return next(iter(self.models))

    def folder(self, label: str, resources: Resources) -> Path:
        """A folder of the cache, whether it is there or not."""
        return resources.models / self.engine / label

    def location(self, model: str, resources: Resources) -> Path:
        """The folder of the cache for a model of the hub, whether it is there or not.

        Args:
            model: Its name; empty for the default.
            resources: With the cache.

        Raises:
            UsageError: No name that the hub could have.
        """
        name = model or self.default
        self.check_name(name)
        return self.folder(hub_label(name), resources)

    def locate(self, model: str, resources: Resources) -> Located:
        """Where a model is: the user's own folder, or one of the cache; nothing is fetched.

        Args:
            model: A name or a folder; empty for the default.
            resources: With the cache.

        Raises:
            UsageError: Nothing is called so.
            MissingError: It is not in the cache, with the command that brings it.
        """
        name = model or self.default
        given = self.given_folder(name)
        if given is not None:
            return Located(folder=given, name=given.resolve().name, is_given=True)
        folder = self.folder(hub_label(name), resources)
        if not folder.is_dir():
            raise self.absent(name)
        return Located(folder=folder, name=name, is_given=False)

    def check_whole(self, found: Located, lacking: Sequence[str], *, hint: str = "") -> None:
        """Hold that a model lacks nothing.

        Args:
            found: The model.
            lacking: The files that it has not.
            hint: What the user's own folder should have.

        Raises:
            MissingError: It is incomplete in the cache.
            InputError: The user's folder holds no such model.
        """
        if lacking and not found.is_given:
            raise self.incomplete(found.name, lacking)
        if lacking:
            raise InputError(
                f"{found.folder} has no {', '.join(lacking)}", hint=hint, code="LQ-NO-MODEL"
            )

    def check_name(self, name: str) -> None:
        """Whether a name can be fetched: a known one, or the hub's `owner/name`.

        Raises:
            UsageError: It is neither; near names are offered.
        """
        if name not in self.models and not is_hub_name(name):
            raise UsageError(
                f"no model is called '{name}'", hint=near(name, self.models), code="LQ-NO-MODEL"
            )

    def given_folder(self, name: str) -> Path | None:
        """The user's own folder, where a model is named by one; None for a name of the hub.

        Raises:
            UsageError: It is no folder, no known name and none that the hub could have.
        """
        folder = Path(name).expanduser()
        if name not in self.models and folder.is_dir():
            return folder
        if name in self.models or is_hub_name(name):
            return None
        raise UsageError(
            f"no model is called '{name}', and there is no such folder",
            hint=near(name, self.models),
            code="LQ-NO-MODEL",
        )

    def absent(self, name: str, *, mark: str = "", detail: str = "") -> MissingError:
        """The error for a model that is not in the cache.

        Args:
            name: The model.
            mark: What the pull command adds to the name (`-fp32`).
            detail: What the message says in brackets after the name.
        """
        where = "is not in the model cache"
        if name not in self.models:
            where = f"is neither a folder here nor a model in the cache of {self.engine}"
        said = f" ({detail})" if detail else ""
        return MissingError(
            f"model {name}{said} {where}",
            hint=self.pull_command(name + mark),
            code="LQ-NO-MODEL",
        )

    def incomplete(self, name: str, lacking: Sequence[str], *, mark: str = "") -> MissingError:
        """The error for a model in the cache that lacks files."""
        return MissingError(
            f"model {name} is incomplete in the model cache: no {', '.join(lacking)}",
            hint=self.pull_command(name + mark),
            code="LQ-NO-MODEL",
        )

    def pull_command(self, name: str) -> str:
        """What to type to bring a model."""
        return f"loquitur models pull {self._typed}:{name}"

    def pull_whole(
        self,
        model: str,
        resources: Resources,
        tell: Callable[[str], None],
        *,
        needed: Sequence[str],
        extra: Sequence[str] = (),
        check: Callable[[Path], object] | None = None,
    ) -> None:
        """Bring a model that is one repository of the hub into its folder; see `pull`.

        Args:
            model: Its name; empty for the default.
            resources: Where to put it.
            tell: As in `pull`.
            needed: Patterns of files of which each must be there in the end.
            extra: Patterns of files to take where there are such.
            check: As in `pull`.

        Raises:
            UsageError: No name that the hub could have.
        """
        name = model or self.default
        self.check_name(name)
        known = self.models.get(name)
        download = Download(
            label=hub_label(name),
            repository=known.source if known else name,
            needed=needed,
            extra=extra,
            about_mb=known.size_mb if known else 0,
        )
        self.pull(name, [download], resources, tell, check=check)

    def pull(
        self,
        title: str,
        downloads: Sequence[Download],
        resources: Resources,
        tell: Callable[[str], None],
        *,
        check: Callable[[Path], object] | None = None,
    ) -> None:
        """Bring a model into the cache, whole or not at all; what is there is kept.

        Args:
            title: What is brought, for people: `parakeet-tdt-0.6b-v3 (int8)`.
            downloads: One or more fetches that make it up.
            resources: Where to put it.
            tell: Told what is fetched and how large, before, and how far it is.
            check: Called with the folder of each download; an InputError from it says that the
                repository holds no such model, and takes the folder away again.

        Raises:
            MissingError: It cannot be had from here.
            TransientError: The hub cannot be reached now.
            RemoteError: The hub refuses, or the repository holds no such model.
            FullError: It cannot be written.
        """
        for item in downloads:
            folder = self.folder(item.label, resources)
            if folder.is_dir() and not weights.lacking(folder, item.needed):
                tell(f"{title} is there already")
                continue
            size = f", about {item.about_mb} MB" if item.about_mb else ""
            what = title.removesuffix(")") + size + ")" if title.endswith(")") else title + size
            if resources.offline:
                raise MissingError(
                    f"model {what} cannot be fetched while offline",
                    hint=f"go online, or copy its files to {folder}",
                    code="LQ-NO-MODEL",
                )
            tell(f"fetching {what} from {item.repository}")
            weights.fetch(
                item.repository,
                item.needed,
                folder,
                extra=item.extra,
                about_mb=item.about_mb,
                tell=tell,
                resources=resources,
            )
            self._examine(item, folder, check)
            tell(f"{title} is ready")

    def _examine(
        self, item: Download, folder: Path, check: Callable[[Path], object] | None
    ) -> None:
        if check is None:
            return
        try:
            check(folder)
        except InputError as exc:
            shutil.rmtree(folder, ignore_errors=True)
            pins.forget(folder)
            raise RemoteError(
                f"{item.repository} cannot be used by {self.engine}: {exc.message}",
                hint=exc.hint,
                code="LQ-NO-MODEL",
            ) from exc


def known_model(name: str, known: Iterable[str]) -> str:
    """A name that is one of the known models.

    Raises:
        UsageError: It is none of them; near ones are offered.
    """
    known = list(known)
    if name not in known:
        raise UsageError(f"no model is called '{name}'", hint=near(name, known), code="LQ-NO-MODEL")
    return name


def is_hub_name(name: str) -> bool:
    """Whether a text could be `owner/name` of the hub."""
    return _HUB_NAME.fullmatch(name) is not None and ".." not in name


def hub_label(name: str) -> str:
    """The folder of the cache for a repository of the hub.

    >>> hub_label("owner/name")
    'owner--name'
    """
    return name.replace("/", "--")
