"""What an index must do when its vectors make room for another model's (`index_conformance`)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.library import ALL, Encoding, Part, Passage, Volume
from loquitur.testing.index_ranking import found, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.library.index.contract import Index

_ENCODING = Encoding(engine="made-up", model="m", version="1", digest="d", dimension=4)


def check_forgetting_vectors(opened: Callable[[], Index]) -> None:
    """Vectors go with their encoding, words stay, and another model's may be put in then."""
    index = opened()
    part = Part(kind="speech", language="en")
    volume = Volume(media_id="a", title="A")
    passages = [
        Passage(
            media_id="a", part=part.name, number=at, start_ms=0, end_ms=9, text=text, language="en"
        )
        for at, text in enumerate(("red apples", "red roses"))
    ]
    rows = np.eye(4, dtype=np.float32)
    index.replace(volume, part, passages, vectors=rows[:2], encoding=_ENCODING)
    reader = opened()
    before = found(index, word("red"))
    index.forget_vectors()
    index.forget_vectors()
    for one in (index, reader):
        assert one.encoding is None
        assert one.counts().vectors == 0
        assert one.by_vector(rows[0], filters=ALL, limit=9) == ()
        assert (one.counts().passages, found(one, word("red"))) == (2, before)
        assert one.verify() == ()
    other = dataclasses.replace(_ENCODING, model="n", dimension=3)
    own = np.eye(3, dtype=np.float32)
    index.replace(volume, part, passages, vectors=own[:2], encoding=other)
    assert reader.encoding == other
    assert len(reader.by_vector(own[0], filters=ALL, limit=9)) == reader.counts().vectors == 2
    index.close()
    reader.close()
