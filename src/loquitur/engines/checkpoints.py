"""Checkpoints that torch runs: found in a folder or the cache, or brought from the hub.

The engines on torch share this page and `loquitur.engines.runtime`, which runs them; neither knows
an architecture. Code that lies beside a model is not even fetched. A model of the hub lies in the
model cache under `transformers/OWNER--NAME`, one of a pinned revision under
`transformers/OWNER--NAME@REVISION`, whichever engine reads it.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from loquitur import pins
from loquitur.engines import weights
from loquitur.engines.catalog import is_hub_name
from loquitur.errors import InputError, MissingError, RemoteError, UsageError
from loquitur.protocols import Identity
from loquitur.text import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.protocols import Resources

LIBRARY = "transformers"
_UNNAMED = {"0": "LABEL_0", "1": "LABEL_1"}
"""What transformers takes where config.json names no classes, and leaves out when it writes one."""
CONFIG = "config.json"
INSTALL = 'pip install "loquitur[transformers]"'
_WORDING = (".json", ".txt", ".model", ".jinja", ".yaml")  # all that is not weights, never code
_SAFE = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
_PICKLED = re.compile(r"pytorch_model(-\d+-of-\d+)?\.bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a model is: a folder of the user's, or a repository of the hub at a revision.

    `folder` is set for the first, `repository` for the second.
    """

    folder: Path | None = None
    repository: str = ""
    revision: str = ""

    @property
    def name(self) -> str:
        """What a person calls it: the folder's name, or `owner/name[@revision]`."""
        if self.folder is not None:
            return self.folder.resolve().name
        return self.repository + (f"@{self.revision}" if self.revision else "")


def source(model: str, revision: str = "") -> Source:
    """What a text names: an existing folder, or `owner/name[@revision]` of the hub.

    Args:
        model: As the user gave it.
        revision: A branch, tag or commit; goes before one in the name.

    Raises:
        UsageError: It is neither.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return Source(folder=folder)
    repository, _, pinned = model.partition("@")
    if not is_hub_name(repository):
        raise UsageError(
            f"'{model}' is neither a folder that is here nor a model of the hub",
            hint="expected a folder, or OWNER/NAME[@REVISION]",
            code="LQ-NO-MODEL",
        )
    return Source(repository=repository, revision=revision or pinned)


def cache_folder(found: Source, resources: Resources) -> Path:
    """Where a model of the hub lies once it is here; the user's own folder otherwise."""
    if found.folder is not None:
        return found.folder
    mark = f"@{re.sub(r'[^A-Za-z0-9._-]', '-', found.revision)}" if found.revision else ""
    return resources.models / LIBRARY / (found.repository.replace("/", "--") + mark)


def locate(found: Source, resources: Resources, *, needs: Sequence[str] = (CONFIG,)) -> Path:
    """The folder of a model, complete as far as `needs` says; nothing is fetched.

    One that is not in our cache, but in that of the hub's client (`HF_HOME`), is taken from there.

    Raises:
        MissingError: It is not in the cache, with the command that brings it.
        InputError: The user's folder lacks what such a model has.
    """
    folder = cache_folder(found, resources)
    if found.folder is None and not folder.is_dir():
        folder = _hubs_own_copy(found, needs[0]) or folder
    if found.folder is None and not folder.is_dir():
        raise MissingError(
            f"model {found.name} is not in the model cache",
            hint=f"loquitur models pull {LIBRARY}:{found.name}",
            code="LQ-NO-MODEL",
        )
    absent = weights.lacking(folder, needs)
    if not absent and not weight_files(folder):
        absent = ["model.safetensors"]
    if absent and found.folder is None:
        raise MissingError(
            f"model {found.name} is incomplete in the model cache: no {', '.join(absent)}",
            hint=f"loquitur models pull {LIBRARY}:{found.name}",
            code="LQ-NO-MODEL",
        )
    if absent:
        raise InputError(
            f"{folder} is no model for this engine: no {', '.join(absent)}", code="LQ-NO-MODEL"
        )
    return folder


def _hubs_own_copy(found: Source, name: str) -> Path | None:
    """The folder of a model in the cache of the hub's client, where it has it with weights."""
    try:
        import huggingface_hub
    except ImportError:
        return None
    path = huggingface_hub.try_to_load_from_cache(
        found.repository, name, revision=found.revision or None
    )
    folder = Path(path).parent if isinstance(path, str) else None
    return folder if folder is not None and weight_files(folder) else None


def weight_files(folder: Path) -> list[Path]:
    """The files of weights that the library would read, safetensors before all others."""
    everything = sorted(path for path in folder.glob("*") if path.is_file())
    for kind in (_SAFE, _PICKLED):
        chosen = [path for path in everything if kind.fullmatch(path.name)]
        if chosen:
            return chosen
    return [path for path in everything if path.suffix == ".ckpt"]


def digest(folder: Path, resources: Resources) -> str:
    """The digest of every file that decides a result: weights and wording."""
    wording = [path for path in folder.glob("*") if path.suffix in _WORDING and path.is_file()]
    adapters = list(folder.glob("adapter.*.safetensors"))
    files = sorted({*weight_files(folder), *wording, *adapters})
    return weights.digest(files, resources.models / LIBRARY)


def read_config(folder: Path, name: str = CONFIG) -> dict[str, Any]:
    """A JSON file of a model's folder; empty where there is none.

    Raises:
        InputError: It is no JSON object.
    """
    path = folder / name
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as exc:
        raise InputError(f"{path} is no JSON: {exc}", code="LQ-NO-MODEL") from exc
    if not isinstance(content, dict):
        raise InputError(f"{path} is no JSON object", code="LQ-NO-MODEL")
    return content


def labels_of(folder: Path, given: str) -> tuple[str, ...]:
    """The classes of a classifier in the order of its outputs.

    Args:
        folder: With its `config.json`.
        given: The user's own names, with commas between; before the file's.

    Raises:
        InputError: The file names none.
    """
    if given:
        return listed(given)
    numbered = read_config(folder).get("id2label") or _UNNAMED
    try:
        return tuple(str(numbered[key]) for key in sorted(numbered, key=int))
    except (TypeError, ValueError, AttributeError) as exc:
        raise InputError(f"{folder / CONFIG} names no classes: {exc}", code="LQ-NO-MODEL") from exc


def version(package: str = LIBRARY) -> str:
    """The installed version of a package.

    Raises:
        MissingError: It is not installed.
    """
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as exc:
        raise MissingError(
            f"the package {package} is not installed", hint=INSTALL, code="LQ-NO-PACKAGE"
        ) from exc


def identity_of(model: str, revision: str, resources: Resources) -> Identity:
    """The library's version and the digest of a model's files; see `protocols`.

    Raises:
        MissingError: The library, torch or the model is absent.
        InputError: The folder holds no such model.
        UsageError: An unknown model.
    """
    library = version()
    version("torch")
    found = source(model, revision)
    made_of = digest(locate(found, resources), resources)
    return Identity(version=library, model=found.name, model_digest=made_of)


def place_of(model: str, revision: str) -> str:
    """The user's own folder; empty for a model of the hub."""
    folder = source(model, revision).folder
    return str(folder.resolve()) if folder is not None else ""


def pull(found: Source, resources: Resources, tell: Callable[[str], None]) -> None:
    """Bring a model of the hub into the cache, whole or not at all; a present one is kept.

    Size, licence and gate are told before anything large is fetched. Safetensors are preferred; a
    repository without them is fetched as torch's own files, which are read with `weights_only`.

    Raises:
        UsageError: A folder is nothing to fetch.
        MissingError: It cannot be had from here, or its conditions must be accepted first.
        TransientError: The hub cannot be reached now.
        RemoteError: The hub refuses, or the repository holds no weights.
        FullError: It cannot be written.
    """
    if found.folder is not None:
        raise UsageError(f"{found.folder} is a folder: there is nothing to fetch")
    folder = cache_folder(found, resources)
    if folder.is_dir() and weight_files(folder):
        tell(f"{found.name} is there already")
        return
    if resources.offline:
        raise MissingError(
            f"model {found.name} cannot be fetched while offline",
            hint=f"go online, or copy its files to {folder}",
            code="LQ-NO-MODEL",
        )
    listed = weights.look_up(
        found.repository, found.revision or pins.PINS.get(found.repository, ""), resources
    )
    chosen = _chosen(listed)
    about_mb = max(1, round(sum(listed.sizes[name] for name in chosen) / 1e6))
    tell(
        f"fetching {found.name} (about {about_mb} MB, licence {listed.licence}"
        f"{', gated' if listed.is_gated else ''})"
    )
    weights.fetch(
        found.repository,
        chosen,
        folder,
        about_mb=about_mb,
        tell=tell,
        revision=found.revision or None,
        resources=resources,
    )
    tell(f"{found.name} is ready")


class FromHub:
    """What `models` asks of an engine whose models are checkpoints of the hub."""

    default_model: ClassVar[str]

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model of the hub into the cache, whole or not at all; a present one is kept.

        Args:
            model: `OWNER/NAME[@REVISION]`; empty for the default.
            resources: Where to put it.
            tell: Told size and licence before, and how far it is.

        Raises:
            UsageError: No name that the hub could have.
            MissingError: It cannot be had from here, or its conditions must be accepted first.
            TransientError: The hub cannot be reached now.
            RemoteError: The hub refuses.
            FullError: It cannot be written.
        """
        pull(source(model or cls.default_model), resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model, whether it is there or not.

        Raises:
            UsageError: No name that the hub could have.
        """
        return cache_folder(source(model or cls.default_model), resources)


def _chosen(listed: weights.Listing) -> list[str]:
    """Of a repository's files those to fetch: wording, and one set of weights; never code."""
    top = [name for name in listed.sizes if "/" not in name]
    found: list[str] = []
    for kind in (_SAFE, _PICKLED, re.compile(r"[\w-]+\.ckpt")):
        found = found or [name for name in top if kind.fullmatch(name)]
    if not found:
        raise RemoteError(
            f"{listed.repository} has no weights for torch (model.safetensors)",
            code="LQ-NO-MODEL",
        )
    wording = [name for name in top if name.endswith(_WORDING)]
    adapters = [name for name in top if name == "adapter.eng.safetensors"]
    return sorted({*found, *wording, *adapters})
