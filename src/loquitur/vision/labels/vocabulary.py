"""Labels by number: their names, and the verticals (genres) they belong to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label.

    Args:
        name: As people read it; where the entity was deleted, its Knowledge Graph id.
        entity: Its Knowledge Graph id; empty where there is none.
        verticals: The genres it belongs to, the first one first; empty for "(Unknown)".
    """

    name: str
    entity: str = ""
    verticals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelVocabulary:
    """All labels of a data set, in the order of their numbers.

    Args:
        labels: One a number, from 0.
    """

    labels: tuple[Label, ...]
