"""What is known of a model beforehand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model an engine can use; `size_mb` is about what a fetch brings (0: inside the wheel).

    `figure` is a published error rate (`WER 6.3 %`), `figure_source` who measured it on what;
    both empty where none is known.
    """

    name: str
    size_mb: int
    licence: str
    languages: str
    source: str = ""
    figure: str = ""
    figure_source: str = ""
