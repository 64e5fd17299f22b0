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
    from collections.abc import Callable, Sequence

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


def is_hub_name(name: str) -> bool:
    """Whether a text could be `owner/name` of the hub."""
    return _HUB_NAME.fullmatch(name) is not None and ".." not in name


def hub_label(name: str) -> str:
    """The folder of the cache for a repository of the hub.

    >>> hub_label("owner/name")
    'owner--name'
    """
    return name.replace("/", "--")
