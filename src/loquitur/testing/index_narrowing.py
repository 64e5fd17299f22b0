"""What every index must keep apart: passages by filters, vectors and words by whose they are."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np

from loquitur.errors import LoquiturError, UsageError
from loquitur.library import terms
from loquitur.model.library import ALL, Encoding, Filters, Part, Passage, Volume
from loquitur.testing.index_ranking import found, put, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.library.index.contract import Index

ENCODING = Encoding(engine="made-up", model="m", version="1", digest="d", dimension=4)
_NAMES = ("speakers", "channels", "languages", "emotions", "media_ids")
"""Filters that may be any text."""


def refused(call: Callable[[], object]) -> Exception:
    """The error of a call that must fail, whichever it is."""
    try:
        call()
    except (
        AttributeError,
        TypeError,
        ValueError,
        LoquiturError,
    ) as error:  # never the driver's own
        return error
    raise AssertionError("it took what it must refuse")


def check_filters(opened: Callable[[], Index]) -> None:
    """Every filter, alone and together, for words and for vectors."""
    index = opened()
    fill_shelf(index)
    cases: list[tuple[Filters, str]] = [
        (ALL, "1 2 3 4"),
        (Filters(speakers=("ANNA",)), "1 2"),
        (Filters(speakers=("Anna", "carl")), "1 2 4"),
        (Filters(speakers=("élodIE", "ÉLODIE")), "4"),
        (Filters(speakers=("Nobody",)), ""),
        (Filters(channels=("talks",)), "1 2"),
        (Filters(languages=("en",)), "1 2"),
        (Filters(languages=("en-GB", "de")), "2 3"),
        (Filters(languages=("e", "%", "_n")), ""),
        (Filters(speakers=("dora",)), "3"),
        (Filters(emotions=("joy",)), "2"),
        (Filters(emotions=("Joy",)), "2"),
        (Filters(kinds=("comments",)), "3"),
        (Filters(media_ids=("b", "c")), "3 4"),
        (Filters(after="2024-01-02"), "3"),
        (Filters(before="2024-01-02"), "1 2"),
        (Filters(after="2024-01-01", before="2024-01-02"), "1 2"),
        (Filters(shortest_ms=1_000), "1 2 3"),
        (Filters(longest_ms=1_000), "1 2"),
        (Filters(speakers=("Anna",), languages=("en-GB",), channels=("Talks",)), "2"),
        (Filters(kinds=("comments",), channels=("Talks",)), ""),
        (Filters(channels=("x' OR '1'='1",)), ""),
        *((Filters(**{name: (sign,)}), "") for name in _NAMES for sign in ("\ud800", "\0")),  # type: ignore[arg-type]
    ]
    for filters, wanted in cases:
        by_words = found(index, word("wort"), filters)
        assert sorted(by_words) == [f"wort {n}" for n in wanted.split()], filters
        vector = np.array([1, 0, 0, 0], np.float32)
        hits = index.by_vector(vector, filters=filters, limit=9)
        texts = [passage.text for passage in index.passages([hit.id for hit in hits])]
        assert sorted(texts) == sorted(by_words), filters
    index.close()


def fill_shelf(index: Index) -> None:
    """Four passages that differ in all that filters ask about, with a vector each."""
    vectors = np.eye(4, dtype=np.float32)[[0, 0]]

    def shelve(volume: Volume, kind: str, *passages: Passage) -> None:
        index.replace(
            volume, Part(kind=kind), passages,  # type: ignore[arg-type]
            vectors=vectors[: len(passages)], encoding=ENCODING,
        )  # fmt: skip

    def passage(media_id: str, number: int, text: str, part: str = "speech") -> Passage:
        return Passage(
            media_id=media_id, part=f"{part}:und", number=number, start_ms=0, end_ms=9, text=text
        )

    shelve(
        Volume(media_id="a", title="A", channel="Talks", published="2024-01-01", duration_ms=1_000),
        "speech",
        dataclasses.replace(
            passage("a", 0, "wort 1"), speaker="Bob", speakers=("Bob", "Anna"), language="en"
        ),
        dataclasses.replace(
            passage("a", 1, "wort 2"), speakers=("anna",), language="en-GB", emotion="joy"
        ),
    )
    shelve(
        Volume(media_id="b", title="B", channel="x", published="2024-01-02", duration_ms=2_000),
        "comments",
        dataclasses.replace(passage("b", 0, "wort 3", "comments"), speaker="Dora", language="de"),
    )
    shelve(
        Volume(media_id="c", title="C"),
        "speech",
        dataclasses.replace(passage("c", 0, "wort 4"), speakers=("Carl", "Élodie")),
    )


def check_vectors(opened: Callable[[], Index]) -> None:
    """The nearest by cosine, whose they are, and no mixing."""
    index = opened()
    chance = np.random.default_rng(5)
    vectors = chance.normal(size=(20, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    passages = [
        Passage(media_id="a", part="speech:en", number=n, start_ms=n, end_ms=n + 1, text=f"t{n}")
        for n in range(20)
    ]
    part = Part(language="en")
    index.replace(
        Volume(media_id="a", title="A"), part, passages, vectors=vectors, encoding=ENCODING
    )
    assert index.encoding == ENCODING
    ids = [passage.id for passage in index.passages_of("a")]
    for at in range(20):
        hits = index.by_vector(vectors[at], filters=ALL, limit=5)
        assert hits[0].id == ids[at]
        wanted = np.sort(vectors @ vectors[at])[::-1][:5]
        assert np.allclose([hit.score for hit in hits], wanted, atol=0.01)
    assert len(index.by_vector(vectors[0], filters=ALL, limit=99)) == 20
    kept = index.vectors(ids[3:6])
    assert kept is not None
    assert np.allclose(kept, vectors[3:6], atol=0.01)
    other = dataclasses.replace(ENCODING, model="other")
    for few, whose in ((vectors[:1], other), (vectors[:1], None), (vectors[:2], ENCODING)):
        given = {"vectors": few, "encoding": whose}
        error = refused(
            lambda: index.replace(Volume(media_id="b", title="B"), part, passages[:1], **given)  # type: ignore[arg-type]  # noqa: B023 - at once
        )
        assert isinstance(error, UsageError)
        assert ("rebuild --library" in error.hint) == (whose is other)
        assert index.volume("b") is None
    error = refused(lambda: index.by_vector(vectors[0][:3], filters=ALL, limit=5))
    assert isinstance(error, UsageError)
    put(index, "plain", "no vector here")
    assert index.counts().vectors == 20
    assert len(index.by_vector(vectors[0], filters=ALL, limit=99)) == 20
    assert index.remove("a")
    assert index.by_vector(vectors[0], filters=ALL, limit=5) == ()
    index.close()


def check_forgetting_vectors(opened: Callable[[], Index]) -> None:
    """Vectors go with their encoding, words stay, and another model's may be put in then."""
    index, reader = opened(), opened()
    fill_shelf(index)
    before = (index.counts().passages, found(index, word("red")))
    index.forget_vectors()
    index.forget_vectors()
    for one in (index, reader):
        assert one.encoding is None
        assert one.counts().vectors == 0
        assert one.by_vector(np.eye(4, dtype=np.float32)[0], filters=ALL, limit=9) == ()
        assert (one.counts().passages, found(one, word("red"))) == before
        assert one.verify() == ()
    (volume,) = [one for one in index.volumes() if one.media_id == "a"]
    part = index.parts("a")[0]
    passages = list(index.passages_of("a", part.name))
    other = dataclasses.replace(ENCODING, model="n", dimension=3)
    vectors = np.eye(3, dtype=np.float32)[[0] * len(passages)]
    index.replace(volume, part, passages, vectors=vectors, encoding=other)
    assert reader.encoding == other
    near = reader.by_vector(vectors[0], filters=ALL, limit=9)
    assert len(near) == len(passages) == reader.counts().vectors
    index.close()
    reader.close()


def check_other_rules(opened: Callable[[], Index]) -> None:
    """Words that were cut by other rules are neither looked for nor mixed with, until a rebuild."""
    index = opened()
    put(index, "a", "red apples")
    with mock.patch.object(terms, "VERSION", "other"):
        for call in (lambda: found(index, word("red")), lambda: put(index, "b", "red roses")):
            error = refused(call)
            assert isinstance(error, UsageError)
            assert "rebuild --library" in error.hint
        assert [finding.code for finding in index.verify()] == ["rules"]
        assert index.volume("b") is None
        index.rebuild()
        assert found(index, word("red")) == ["red apples"]
        assert index.verify() == ()
    assert isinstance(refused(lambda: found(index, word("red"))), UsageError)
    index.rebuild()
    assert found(index, word("red")) == ["red apples"]
    index.close()


NARROWINGS = (check_filters, check_vectors, check_forgetting_vectors, check_other_rules)
