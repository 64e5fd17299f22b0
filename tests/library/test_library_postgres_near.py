"""Many vectors on a server: an index of near ones answers as comparing with all does."""

from __future__ import annotations

import numpy as np
import pytest

from loquitur.library.index.postgres import PostgresIndex, nearest
from loquitur.model.library import ALL, Encoding, Filters, Part, Passage, Volume

pytestmark = pytest.mark.slow
ENCODING = Encoding(engine="made-up", dimension=16)


def test_near_ones_by_an_index(server_library, monkeypatch):
    monkeypatch.setattr(nearest, "APPROXIMATE", 300)
    chance = np.random.default_rng(3)
    vectors = chance.normal(size=(600, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = PostgresIndex(server_library)
    for at in range(0, 600, 100):
        volume = Volume(media_id=f"file:{at}", title=f"{at}", channel=f"{at // 100 % 2}")
        index.replace(
            volume,
            Part(),
            [
                Passage(
                    media_id=volume.media_id, part="speech:und", number=number, start_ms=0,
                    end_ms=1, text=f"passage {at + number}",
                )
                for number in range(100)
            ],
            vectors=vectors[at : at + 100],
            encoding=ENCODING,
        )  # fmt: skip
        assert index._server.ask(nearest.is_indexed) == (at >= 200)
    ids = np.array([p.id for at in range(0, 600, 100) for p in index.passages_of(f"file:{at}")])
    odd = np.arange(600) // 100 % 2 == 1
    hits = missed = 0
    for asked in vectors[::20]:
        scores = vectors @ asked
        for filters, fits in ((ALL, odd | True), (Filters(channels=("1",)), odd)):
            wanted = ids[np.argsort(-np.where(fits, scores, -2))[:10]]
            found = index.by_vector(asked, filters=filters, limit=10)
            assert len(found) == 10
            assert [one.score for one in found] == sorted(
                (one.score for one in found), reverse=True
            )
            same = len({one.id for one in found} & set(wanted.tolist()))
            hits, missed = hits + same, missed + 10 - same
    assert hits / (hits + missed) > 0.97
    index.remove("file:0")
    assert not {one.id for one in index.by_vector(vectors[5], filters=ALL, limit=50)} & {*ids[:100]}
    index.rebuild()
    assert index._server.ask(nearest.is_indexed)
    assert index.verify() == ()
    index.close()
