"""A generated data set of labelled videos, in the files of YouTube-8M, of any size.

What it is a drawing of is said in `design.py` (sizes and rates), `topics.py` (labels, and by which
senses each is noticed), `casting.py` (which labels a video has), `rendering.py` (its rows).
`writing.py` makes files of it; `oracle.py` says what somebody scores who knows how it was drawn.
"""

from __future__ import annotations

from loquitur.vision.labels.generated.design import Design
from loquitur.vision.labels.generated.drawing import Drawing
from loquitur.vision.labels.generated.writing import read_design, write_sample

__all__ = ["Design", "Drawing", "read_design", "write_sample"]
