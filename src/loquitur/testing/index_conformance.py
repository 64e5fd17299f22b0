"""What every index of passages must do (`library.index.contract.Index`), as functions that assert.

```python
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_mine(check, tmp_path):
    check(lambda: Mine(tmp_path / "x"))
```

Each is given a function that opens the same library, empty at first, as often as it is called:
another connection every time. Filters, vectors and whose they are stand in
`index_narrowing`, what is held against scores in `index_ranking`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from loquitur.library.terms import terms
from loquitur.model.library import (
    ALL,
    AllOf,
    AnyOf,
    Part,
    Passage,
    Phrase,
    Prefix,
    Term,
    Volume,
    Without,
)
from loquitur.testing.index_narrowing import NARROWINGS, fill_shelf, refused
from loquitur.testing.index_ranking import RANKINGS, found, put, said, word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.library.index.contract import Index


def check_round_trip(opened: Callable[[], Index]) -> None:
    """Every field comes back, through another connection too."""
    volume = Volume(
        media_id="youtube:abcdefghijk", title='Symmetry "is"\\ everything', channel="Ça va 東京",
        published="2024-02-29", language="en-GB", duration_ms=61_000,
        origin="https://youtu.be/abcdefghijk",
    )  # fmt: skip
    bare = Volume(media_id="file:/x", title="", duration_ms=None)
    part = Part(kind="speech", language="en-GB", digest="ab" * 32, source="captions")
    whole = Passage(
        media_id=volume.media_id, part=part.name, number=0, start_ms=500, end_ms=4_000,
        text="We begin.\u2028Naïve 東京 \U0001f600 'quotes' \\ \"here\" {a,b} NULL", speaker="Anna",
        speakers=("Anna", 'Bob "the \\ builder"'), chapter="One, {two}", language="en-GB",
        emotion="joy", sentences=(0, 10), offsets=(0, 3, 10), times_ms=(500, 700, 4_000_000_000),
        timed=True,
    )  # fmt: skip
    empty = Passage(
        media_id=bare.media_id, part="comments:und", number=0, start_ms=0, end_ms=1, text="",
        sentences=(), timed=False,
    )  # fmt: skip
    index = opened()
    index.replace(volume, part, [whole, dataclasses.replace(whole, number=1, emotion="")])
    index.replace(bare, Part(kind="comments"), [empty])
    for one in (index, opened()):
        assert list(one.volumes()) == [bare, volume], "by title"
        assert one.volume(volume.media_id) == volume
        assert one.volume("youtube:nothing") is None
        assert one.parts(volume.media_id) == (part,)
        assert one.parts("youtube:nothing") == ()
        first, second = one.passages_of(volume.media_id)
        assert dataclasses.replace(first, id=0) == whole
        assert first.id > 0
        assert second.number == 1
        assert [dataclasses.replace(p, id=0) for p in one.passages_of(bare.media_id)] == [empty]
        assert one.passages([second.id, 10**9, first.id]) == (second, first), "in their order"
        assert one.passages([]) == ()
        spots = one.spots([second.id, 10**9, first.id, -1])
        assert [spot.id for spot in spots] == [second.id, first.id], "in their order"
        names = ("id", "media_id", "part", "start_ms", "timed")
        for spot in one.spots([p.id for v in (bare, volume) for p in one.passages_of(v.media_id)]):
            (passage,) = one.passages([spot.id])
            assert [getattr(spot, name) for name in names] == [
                getattr(passage, name) for name in names
            ]
        counts = one.counts()
        assert (counts.volumes, counts.parts, counts.passages, counts.vectors) == (2, 2, 3, 0)
        assert counts.size_bytes > 0
        one.close()


def check_empty(opened: Callable[[], Index]) -> None:
    """An empty library answers everything with nothing."""
    index = opened()
    assert index.encoding is None
    assert index.by_words(word("x"), filters=ALL, limit=5) == ()
    assert index.by_vector(np.full(4, 0.5, np.float32), filters=ALL, limit=5) == ()
    assert index.languages() == ()
    assert dict(index.frequencies(["x"])) == {"x": 0}
    assert index.near_terms("word", limit=5) == ()
    assert not index.remove("youtube:nothing")
    assert list(index.volumes()) == []
    assert index.verify() == ()
    index.rebuild()
    index.close()


def check_replacing(opened: Callable[[], Index]) -> None:
    """A part takes the place of the one of its name, words and all; others stay."""
    index = opened()
    put(index, "a", "red apples fall", "green pears rise")
    put(index, "a", "blaue Pflaumen", language="de")
    put(index, "b", "red roses")
    put(index, "a", "red cherries")
    assert said(index, "a") == ["blaue Pflaumen", "red cherries"], "by the part's name, number"
    assert found(index, word("appl", "apples")) == []
    assert found(index, word("red")) == ["red cherries", "red roses"] or found(
        index, word("red")
    ) == ["red roses", "red cherries"]
    known = index.frequencies(["appl", "pear", "red"])
    assert dict(known) == {"appl": 0, "pear": 0, "red": 2}
    put(index, "b")
    assert [part.name for part in index.parts("b")] == ["speech:en"], "an empty part is a part"
    assert found(index, word("rose")) == []
    assert index.verify() == ()
    index.close()


def check_removing(opened: Callable[[], Index]) -> None:
    """Removing leaves an index equal to one where it never was."""
    index = opened()
    put(index, "kept", "red apples")
    counted, known = index.counts(), index.frequencies(["red", "appl"])
    put(index, "gone", "red roses", "and a rarity")
    put(index, "gone", "rote Rosen", language="de")
    assert index.remove("gone", "speech:de")
    assert not index.remove("gone", "speech:de")
    assert index.volume("gone") is not None
    assert index.remove("gone")
    assert not index.remove("gone")
    assert index.volume("gone") is None
    after = index.counts()
    assert (after.volumes, after.parts, after.passages) == (
        counted.volumes, counted.parts, counted.passages,
    )  # fmt: skip
    assert index.frequencies(["red", "appl"]) == known
    assert dict(index.frequencies(["rose", "rariti"])) == {"rose": 0, "rariti": 0}
    assert index.near_terms("rariti", limit=5) == ()
    assert found(index, word("rose")) == []
    put(index, "last", "one part")
    assert index.remove("last", "speech:en"), "the last part takes its volume along"
    assert index.volume("last") is None
    assert index.languages() == ("en",)
    assert index.verify() == ()
    index.close()


def check_all_or_nothing(opened: Callable[[], Index]) -> None:
    """What fails in the middle changes nothing."""
    index = opened()
    put(index, "a", "red apples")
    good = Passage(media_id="a", part="speech:en", number=0, start_ms=0, end_ms=9, text="pears")
    bad = dataclasses.replace(good, text=7)  # type: ignore[arg-type]
    changed = Volume(media_id="a", title="New")
    for passages in ([good, bad], [good, good]):  # no text; a number twice
        refused(lambda: index.replace(changed, Part(language="en"), passages))  # noqa: B023 - at once
        assert said(index, "a") == ["red apples"]
        assert found(index, word("pear")) == []
        assert index.volume("a") == Volume(media_id="a", title="A")
    put(index, "b", "pears")
    assert found(index, word("pear")) == ["pears"], "it goes on"
    assert index.verify() == ()
    index.close()


def check_titles(opened: Callable[[], Index]) -> None:
    """Titles and chapters are found, a changed title instead of the old, in all parts."""
    index = opened()
    put(index, "a", "one", title="Symmetry")
    put(index, "a", "eins", language="de", title="Symmetry")
    put(index, "b", "two", chapter="Group theory")
    assert sorted(found(index, word("symmetri"))) == ["one"], "in the passage's language"
    assert found(index, word("theori")) == ["two"]
    put(index, "a", "one", title="Invariance")
    assert found(index, word("symmetri")) == []
    assert found(index, word("symmetry")) == []
    assert found(index, word("invari")) == ["one"]
    assert found(index, word("invarianc", "invariance")) == ["eins"], "of the other part too"
    assert index.verify() == ()
    index.close()


def check_queries(opened: Callable[[], Index]) -> None:
    """Every node of a query, one inside the other."""
    index = opened()
    put(index, "a", "red apples", "green apples", "red pears", "pears and red apples", "plums")
    red, green, apples, pears = map(word, ("red", "green", "appl", "pear"))
    cases: list[tuple[object, str]] = [
        (word("red", "green"), "0 1 2 3"),
        (AllOf(parts=(red, apples)), "0 3"),
        (AnyOf(parts=(green, pears)), "1 2 3"),
        (Phrase(terms=("red", "appl")), "0 3"),
        (Phrase(terms=("appl", "red")), ""),
        (Phrase(terms=("plum",)), "4"),
        (Prefix(start="app"), "0 1 3"),
        (Prefix(start="pl"), "4"),
        (Prefix(start="zz"), ""),
        (Without(node=apples, unwanted=red), "1"),
        (Without(node=apples, unwanted=word("zz")), "0 1 3"),
        (Without(node=apples, unwanted=Without(node=red, unwanted=pears)), "1 3"),
        (Without(node=AnyOf(parts=(red, green)), unwanted=Phrase(terms=("red", "appl"))), "1 2"),
        (AllOf(parts=(AnyOf(parts=(red, green)), Without(node=apples, unwanted=pears))), "0 1"),
        (AllOf(parts=(Prefix(start="pea"), Phrase(terms=("red", "appl")))), "3"),
        (AnyOf(parts=(AllOf(parts=(red, pears)), Phrase(terms=("green", "appl")))), "1 2 3"),
        (AnyOf(parts=(Term(any_of=("appl",), weight=0.5), pears)), "0 1 2 3"),
    ]
    texts = said(index, "a")
    for query, wanted in cases:
        assert sorted(found(index, query)) == sorted(texts[int(n)] for n in wanted.split()), query  # type: ignore[arg-type]
    assert len(index.by_words(red, filters=ALL, limit=2)) == 2
    index.close()


def check_scripts(opened: Callable[[], Index]) -> None:
    """Words of two signs inside a longer run; other scripts; signs that are no letters."""
    index = opened()
    texts = {
        "ja": "今日は東京都庁へ行きました", "zh": "我们讨论量子力学的对称性",
        "ko": "재방송을 보았습니다", "ar": "السلام عليكم", "hi": "नमस्ते दुनिया",
        "ru": "Законы сохранения энергии", "th": "สวัสดี",
    }  # fmt: skip
    for language, text in texts.items():
        put(index, language, text, language=language)
    for language, asked in (
        ("ja", "東京"), ("ja", "都庁"), ("zh", "力学"), ("zh", "量子力学"), ("ko", "방송"),
        ("ar", "عليكم"), ("hi", "दुनिया"), ("ru", "энергия"), ("th", "สวัสดี"),
    ):  # fmt: skip
        query = Phrase(terms=tuple(terms(asked, language=language)))
        assert found(index, query) == [texts[language]], asked
    index.close()


def check_hostile_terms(opened: Callable[[], Index]) -> None:
    """Whatever stands in a term is a term: no syntax, no error."""
    index = opened()
    put(
        index,
        "a",
        "near or not and",
        "x\0y \ufffe nul",
        "apple " + "q" * 5_000,
        "the \U0001f600 cat",
    )
    put(index, "b", "O'Brien; DROP TABLE passages; --", "back\\slash 'a':1A & !b")
    hostile = [
        '"', "'", "''", "\\", "*", "a*", "NEAR(a b)", "a OR b", "^a", "-a", "a:b", "text:a", "&",
        "|", "!", "<->", ":*", "a\0b", "\0", "", " ", "%", "_", "(", ")", "{", "\U0001f600",
        "'; DROP TABLE", "q" * 5_000, "\u6771" * 3_000, "\ud800", "e\u0301",
    ]  # fmt: skip
    for one in hostile:
        for node in (
            word(one), Phrase(terms=(one, one)), Prefix(start=one),
            AnyOf(parts=(word(one), Phrase(terms=(one,)))),
            Without(node=word("cat"), unwanted=word(one)),
        ):  # fmt: skip
            hits = index.by_words(node, filters=ALL, limit=5)
            assert len(hits) <= 5
        assert index.frequencies([one])[one] >= 0
        assert len(index.near_terms(one, limit=3)) <= 3
    assert found(index, word("near")) == ["near or not and"]
    assert found(index, word("q" * 5_000)) == ["apple " + "q" * 5_000]
    assert len(found(index, word("nul"))) == 1
    assert found(index, word("tabl")) == ["O'Brien; DROP TABLE passages; --"]
    assert len(found(index, Phrase(terms=tuple(terms("slash a 1a", language="en"))))) == 1
    many = AnyOf(parts=(*(word(f"w{n}") for n in range(2_000)), word("cat")))
    assert found(index, many) == ["the \U0001f600 cat"]
    for nothing in (AnyOf(parts=()), AllOf(parts=()), Term(any_of=()), Phrase(terms=())):
        assert index.by_words(nothing, filters=ALL, limit=5) == ()
    for media_id in ("a\0'", "\ud800"):
        assert index.volume(media_id) is None
        assert index.parts(media_id) == ()
        assert list(index.passages_of(media_id)) == []
        assert not index.remove(media_id)
    assert index.verify() == ()
    index.close()


def check_vocabulary(opened: Callable[[], Index]) -> None:
    """Frequencies count passages; near terms are near, the first letter wrong too."""
    index = opened()
    put(index, "a", "symmetry symmetry", "symmetry invariance", "momentum", "cat", "東京 東京")
    assert dict(index.frequencies(["symmetri", "invari", "cat", "東京", "dog"])) == {
        "symmetri": 2, "invari": 1, "cat": 1, "東京": 1, "dog": 0,
    }  # fmt: skip
    assert dict(index.frequencies([])) == {}
    for typed in ("symetri", "symmetru", "simmetri", "zymmetri", "symmtri"):
        assert ("symmetri", 2) in index.near_terms(typed, limit=20), typed
    assert "momentum" not in dict(index.near_terms("symmetri", limit=20))
    assert len(index.near_terms("symmetr", limit=1)) <= 1
    index.close()


def check_languages(opened: Callable[[], Index]) -> None:
    """Primary tags, the most frequent first."""
    index = opened()
    put(index, "a", "eins", "zwei", language="de-AT")
    put(index, "b", "drei", language="de")
    put(index, "c", "one", "two", language="en")
    put(index, "d", "un", language="und")
    assert index.languages() == ("de", "en", "und")
    index.close()


def check_around(opened: Callable[[], Index]) -> None:
    """Neighbours in the part, never beyond it."""
    index = opened()
    put(index, "a", "zero", "one", "two", "three")
    put(index, "a", "null", "eins", "zwei", language="de")
    one = list(index.passages_of("a", "speech:en"))[1]
    texts = [passage.text for passage in index.around(one)]
    assert texts == ["zero", "one", "two"]
    texts = [passage.text for passage in index.around(one, before=5, after=9)]
    assert texts == ["zero", "one", "two", "three"]
    assert index.around(one, before=0, after=0) == (one,)
    assert len(list(index.passages_of("a"))) == 7
    assert list(index.passages_of("a", "speech:fr")) == []
    index.close()


def check_reader_beside_writer(opened: Callable[[], Index]) -> None:
    """A reader sees what is written, as soon as it is, and is not kept waiting."""
    writer, reader = opened(), opened()
    put(writer, "a", "red apples")
    assert found(reader, word("red")) == ["red apples"]
    volumes = reader.volumes()
    next(volumes)
    put(writer, "b", "red roses")
    list(volumes)
    assert sorted(found(reader, word("red"))) == ["red apples", "red roses"]
    assert reader.counts().passages == 2
    put(reader, "c", "red cherries")
    put(writer, "d", "red plums")
    assert len(found(writer, word("red"))) == len(found(reader, word("red"))) == 4
    writer.close()
    assert reader.verify() == ()
    reader.close()


def check_rebuild(opened: Callable[[], Index]) -> None:
    """Rebuilding changes no answer."""
    index = opened()
    fill_shelf(index)
    put(index, "d", "wort red apples", "red pears", title="A wort", chapter="Pears")
    index.remove("b")
    queries: Sequence[object] = (word("wort"), word("red"), Prefix(start="pe"), word("pear"))

    def answers(one: Index) -> object:
        return (
            [one.by_words(query, filters=ALL, limit=9) for query in queries],  # type: ignore[arg-type]
            one.by_vector(np.eye(4, dtype=np.float32)[0], filters=ALL, limit=9),
            dict(one.frequencies(["wort", "red", "pear"])),
            one.near_terms("wart", limit=9),
            one.encoding,
        )

    before = answers(index)
    index.rebuild()
    assert answers(index) == before
    assert index.verify() == ()
    index.close()
    again = opened()
    assert answers(again) == before
    again.close()


CHECKS: tuple[Callable[[Callable[[], Index]], None], ...] = (
    check_round_trip, check_empty, check_replacing, check_removing, check_all_or_nothing,
    check_titles, check_queries, check_scripts, check_hostile_terms, check_vocabulary,
    check_languages, check_around, check_reader_beside_writer, check_rebuild, *NARROWINGS,
    *RANKINGS,
)  # fmt: skip
"""All of them; each takes a function that opens one library, empty at first."""
