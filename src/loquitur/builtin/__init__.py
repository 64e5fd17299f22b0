"""The engines that come with Loquitur: one table of plain strings, found and loaded by `registry`.

A new engine is one entry in one of them and one file in `engines/<kind>/`.
"""

from __future__ import annotations

from loquitur.builtin.describers import DESCRIBERS
from loquitur.builtin.listeners import LISTENERS
from loquitur.builtin.matchers import MATCHERS
from loquitur.builtin.pictures import PICTURES
from loquitur.builtin.sound import SOUND
from loquitur.builtin.spec import EngineSpec
from loquitur.builtin.texts import TEXTS

BUILTIN: tuple[EngineSpec, ...] = (
    *(*SOUND, *TEXTS, *PICTURES, *DESCRIBERS, *LISTENERS, *MATCHERS),
)

__all__ = ["BUILTIN", "EngineSpec"]
