"""Scoring against a reference: words, words by speaker, turns.

`wer`, `cpwer` and `der` take two files or folders; `loquitur eval` prints what they give.
"""

from __future__ import annotations

from loquitur.evaluation.measures import Report, cpwer, der, wer

__all__ = ["Report", "cpwer", "der", "wer"]
