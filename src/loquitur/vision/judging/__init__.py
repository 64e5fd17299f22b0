"""Whose sentences of clips are better: runs, files of any tool, and what says nothing at all.

`voices.py` is where sentences come from, `baselines.py` the sentences of no model, `judge.py`
holds them all against the references of one split, `tables.py` says what came out.
"""

from __future__ import annotations

from loquitur.vision.judging.judge import Judged, Judgement, judge
from loquitur.vision.judging.voices import Voice, voice_of

__all__ = ["Judged", "Judgement", "Voice", "judge", "voice_of"]
