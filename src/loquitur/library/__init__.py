"""The library: everything that was said, searched and asked, with the moments as proof.

`open` is the door; what it gives is `shelf.Library`. The names below are loaded when they are first
used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.library.documents import Said
    from loquitur.library.shelf import Library, open_library, rebuild_library

    open = open_library  # noqa: A001 - `loquitur.library.open` reads as it should
    rebuild = rebuild_library
else:
    _HOMES = {
        "Library": ("loquitur.library.shelf", "Library"),
        "Said": ("loquitur.library.documents", "Said"),
        "open": ("loquitur.library.shelf", "open_library"),
        "rebuild": ("loquitur.library.shelf", "rebuild_library"),
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'loquitur.library' has no attribute '{name}'")
        import importlib

        home, own = _HOMES[name]
        return getattr(importlib.import_module(home), own)

    def __dir__() -> list[str]:
        return sorted([*globals(), *_HOMES])


__all__ = ["Library", "Said", "open", "rebuild"]
