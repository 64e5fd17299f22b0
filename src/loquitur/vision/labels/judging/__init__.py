"""Nets, models and any tool's predictions, measured over the same videos.

`truths.py` what holds, `voices.py` who says something, `floors.py` baselines, `judge.py` the
figures side by side, `tables.py` plain values and tables, `charts.py` and `page.py` what a person
sees, `writing.py` the files.
"""

from __future__ import annotations

from loquitur.vision.labels.judging.judge import Judged, Judgement, judge
from loquitur.vision.labels.judging.measuring import Measuring
from loquitur.vision.labels.judging.truths import Ground, ground_of_data, ground_of_file, open_part
from loquitur.vision.labels.judging.voices import Voice, voice_of

__all__ = [
    "Ground",
    "Judged",
    "Judgement",
    "Measuring",
    "Voice",
    "ground_of_data",
    "ground_of_file",
    "judge",
    "open_part",
    "voice_of",
]
