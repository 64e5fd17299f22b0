"""Scoring against a reference: words, words by speaker, turns.

`wer`, `cpwer`, `orcwer` and `der` take two files or folders; `loquitur eval` prints what they give.
"""

from __future__ import annotations

from loquitur.evaluation.measures import Report, cpwer, der, orcwer, wer

__all__ = ["Report", "cpwer", "der", "orcwer", "wer"]
