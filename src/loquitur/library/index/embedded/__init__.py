"""The embedded index: one SQLite file, and droppable side files for what grows large."""

from loquitur.library.index.embedded.index import EmbeddedIndex

__all__ = ["EmbeddedIndex"]
