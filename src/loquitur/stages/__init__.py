"""One short file per stage: options, engine call, artifact. Glue only.

A stage module has `VERSION` (raised when the meaning of its result changes), `Options` (frozen, a
default for every field; one with `metadata={"keyed": False}` changes no result and stays out of its
key), `RESULT` (the artifact type), `ENGINE` (the kind it needs, or "") and `run(work) -> RESULT`.
`INPUTS` names what it takes, each with the stage that makes it. A stage may stand in a recipe more
than once, under the names of its variants. `READS` says what of the medium it reads itself
(`sound`, `pictures`); one with `LENIENT` does with what there is: where the medium has no sound,
whatever reads sound is left out for it, and what follows from that.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from loquitur.errors import UsageError, near

if TYPE_CHECKING:
    from loquitur.protocols import Work

STAGES: dict[str, str] = {
    "decode": "loquitur.stages.decode",
    "separate": "loquitur.stages.separate",
    "shots": "loquitur.stages.shots",
    "features": "loquitur.stages.features",
    "describe": "loquitur.stages.describe",
    "match": "loquitur.stages.match",
    "hear": "loquitur.stages.hear",
    "detect": "loquitur.stages.detect",
    "monitor": "loquitur.stages.monitor",
    "transcribe": "loquitur.stages.transcribe",
    "align": "loquitur.stages.align",
    "read": "loquitur.stages.read",
    "label": "loquitur.stages.label",
    "diarize": "loquitur.stages.diarize",
    "voices": "loquitur.stages.voices",
    "emotion": "loquitur.stages.emotion",
    "weave": "loquitur.stages.weave",
    "refine": "loquitur.stages.refine",
    "outline": "loquitur.stages.outline",
    "translate": "loquitur.stages.translate",
    "subtitle": "loquitur.stages.subtitle",
}
VARIANT = ":"
"""What stands between a stage and a variant of it: `translate:de`, `subtitle:de`."""


class Run(Protocol):
    """A stage's function."""

    def __call__(self, work: Work) -> Any:
        """Make the stage's artifact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A loaded stage module as a value."""

    name: str
    version: int
    engine_kind: str
    options: type
    result: type
    inputs: tuple[tuple[str, str], ...]
    run: Run
    reads: str = ""
    lenient: bool = False


def load(name: str) -> Stage:
    """The stage of a name, its module imported now; of a variant's name too (`translate:de`).

    Raises:
        UsageError: There is no such stage; near names are offered.
    """
    plain = name.partition(VARIANT)[0]
    if plain not in STAGES:
        raise UsageError(f"no stage is called '{name}'", hint=near(name, STAGES))
    module = importlib.import_module(STAGES[plain])
    return Stage(
        name=name,
        version=module.VERSION,
        engine_kind=module.ENGINE,
        options=module.Options,
        result=module.RESULT,
        inputs=tuple(module.INPUTS.items()),
        run=module.run,
        reads=getattr(module, "READS", ""),
        lenient=getattr(module, "LENIENT", False),
    )
