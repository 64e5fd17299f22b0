"""WebVTT (W3C, "WebVTT: The Web Video Text Tracks Format"), read and written whole."""

from loquitur.formats.webvtt.reader import read
from loquitur.formats.webvtt.writer import write

__all__ = ["read", "write"]
