"""A local server with the shapes, quotas and errors of the YouTube Data API, v3."""

from __future__ import annotations

from loquitur.emulator.server import Emulator

__all__ = ["Emulator"]
