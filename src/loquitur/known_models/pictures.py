"""Models that see: encoders of frames, writers of descriptions."""

from __future__ import annotations
