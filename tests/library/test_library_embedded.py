"""The embedded index: what is put in is found, what is taken out is gone, nobody waits."""

from __future__ import annotations

import os
import sqlite3
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import CorruptError, StoreError, UsageError
from loquitur.library.index.embedded import EmbeddedIndex, pruning, ranking, rows, schema
from loquitur.model.library import (
    ALL,
    AllOf,
    AnyOf,
    Encoding,
    Filters,
    Part,
    Passage,
    Phrase,
    Prefix,
    Term,
    Volume,
    Without,
)
from loquitur.testing.passages import PART, zipf_passages, zipf_queries

ENCODING = Encoding(engine="hashing", version="1", dimension=4)
TALK = Volume(media_id="youtube:abc", title="Symmetry", channel="Élan", published="2024-05-01")


@pytest.fixture
def index(tmp_path):
    index = EmbeddedIndex(tmp_path / "course.library")
    yield index
    index.close()


def passage(number, text, *, media_id="youtube:abc", part="speech:en", **more):
    return Passage(
        media_id=media_id, part=part, number=number, start_ms=number * 1000,
        end_ms=number * 1000 + 1000, text=text, language="en", **more,
    )  # fmt: skip


def fill(index, *texts, volume=TALK, language="en", **more):
    part = Part(language=language)
    passages = [
        passage(at, text, media_id=volume.media_id, part=part.name, **more)
        for at, text in enumerate(texts)
    ]
    index.replace(volume, part, passages)
    return part


def term(*stems, weight=1.0):
    return Term(any_of=stems, weight=weight)


def texts(index, query, filters=ALL, limit=10):
    found = index.by_words(query, filters=filters, limit=limit)
    return [one.text for one in index.passages([hit.id for hit in found])]


def content(index):
    """How many rows all tables have, and what is kept of words."""
    index.close()
    with sqlite3.connect(index.path) as db:
        tables = ("volumes", "parts", "passages", "texts", "voices", "speakers", "languages")
        counts = {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables
        }
        counts["words"] = db.execute("SELECT count(*) FROM words_docsize").fetchone()[0]
        counts["vocabulary"] = dict(db.execute("SELECT term, passages FROM vocabulary"))
        counts["forms"] = sorted(db.execute("SELECT * FROM forms"))
    db.close()
    return counts


def test_a_passage_comes_back_as_it_went_in(index):
    whole = passage(
        0, "The energy is conserved.", speaker="Emmy", speakers=("Emmy", "David"),
        chapter="Noether", emotion="joy", sentences=(0, 4), offsets=(0, 4, 11, 14),
        times_ms=(0, 300, 70_000, 69_000), timed=False,
    )  # fmt: skip
    index.replace(TALK, Part(language="en", digest="d", source="captions"), [whole])
    (found,) = index.passages_of(TALK.media_id)
    assert found.id
    assert found == Passage(**{**{n: getattr(whole, n) for n in Passage.__slots__}, "id": found.id})
    assert index.volume(TALK.media_id) == TALK
    assert index.parts(TALK.media_id) == (Part(language="en", digest="d", source="captions"),)
    assert index.verify() == ()


def test_removing_leaves_the_index_as_it_was(index):
    fill(index, "one apple", "two pears", speaker="Ann")
    before = content(index)
    other = Volume(media_id="youtube:xyz", title="Fruit")
    fill(index, "an apple", "and a quince", volume=other, speaker="Bob", chapter="Quinces")
    assert content(index) != before
    assert index.remove("youtube:xyz")
    assert content(index) == before
    assert not index.remove("youtube:xyz")
    assert not index.remove("youtube:abc", "chat:en")
    assert index.verify() == ()


def test_a_changed_part_is_replaced(index):
    fill(index, "one apple", "two pears")
    fill(index, "three quinces")
    assert texts(index, term("appl")) == []
    assert texts(index, term("quinc")) == ["three quinces"]
    assert index.frequencies(["appl", "quinc", "three"]) == {"appl": 0, "quinc": 1, "three": 1}
    assert index.counts().passages == 1
    assert index.verify() == ()


def test_a_new_title_is_found_in_all_parts(index):
    fill(index, "one apple", speaker="Ann")
    fill(index, "eine birne", language="de")
    named = Volume(media_id=TALK.media_id, title="Noether")
    fill(index, "two pears", volume=named)
    assert texts(index, term("symmetri")) == []
    assert sorted(texts(index, term("noether"))) == ["eine birne", "two pears"]
    assert texts(index, term("noether"), Filters(speakers=("ann",))) == []
    assert index.verify() == ()


def test_every_node_of_a_query(index):
    fill(index, "red green blue", "red blue", "green", "blue green red")
    red, green, blue = term("red"), term("green"), term("blue")
    assert texts(index, AllOf(parts=(red, green))) == ["red green blue", "blue green red"]
    assert set(texts(index, AnyOf(parts=(red, green)))) >= {"green", "red blue"}
    assert texts(index, Without(node=red, unwanted=green)) == ["red blue"]
    assert texts(index, Phrase(terms=("green", "blue"))) == ["red green blue"]
    assert len(texts(index, Prefix(start="gre"))) == 3
    assert texts(index, Without(node=AnyOf(parts=(green, blue)), unwanted=red)) == ["green"]
    assert texts(index, AllOf(parts=(red, AnyOf(parts=())))) == []
    assert texts(index, term("grun", "green", "blue"))[0] == "green", "one word, found once"


HOSTILE = ('"', "NEAR", "*", "a\0b", "text:", "^", "(", "-", "", " ", "\ud800", "😀", "x" * 9000)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_in_a_term_is_syntax(index, hostile):
    fill(index, "near text apple")
    for node in (term(hostile), Phrase(terms=(hostile, "x")), Prefix(start=hostile)):
        assert isinstance(index.by_words(node, filters=ALL, limit=5), tuple)
    assert texts(index, AnyOf(parts=(term(hostile), term("appl")))) == ["near text apple"]
    assert set(index.frequencies([hostile]).values()) == {0} or hostile == "NEAR"
    index.near_terms(hostile, limit=5)


def test_a_query_may_be_wide_but_not_deep(index):
    fill(index, "apple")
    wide = AnyOf(parts=(*(term(f"w{number}") for number in range(3000)), term("appl")))
    assert texts(index, wide) == ["apple"]
    deep = term("appl")
    for _ in range(200):
        deep = Without(node=deep, unwanted=term("pear"))
    with pytest.raises(UsageError, match="deep"):
        index.by_words(deep, filters=ALL, limit=1)


def test_weights_multiply_scores(index):
    fill(index, "apple tree", "pear tree", "plum tree", "a b", "c d", "e f", "g h")
    query = AnyOf(parts=(term("appl", weight=0.4), term("pear")))
    first, second = index.by_words(query, filters=ALL, limit=5)
    assert index.passages([first.id])[0].text == "pear tree"
    assert second.score == pytest.approx(0.4 * first.score)
    both = AllOf(parts=(term("appl", weight=0.5), term("tree")))
    assert texts(index, both) == ["apple tree"]


def test_ties_are_in_the_order_of_ids(index):
    fill(index, *["same words here"] * 9, "other")
    found = index.by_words(term("same"), filters=ALL, limit=5)
    assert [hit.id for hit in found] == [1, 2, 3, 4, 5]
    assert len({hit.score for hit in found}) == 1


def test_frequent_words_change_no_answer(index, monkeypatch):
    monkeypatch.setattr(pruning, "_WORTH", 20)
    for volume, passages in zipf_passages(400, words=12, vocabulary=300, seed=5):
        index.replace(volume, PART, passages)
    counted = index.frequencies(next(index.passages_of("youtube:00000000000")).text.split())
    index.close()
    frequent = [term(word) for word, count in counted.items() if count > 40][:2]
    assert frequent
    pruned = 0
    for words in zipf_queries(30, words=2, vocabulary=300, seed=4):
        query = AnyOf(parts=(frequent[0], *map(term, words), frequent[-1]))
        for filters in (ALL, Filters(speakers=("SPEAKER_01",))):
            fast = index.by_words(query, filters=filters, limit=5)
            with monkeypatch.context() as patch:
                patch.setattr(pruning, "_WORTH", 10**9)
                assert index.by_words(query, filters=filters, limit=5) == fast
        with index._connections.reading() as db:
            source = "words WHERE words MATCH ?"
            pruned += ranking._pruned(db, query, source, [], 5) is not None
    assert pruned >= 10


def test_filters_alone_and_together(index):
    fill(index, "apple one", "apple two", speaker="Zoë", emotion="Joy")
    other = Volume(
        media_id="youtube:ABC", title="Other", channel="b", published="2023-01-01",
        duration_ms=60_000,
    )  # fmt: skip
    index.replace(
        other, Part(kind="chat", language="en-GB"),
        [Passage(media_id=other.media_id, part="chat:en-GB", number=0, start_ms=0, end_ms=1,
                 text="apple three", language="en-GB", speakers=("Ann", "Bob"))],
    )  # fmt: skip
    ones = ["apple one", "apple two"]
    for filters, expected in (
        (Filters(speakers=("ZOË",)), ones),
        (Filters(speakers=("bob", "nobody")), ["apple three"]),
        (Filters(channels=("ÉLAN",)), ones),
        (Filters(languages=("en",)), [*ones, "apple three"]),
        (Filters(languages=("EN-gb",)), ["apple three"]),
        (Filters(emotions=("joy",)), ones),
        (Filters(kinds=("chat",)), ["apple three"]),
        (Filters(media_ids=("youtube:ABC",)), ["apple three"]),
        (Filters(after="2024-05-01"), ones),
        (Filters(before="2024-05-01"), ["apple three"]),
        (Filters(shortest_ms=60_000), ["apple three"]),
        (Filters(longest_ms=59_999), []),
        (Filters(kinds=("speech",), emotions=("joy",), channels=("élan",)), ones),
        (Filters(kinds=("speech",), speakers=("Ann",)), []),
    ):
        assert texts(index, term("appl"), filters) == expected, filters


def test_vectors_are_found_by_cosine(index):
    vectors = np.eye(4, dtype=np.float32)[:3]
    part = Part(language="en")
    index.replace(TALK, part, [passage(n, f"t{n}") for n in range(3)], vectors=vectors,
                  encoding=ENCODING)  # fmt: skip
    query = np.array([0.1, 0.9, 0.3, 0], dtype=np.float32)
    found = index.by_vector(query, filters=ALL, limit=2)
    assert [hit.id for hit in found] == [2, 3]
    assert found[0].score == pytest.approx(0.9, abs=1e-3)
    assert index.vectors([2, 1]) == pytest.approx(vectors[[1, 0]])
    assert index.vectors([2, 99]) is None
    assert index.encoding == ENCODING
    other = Encoding(engine="onnx", model="minilm", version="1", dimension=4)
    with pytest.raises(UsageError, match=r"hashing .* not of onnx:minilm") as caught:
        index.replace(TALK, part, [passage(0, "x")], vectors=vectors[:1], encoding=other)
    assert "rebuild --library course --embedding onnx:minilm" in caught.value.hint
    assert index.counts().passages == 3
    with pytest.raises(UsageError, match="its own have 4"):
        index.by_vector(np.zeros(5, np.float32), filters=ALL, limit=1)


def test_near_terms_share_a_half_or_the_sound(index):
    fill(index, "symmetry relativity momentum tesla")
    near = {
        wrong: [found for found, _ in index.near_terms(wrong, limit=3)]
        for wrong in ("simmetri", "momemtum", "desla", "qelat", "qqqq")
    }
    assert near["simmetri"][0] == "symmetri"
    assert near["momemtum"][0] == "momentum"
    assert near["desla"][0] == "tesla"
    assert near["qelat"][0] == "relat"
    assert near["qqqq"] == []


def test_counts_are_the_same_before_and_after_they_are_settled(index):
    reader = EmbeddedIndex(index.path)
    for number in range(3):
        fill(index, "apple pear", volume=Volume(media_id=f"m{number}", title=""))
        assert dict(reader.frequencies(["appl", "pear"])) == {
            "appl": number + 1,
            "pear": number + 1,
        }
    index.close()
    assert dict(reader.frequencies(["appl"])) == {"appl": 3}
    assert reader.near_terms("aple", limit=1) == (("appl", 3),)
    reader.close()


def test_words_of_other_rules_are_refused_until_a_rebuild(index):
    fill(index, "one apple")
    with sqlite3.connect(index.path) as db:
        db.execute("UPDATE about SET value = '0' WHERE name = 'terms'")
    db.close()
    assert [finding.code for finding in index.verify()] == ["rules"]
    for call in (
        lambda: index.by_words(term("appl"), filters=ALL, limit=1),
        lambda: index.remove(TALK.media_id),
        lambda: fill(index, "two"),
    ):
        with pytest.raises(UsageError, match="other rules") as caught:
            call()
        assert "loquitur library rebuild --library course" in caught.value.hint
    index.rebuild()
    assert texts(index, term("appl")) == ["one apple"]
    assert index.verify() == ()


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        ("DELETE FROM passages WHERE id = 2", "half"),
        ("DELETE FROM uncounted", "vocabulary"),
        ("INSERT INTO words (words) VALUES ('delete-all')", "words"),
        ("UPDATE languages SET passages = 7", "languages"),
        ("INSERT INTO vectors VALUES (77, x'00')", "vectors"),
    ],
)
def test_what_does_not_agree_is_found(index, harm, code):
    fill(index, "one apple", "two pears")
    db = sqlite3.connect(index.path, isolation_level=None)
    db.execute(harm)
    db.close()
    assert code in {finding.code for finding in index.verify()}
    if code != "half":
        index.rebuild()
        assert index.verify() == ()


def test_a_newer_library_and_other_files_are_refused(tmp_path):
    path = tmp_path / "course.library"
    EmbeddedIndex(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    db.close()
    with pytest.raises(StoreError, match="library version 2") as caught:
        EmbeddedIndex(path)
    assert "pip install -U loquitur" in caught.value.hint
    path.write_text("no data base at all" * 100)
    with pytest.raises(CorruptError, match="damaged") as caught:
        EmbeddedIndex(path)
    assert "loquitur library rebuild --library course" in caught.value.hint
    foreign = tmp_path / "foreign.library"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    with pytest.raises(CorruptError, match="not a library"):
        EmbeddedIndex(foreign)


def test_readers_see_the_old_state_and_do_not_wait(index):
    fill(index, "one apple")
    with index._connections.writing() as db:
        db.execute("DELETE FROM passages")
        seen = []
        reader = threading.Thread(target=lambda: seen.extend(texts(index, term("appl"))))
        reader.start()
        reader.join(timeout=60)
        assert seen == ["one apple"]
        db.execute("ROLLBACK")
        db.execute("BEGIN")


def test_a_forked_child_opens_its_own_connections(index):
    fill(index, "one apple")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            fill(index, "two apples")
            code = 0 if texts(index, term("appl")) == ["two apples"] else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert texts(index, term("appl")) == ["two apples"]


@given(st.lists(st.integers(0, 1 << 40)) | st.lists(st.integers(0, 300)))
@settings(max_examples=50)
def test_numbers_come_back(numbers):
    assert rows.unpacked(rows.packed(numbers)) == tuple(numbers)


operations = st.lists(
    st.tuples(
        st.sampled_from(("put", "remove")),
        st.integers(0, 2),
        st.lists(st.sampled_from(("apple", "red pear", "東京 tower", "Émile", "")), max_size=3),
        st.sampled_from(("First", "Second")),
    ),
    max_size=8,
)


@given(operations)
@settings(max_examples=10, deadline=None)
def test_a_library_is_what_was_left_in_it(tmp_path_factory, operations):
    folder = tmp_path_factory.mktemp("model")
    index = EmbeddedIndex(folder / "x.library")
    kept = {}
    for what, number, words, title in operations:
        media_id = f"file:{number}"
        if what == "put":
            kept[media_id] = (words, title)
            fill(index, *words, volume=Volume(media_id=media_id, title=title))
        else:
            assert index.remove(media_id) == (kept.pop(media_id, None) is not None)
    fresh = EmbeddedIndex(folder / "y.library")
    for media_id, (words, title) in kept.items():
        fill(fresh, *words, volume=Volume(media_id=media_id, title=title))
    assert content(index) == content(fresh)
    assert index.verify() == fresh.verify() == ()
    index.close()
    fresh.close()
