"""Insight: numbers and pictures from videos, chats, comments and transcripts.

The names below are loaded when they are first used. No module of this room may have one of these
names: importing it would put the module in the function's place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.insight.chapters.analysis import find_chapters
    from loquitur.insight.chats.analysis import chat
    from loquitur.insight.conversation.analysis import voices
    from loquitur.insight.reports.analysis import report
    from loquitur.insight.spoken.reading import read_spoken
    from loquitur.insight.tabular.analysis import stats
    from loquitur.insight.texts.readings import sentiment
    from loquitur.insight.texts.studies import keywords, reviews
    from loquitur.insight.transcripts.analysis import transcript
else:
    _HOMES = {
        "chat": "loquitur.insight.chats.analysis",
        "find_chapters": "loquitur.insight.chapters.analysis",
        "keywords": "loquitur.insight.texts.studies",
        "read_spoken": "loquitur.insight.spoken.reading",
        "report": "loquitur.insight.reports.analysis",
        "reviews": "loquitur.insight.texts.studies",
        "sentiment": "loquitur.insight.texts.readings",
        "stats": "loquitur.insight.tabular.analysis",
        "transcript": "loquitur.insight.transcripts.analysis",
        "voices": "loquitur.insight.conversation.analysis",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'loquitur.insight' has no attribute '{name}'")
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        return sorted([*globals(), *_HOMES])


__all__ = [
    "chat",
    "find_chapters",
    "keywords",
    "read_spoken",
    "report",
    "reviews",
    "sentiment",
    "stats",
    "transcript",
    "voices",
]
