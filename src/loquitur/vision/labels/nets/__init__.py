"""Nets that label videos, in plain PyTorch; reached by name through `LABEL_NETS`."""

from __future__ import annotations

LABEL_NETS: dict[str, str] = {}
