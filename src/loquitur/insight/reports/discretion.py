"""What the page of a table does not tell: who wrote, and who is called in what they wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.insight.chats.pseudonyms import Names
from loquitur.insight.column_names import ALIASES
from loquitur.insight.tabular.describing import TextProfile

if TYPE_CHECKING:
    from loquitur.insight.tabular.describing import Profile
    from loquitur.insight.tabular.result import StatsResult

_BEGINS = ("author", "user")
"""How columns begin that tell who wrote, beside the aliases of the chat's."""
_NAMES = frozenset(name.lower() for name in ALIASES["author_name"])
_CHANNELS = frozenset(name.lower() for name in ALIASES["author_channel_id"])
"""Of comments and messages; in a table of videos a `channel_id` is that of who published them."""


def nobodys_names(key: bytes) -> Names:
    """Pseudonyms of those alone who are called by `@` or by the id of their channel."""
    return Names((), (), key=key)


def discreet(result: StatsResult, names: Names, *, comments: bool = False) -> StatsResult:
    """Numbers of a table without names; as they are where no column tells who wrote.

    Of texts a result has the most frequent ones: those of columns that tell who wrote are left
    out (how many different ones there are stays), and in the others names are pseudonyms.

    Args:
        result: Of the table.
        names: Known authors of it, hidden.
        comments: It is known to be of what people wrote.
    """
    if not comments and not any(_tells_who(one, _NAMES) for one in result.profiles):
        return result
    profiles = tuple(_hidden(one, names) for one in result.profiles)
    return replace(result, profiles=profiles)


def _hidden(profile: Profile, names: Names) -> Profile:
    if not isinstance(profile, TextProfile):
        return profile
    if _tells_who(profile, _NAMES | _CHANNELS):
        return replace(profile, top=())
    return replace(profile, top=tuple((names.text(text), count) for text, count in profile.top))


def _tells_who(profile: Profile, known: frozenset[str]) -> bool:
    if not isinstance(profile, TextProfile):
        return False
    name = profile.name.lower()
    return name in known or name.startswith(_BEGINS)
