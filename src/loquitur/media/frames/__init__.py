"""Frames of films as arrays: which ones, when they are shown, and how they become pixels.

`sample` gives the frames that a `Sampling` asks for, `look` says what a film is like, `windows`
cuts its length into spans. Nothing is written to disk, and memory does not grow with the length.
"""

from loquitur.media.frames.film import FilmInfo, look
from loquitur.media.frames.positions import uniform_indices
from loquitur.media.frames.sampling import sample
from loquitur.media.frames.spans import windows

__all__ = ["FilmInfo", "look", "sample", "uniform_indices", "windows"]
