"""Descriptions of inputs: what `describe predict` calls, and a Python user."""

from __future__ import annotations
