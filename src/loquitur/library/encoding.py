"""Whose vectors a library holds, and who makes more of them: an engine of the kind `embedding`.

An index keeps the vectors of one model alone, and says whose they are (`model.library.Encoding`):
those of another, or of other rules of the same engine, would be near by chance. So what a library
holds decides which engine reads for it; another one needs `loquitur library rebuild`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur import registry
from loquitur.environments.places import made_environments
from loquitur.errors import EngineError, MissingError, UsageError
from loquitur.library.index.agreement import cure
from loquitur.model.library import Encoding
from loquitur.protocols import Resources
from loquitur.settings import HERE
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.library.index.contract import Index
    from loquitur.protocols import Identity, Reranker, TextEncoder
    from loquitur.settings import Settings

KIND, RERANKING = "embedding", "reranking"
_INT8 = "-int8"
DEFAULT = "hashing"
NONE = "none"
"""In the place of an engine: words alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """An engine with its options, not loaded yet."""

    kind: Any
    options: Any
    resources: Resources
    identity: Identity

    def place(self) -> str:
        """Where a model of the user's own lies: its name alone would not find it again."""
        told = getattr(self.kind, "place", None)
        return str(told(self.options, self.resources)) if told is not None else ""

    def load(self) -> Any:
        return _loaded(self.kind, self.options, self.resources, self.identity)


@lru_cache(maxsize=4)
def _loaded(kind: Any, options: Any, resources: Resources, identity: Identity) -> Any:
    """Engines stay, until a file of theirs changes: a conversation asks them again and again."""
    del identity
    return kind(options, resources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """An engine that makes a library's vectors; its model is loaded when it is first needed.

    Args:
        encoding: Whose vectors these are, to be handed to the index along with them.
    """

    encoding: Encoding
    _chosen: _Chosen

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector a text, unit length, shape [n, d]; zeros where there is nothing in it.

        Raises:
            MissingError: A package or model is absent.
            EngineError: The engine failed, or gave what are no such vectors.
            RemoteError: A server refuses or is not reached.
        """
        engine: TextEncoder = self._chosen.load()
        return self._checked(engine.encode(texts, role="passage"), len(texts))

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, unit length, shape [d]; zeros where there is nothing in it.

        Raises:
            MissingError: A package or model is absent.
            EngineError: The engine failed, or gave what is no such vector.
            RemoteError: A server refuses or is not reached.
        """
        engine: TextEncoder = self._chosen.load()
        vector: NDArray[np.float32] = self._checked(engine.encode([text], role="query"), 1)[0]
        return vector

    def _checked(self, vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        wanted = (count, self.encoding.dimension)
        if vectors.shape != wanted or not np.isfinite(vectors).all():
            raise EngineError(
                f"the embedding engine '{display(self.encoding.name)}' gave vectors of shape "
                f"{list(vectors.shape)}, expected finite numbers of {list(wanted)}"
            )
        return vectors


def encoder_for(
    index: Index, settings: Settings, *, wanted: str = "", library: str = ""
) -> Encoder | None:
    """The engine that reads for a library; None for words alone.

    One that holds vectors takes the engine they are of, one that holds passages without vectors
    takes none, and an empty one the settings', else the embedded one.

    Args:
        index: Of the library.
        settings: Of this place: `embedding`, and options of the engine as `set.embedding.KEY`.
        wanted: `NAME`, `NAME:MODEL` or `none`; whatever suits the library where empty.
        library: Its name, for the command that a message tells.

    Raises:
        UsageError: The library's vectors are of another model, or it holds none; with the command
            to make them anew. Or there is no such engine.
        MissingError: A package or model is absent.
    """
    known = index.encoding
    if known is not None:
        return _fitting(known, settings, wanted, library)
    held = index.counts().passages
    if held and wanted not in ("", NONE):
        raise UsageError(
            f"the library holds {held} passages without vectors, so it cannot take '{wanted}'",
            hint=cure(library, embedding=wanted),
            code="LQ-OTHER-EMBEDDING",
        )
    name = wanted or settings.embedding or DEFAULT
    return None if held or name == NONE else make_encoder(name, settings)


def check_vectors(index: Index, *, library: str) -> None:
    """Whether a library can be asked by meaning.

    Raises:
        UsageError: It holds no vectors; with the command that makes them.
    """
    if index.encoding is None:
        raise UsageError(
            "this library has no vectors to search by meaning",
            hint=f"search with --mode words, or: {cure(library, embedding=DEFAULT)}",
        )


def make_encoder(name: str, settings: Settings) -> Encoder:
    """An engine for a library that holds no vectors yet: a new one, or one that is made anew.

    Args:
        name: `NAME` or `NAME:MODEL`.
        settings: Of this place.

    Raises:
        UsageError: There is no such engine, model or option.
        MissingError: A package or model is absent.
    """
    chosen = _choose(KIND, name, settings)
    loaded: TextEncoder = chosen.load()
    encoding = Encoding(
        engine=name.partition(":")[0],
        model=chosen.identity.model,
        version=chosen.identity.version,
        digest=chosen.identity.model_digest,
        dimension=loaded.dimension,
        place=chosen.place(),
    )
    return Encoder(encoding=encoding, _chosen=chosen)


def reranker_for(name: str, settings: Settings) -> Reranker:
    """An engine that reads a question and passages together.

    Args:
        name: `NAME` or `NAME:MODEL`.
        settings: Of this place; options of the engine as `set.reranking.KEY`.

    Raises:
        UsageError: There is no such engine, model or option.
        MissingError: A package or model is absent.
    """
    loaded: Reranker = _choose(RERANKING, name, settings).load()
    return loaded


def resources_of(settings: Settings) -> Resources:
    """What the settings lend an engine of this room."""
    places = {**made_environments(settings.environment_root), **settings.environments}
    return Resources(
        models=settings.models,
        threads=settings.threads or 1,
        offline=settings.offline,
        environments=tuple(sorted(item for item in places.items() if item[1] != HERE)),
        hub=settings.hub,
        licences=tuple(part.strip() for part in settings.licences.split(",") if part.strip()),
    )


def options_set(kind: str, settings: Settings) -> dict[str, str]:
    """What the settings say of the engines of a kind (`set.KIND.KEY`), by key."""
    parted = ((*name.partition("."), value) for name, value in settings.set.items())
    return {key: value for first, _, key, value in parted if first == kind}


def _fitting(known: Encoding, settings: Settings, wanted: str, library: str) -> Encoder:
    """The engine whose vectors a library holds.

    Raises:
        UsageError: The one wanted is another, or its rules have changed since.
    """
    if wanted == NONE:
        raise _mismatch(known, NONE, library)
    if wanted:
        names = [wanted]
    else:
        own = settings.embedding.partition(":")[0] == known.engine
        folder = f"{known.engine}:{known.place}" if _is_local(known.place) else ""
        names = [
            *([settings.embedding] if own else []),
            *([folder] if folder else []),
            known.name,
        ]
    refused: UsageError | MissingError | None = None
    for name in names:
        try:
            chosen = _choose(KIND, name, settings)
        except (UsageError, MissingError) as exc:
            refused = refused or (_moved(known, exc) if known.place and not wanted else exc)
            continue
        if _is_same(known, name, chosen.identity):
            return Encoder(encoding=known, _chosen=chosen)
        refused = refused or _mismatch(known, name, library, chosen.identity)
    raise refused or _mismatch(known, wanted, library)


def _is_same(known: Encoding, name: str, identity: Identity) -> bool:
    """Whether an engine's vectors are those of an encoding; a folder may have been renamed."""
    if (name.partition(":")[0], identity.version) != (known.engine, known.version):
        return False
    if known.digest or identity.model_digest:
        return identity.model_digest == known.digest
    return identity.model == known.model


def _moved(known: Encoding, error: UsageError | MissingError) -> UsageError | MissingError:
    """What is told where a model of the user's own is not where it was."""
    if isinstance(error, MissingError):  # a package, and the hint brings it
        return error
    model, place = display(known.name), display(known.place)
    mark = _INT8 if known.model.endswith(_INT8) else ""
    return MissingError(
        f"the library's vectors are of {model}, which is not in {place} now",
        hint=f'name its folder: embedding = "{known.engine}:FOLDER{mark}" in loquitur.toml, or in'
        f" the environment LOQUITUR_EMBEDDING={known.engine}:FOLDER{mark}",
        code="LQ-NO-MODEL",
    )


def _mismatch(
    known: Encoding, name: str, library: str, identity: Identity | None = None
) -> UsageError:
    other = name
    if identity is not None and name.partition(":")[0] == known.engine:
        same_name = identity.model == known.model
        other = f"{known.engine}:{identity.model}" if identity.model else known.engine
        if same_name and identity.version != known.version:
            other += f" by rules of version {identity.version} (the library's: {known.version})"
        elif same_name:
            other += " with other files"
    return UsageError(
        f"the library's vectors are of {display(known.name)}, not of {display(other)}",
        hint=cure(library, embedding=name),
        code="LQ-OTHER-EMBEDDING",
    )


def _choose(kind: str, name: str, settings: Settings) -> _Chosen:
    engine, _, model = name.partition(":")
    resources = resources_of(settings)
    spec = registry.find(kind, engine, resources.environments)
    found = registry.load(spec)
    fields = {item.name for item in dataclasses.fields(found.Options)}
    given: dict[str, Any] = dict(options_set(kind, settings))
    if kind == KIND:
        meant = settings.embedding.partition(":")[0] or DEFAULT
        given = _own(given, fields, meant if meant not in (engine, NONE) else "", resources)
    options = registry.chosen_options(found, model, given, owner=engine)
    return _Chosen(
        kind=found,
        options=options,
        resources=resources,
        identity=found.identity(options, resources),
    )


def _own(
    given: dict[str, Any], fields: set[str], meant: str, resources: Resources
) -> dict[str, Any]:
    """Options for an engine, without those that only the settings' own engine knows.

    What neither knows stays, and is refused with the names that there are.

    Args:
        given: Options of the settings.
        fields: Those that the engine has.
        meant: The settings' own engine; empty where this is it.
        resources: Of this place.
    """
    strange = given.keys() - fields
    if not strange or not meant:
        return given
    try:
        found = registry.load(registry.find(KIND, meant, resources.environments))
    except (UsageError, MissingError):  # then nobody knows what it knows
        return {key: value for key, value in given.items() if key in fields}
    known = {item.name for item in dataclasses.fields(found.Options)}
    return {key: value for key, value in given.items() if key in fields or key not in known}


def _is_local(place: str) -> bool:
    """Whether a noted folder may be looked into.

    A library file may come from strangers, and looking would ask the machine of an address.
    """
    return bool(place) and not place.startswith(("//", "\\\\")) and Path(place).is_absolute()
