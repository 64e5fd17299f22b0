"""The language of chats: slang, stretched words, emotes, emoji, laughter; tables and look-up.

A message is never altered: `normalise` gives a copy in plain words and says what stood where.
"""

from loquitur.insight.chat_language.matching import Matcher, Unit
from loquitur.insight.chat_language.normalising import Change, Normalised, normalise
from loquitur.insight.chat_language.tables import Entry, own_tables, read_table

__all__ = [
    "Change",
    "Entry",
    "Matcher",
    "Normalised",
    "Unit",
    "normalise",
    "own_tables",
    "read_table",
]
