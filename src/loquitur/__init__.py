"""Loquitur: who spoke, what, when and in what mood, from any video.

The names below are loaded when they are first used; `import loquitur` loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from loquitur import insight, library, youtube
    from loquitur.api import Delivery, Result, plan_inputs, run, run_many
    from loquitur.captions import read, write
    from loquitur.describing import Described, describe
    from loquitur.errors import LoquiturError
    from loquitur.evaluation.measures import cpwer, der, wer
    from loquitur.labelling import Labelled, label, label_many
    from loquitur.pipeline.recipes import Wish
    from loquitur.settings import Settings, resolve
    from loquitur.subtitles.check import check
    from loquitur.subtitles.fix import fix
    from loquitur.subtitles.segment import SegmentOptions
    from loquitur.subtitling import resegment, subtitle
    from loquitur.tables.table import Table
else:
    _HOMES = {
        "Delivery": "loquitur.api",
        "Described": "loquitur.describing",
        "Labelled": "loquitur.labelling",
        "LoquiturError": "loquitur.errors",
        "Result": "loquitur.api",
        "SegmentOptions": "loquitur.subtitles.segment",
        "Settings": "loquitur.settings",
        "Table": "loquitur.tables.table",
        "Wish": "loquitur.pipeline.recipes",
        "check": "loquitur.subtitles.check",
        "cpwer": "loquitur.evaluation.measures",
        "der": "loquitur.evaluation.measures",
        "describe": "loquitur.describing",
        "fix": "loquitur.subtitles.fix",
        "label": "loquitur.labelling",
        "label_many": "loquitur.labelling",
        "plan_inputs": "loquitur.api",
        "read": "loquitur.captions",
        "resegment": "loquitur.subtitling",
        "resolve": "loquitur.settings",
        "run": "loquitur.api",
        "run_many": "loquitur.api",
        "subtitle": "loquitur.subtitling",
        "wer": "loquitur.evaluation.measures",
        "write": "loquitur.captions",
    }
    _ROOMS = ("insight", "library", "youtube")

    def __getattr__(name: str) -> object:
        if name not in _HOMES and name not in _ROOMS:
            raise AttributeError(f"module 'loquitur' has no attribute '{name}'")
        import importlib

        if name in _ROOMS:
            return importlib.import_module(f"loquitur.{name}")
        return getattr(importlib.import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        return sorted([*globals(), *_HOMES, *_ROOMS])


__all__ = [
    "Delivery",
    "Described",
    "Labelled",
    "LoquiturError",
    "Result",
    "SegmentOptions",
    "Settings",
    "Table",
    "Wish",
    "__version__",
    "check",
    "cpwer",
    "der",
    "describe",
    "fix",
    "insight",
    "label",
    "label_many",
    "library",
    "plan_inputs",
    "read",
    "resegment",
    "resolve",
    "run",
    "run_many",
    "subtitle",
    "wer",
    "write",
    "youtube",
]
