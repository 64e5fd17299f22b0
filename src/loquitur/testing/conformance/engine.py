"""The suite of every engine: options are values, the identity is stable."""

from __future__ import annotations

import dataclasses
import pickle
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.errors import UsageError
from loquitur.protocols import Identity
from loquitur.registry import options_of
from loquitur.testing.conformance.plain import quiet

if TYPE_CHECKING:
    from loquitur.protocols import (
        Engine,
        Resources,
    )


def check_engine(kind: type[Engine], options: Any, resources: Resources) -> None:
    """Options are values, and the identity is stable and says what a key needs.

    Args:
        kind: The engine's class.
        options: Options that name a model which is there.
        resources: As the runner would lend them.
    """
    assert dataclasses.is_dataclass(kind.Options), "Options is a dataclass"
    assert kind.Options() == kind.Options(), "every option has a default"
    assert isinstance(options, kind.Options), "options are of the engine's own type"
    hash(options)  # frozen
    assert pickle.loads(pickle.dumps(options)) == options, "options cross processes"  # noqa: S301
    text = msgspec.json.encode(options)
    assert msgspec.json.decode(text, type=kind.Options) == options, "options survive JSON"
    refused = False
    try:
        options_of(kind.Options, {"no_such_option": 1}, owner="the engine")
    except UsageError:
        refused = True
    assert refused, "an unknown option is refused"
    with quiet():
        first, second = (kind.identity(options, resources) for _ in range(2))
    assert isinstance(first, Identity), "identity gives an Identity"
    assert first == second, "identity is stable"
    assert first.version, "identity gives a version"
    assert pickle.loads(pickle.dumps(first)) == first, "identity crosses processes"  # noqa: S301
    pickled = pickle.loads(pickle.dumps(kind))  # noqa: S301
    assert pickled is kind, "the class is found by name"
