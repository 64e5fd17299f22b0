"""What the name of a file says: which split is in it."""

from __future__ import annotations

import re

from loquitur.vision.clips import SPLITS
from loquitur.vision.splits import split_name

_WORD = re.compile(r"[A-Za-z]+")


def split_in_name(name: str) -> str:
    """The split that a file's name says; empty where it says none, or several.

    >>> split_in_name("vatex_training_v1.0.json"), split_in_name("val_1.json")
    ('train', 'validation')
    >>> split_in_name("train_val_videodatainfo.json"), split_in_name("captions.json")
    ('', '')
    """
    found = {split_name(word) for word in _WORD.findall(name)} & set(SPLITS)
    return found.pop() if len(found) == 1 else ""
