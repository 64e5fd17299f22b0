"""What the table says of an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.known_models import ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """An engine by name: where its class is, what it needs, what it is for.

    `needs` are package names (of a dotted one the parent is imported: let it be an empty one);
    `extra` is the Loquitur extra that brings them, empty where the core does; `origin` is the
    distribution of a third party's engine; `own_model` is how a model of the user's is named, for
    an engine that has none to fetch; `rtf` its typical processing time / sound time on one core,
    for estimates. `apart` engines belong in an environment of their own, about `install_mb` large
    (with a CPU build of torch); `unverified` names what could not be tried for real where Loquitur
    is built.
    `tried` says how it is tested where Loquitur is built: with the `real` model, with a `tiny` one
    of random weights in the real architecture and library, or against an `emulated` service.
    `environment` is where the engine runs: an interpreter, the folder of a virtual environment, or
    empty for this one; the settings say, never the table.
    """

    kind: str
    name: str
    target: str
    summary: str = ""
    licence: str = ""
    languages: str = ""
    needs: tuple[str, ...] = ()
    extra: str = ""
    models: tuple[ModelSpec, ...] = ()
    draft: bool = False
    rtf: float = 0.1
    origin: str = ""
    own_model: str = ""
    apart: bool = False
    install_mb: int = 0
    unverified: str = ""
    environment: str = ""
    tried: str = "tiny"

    @property
    def pullable(self) -> bool:
        """Whether a model has to be fetched before use."""
        return any(model.size_mb for model in self.models)
