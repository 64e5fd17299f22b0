"""Insight: numbers and pictures from videos, chats, comments and transcripts.

The names below are loaded when they are first used. No module of this room may have one of these
names: importing it would put the module in the function's place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.insight.conversation import voices
    from loquitur.insight.speech_files import read_spoken
    from loquitur.insight.tabular.analysis import stats
else:
    _HOMES = {
        "read_spoken": "loquitur.insight.speech_files",
        "stats": "loquitur.insight.tabular.analysis",
        "voices": "loquitur.insight.conversation",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'loquitur.insight' has no attribute '{name}'")
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        return sorted([*globals(), *_HOMES])


__all__ = [
    "read_spoken",
    "stats",
    "voices",
]
