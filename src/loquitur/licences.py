"""Licences of models: which of them need a yes of their own before anything is fetched.

A licence that forbids commercial use binds whoever runs the model, so a general `--yes` does not
stand for it: it has to be accepted by its name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_NOT_COMMERCIAL = re.compile(r"(^|[^a-z])nc([^a-z]|$)|non-?commercial|not for commercial", re.I)
_GATED = re.compile(r",?\s*gated\b", re.I)


def name_of(licence: str) -> str:
    """A licence without what a table says beside it.

    >>> name_of("CC-BY-NC-SA-4.0: not for commercial use"), name_of("CC-BY-4.0, gated")
    ('CC-BY-NC-SA-4.0', 'CC-BY-4.0')
    """
    return _GATED.sub("", licence.partition(":")[0]).strip()


def is_gated(licence: str) -> bool:
    """Whether a table says that conditions must be accepted at the hub first."""
    return _GATED.search(licence) is not None


def needs_consent(licence: str) -> bool:
    """Whether it has to be accepted by name: it forbids commercial use.

    >>> [needs_consent(name) for name in ("CC-BY-4.0", "cc-by-nc-4.0", "Apache-2.0")]
    [False, True, False]
    """
    return _NOT_COMMERCIAL.search(licence) is not None


def is_accepted(licence: str, accepted: Collection[str]) -> bool:
    """Whether a licence asks for nothing, or is among those accepted."""
    wanted = name_of(licence).lower()
    return not needs_consent(licence) or wanted in {name_of(item).lower() for item in accepted}
