"""Shapes: a generated benchmark of described clips, rendered from their names alone.

Moving things of a colour and a shape, several sentences a clip, a split of combinations that
training never shows, and a parser that reads sentences back into what they say.
"""

from __future__ import annotations

from loquitur.vision.shapes.casting import scene
from loquitur.vision.shapes.data import SIZES, corpus
from loquitur.vision.shapes.grammar import Saying, Told, parse, references, saying_of
from loquitur.vision.shapes.rendering import render
from loquitur.vision.shapes.scene import SCHEME, Scene, Source, Thing, source_of
from loquitur.vision.shapes.slots import SlotFigures, slot_figures

__all__ = [
    "SCHEME",
    "SIZES",
    "Saying",
    "Scene",
    "SlotFigures",
    "Source",
    "Thing",
    "Told",
    "corpus",
    "parse",
    "references",
    "render",
    "saying_of",
    "scene",
    "slot_figures",
    "source_of",
]
