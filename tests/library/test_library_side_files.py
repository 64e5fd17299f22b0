"""Side files of an embedded library: the same answers with them, without, and with old ones."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import sqlite3
from collections import Counter

import numpy as np
import pytest

from loquitur.library.index.embedded import (
    EmbeddedIndex,
    graph,
    inverted,
    matrix,
    ranking,
    side,
    upkeep,
)
from loquitur.model.library import (
    ALL,
    AllOf,
    AnyOf,
    Encoding,
    Filters,
    Part,
    Phrase,
    Prefix,
    Term,
    Volume,
    Without,
)
from loquitur.testing.passages import PART, zipf_passages, zipf_queries

ENCODING = Encoding(engine="hashing", version="1", dimension=16)
COUNT, EACH = 400, 20


def vectors(count, seed):
    drawn = np.random.default_rng(seed).standard_normal((count, 16), dtype=np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


LEAST = 100


@pytest.fixture
def eager(monkeypatch):
    """Side files are made of nearly nothing."""
    hasten(monkeypatch)


def hasten(patch):
    for module in (matrix, inverted, graph):
        patch.setattr(module, "LEAST", LEAST)
    for module in (inverted, graph):
        patch.setattr(module, "LEAST_ROWS", LEAST)


def fill(index, first=0, count=COUNT):
    made = zipf_passages(count, words=20, vocabulary=900, per_volume=EACH, seed=first)
    for number, (volume, passages) in enumerate(made, first):
        named = Volume(media_id=f"m{number}", title=volume.title, channel=volume.channel)
        index.replace(
            named, PART, passages, vectors=vectors(len(passages), number), encoding=ENCODING
        )


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A library with side files, to be copied."""
    index = EmbeddedIndex(tmp_path_factory.mktemp("pattern") / "x.library")
    with pytest.MonkeyPatch.context() as patch:
        hasten(patch)
        fill(index)
        index.close()
    return index.path


@pytest.fixture
def filled(tmp_path, pattern, eager):
    shutil.copytree(pattern.parent, tmp_path / "libraries")
    index = EmbeddedIndex(tmp_path / "libraries" / "x.library")
    yield index
    index.close()


def words_of(index, query, filters=ALL, limit=12):
    return index.by_words(query, filters=filters, limit=limit)


def queries():
    for words in zipf_queries(8, words=3, vocabulary=900, seed=3):
        one, two, three = (Term(any_of=(word,)) for word in words)
        yield AnyOf(parts=(one, two, Term(any_of=(words[2],), weight=0.5)))
        yield Without(node=AnyOf(parts=(one, two)), unwanted=three)
        yield AllOf(parts=(one, AnyOf(parts=(two, three))))


def bare(index, call):
    """What an index gives without its side files."""
    folder = side.folder_of(index.path)
    aside = folder.with_name("aside")
    index.close()
    folder.rename(aside)
    try:
        return call(index)
    finally:
        index.close()
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)


def check_same(index):
    """With the side files it finds what it finds without: words nearly, vectors exactly."""
    for query in queries():
        sides = words_of(index, query)
        plain = bare(index, lambda one, query=query: words_of(one, query, limit=40))
        assert len(sides) == min(12, len(plain))
        scores = {hit.id: hit.score for hit in plain}
        for hit, other in zip(sides, plain, strict=False):
            if hit.id in scores:
                assert scores[hit.id] >= 0.75 * other.score, query
        assert len({hit.id for hit in sides} & scores.keys()) >= 0.8 * len(sides)
    for seed in range(900, 903):
        query = vectors(1, seed)[0]
        near = index.by_vector(query, filters=ALL, limit=9)
        exact = bare(index, lambda one, query=query: one.by_vector(query, filters=ALL, limit=9))
        assert [hit.id for hit in near] == [hit.id for hit in exact]
        assert [hit.score for hit in near] == pytest.approx([hit.score for hit in exact], abs=1e-6)


def made(index):
    return {path.name for path in side.folder_of(index.path).glob("*.json")}


def test_side_files_give_the_answers_of_the_library(filled):
    assert made(filled) == {"vectors.json", "words.json", "graph.json"}
    check_same(filled)
    assert filled.verify() == ()


@pytest.mark.slow
def test_what_is_newer_or_gone_is_looked_up_in_the_library(filled, monkeypatch):
    before = {name: (side.folder_of(filled.path) / name).read_text() for name in made(filled)}
    for module in (matrix, inverted, graph):
        monkeypatch.setattr(module, "LEAST", 10_000)
    assert filled.remove("m3")
    fill(filled, first=7, count=EACH)
    fill(filled, first=300, count=2 * EACH)
    filled.replace(Volume(media_id="m5", title="Gagaga"), Part(language="de"), [])
    check_same(filled)
    query = next(filled.passages_of("m300")).text.split()[0]
    assert {hit.id for hit in words_of(filled, Term(any_of=(query,)), limit=600)} == {
        hit.id for hit in bare(filled, lambda one: words_of(one, Term(any_of=(query,)), limit=600))
    }
    after = {name: (side.folder_of(filled.path) / name).read_text() for name in made(filled)}
    assert after == before
    assert filled.verify() == ()


@pytest.mark.slow
def test_side_files_are_brought_up_to_date(filled):
    for number in range(9):
        filled.remove(f"m{number}")
    filled.close()
    folder, about = side.folder_of(filled.path), key(filled, "encoding")
    assert side.read(folder, "vectors", about).rows == COUNT
    fill(filled, first=900, count=LEAST)  # too much is gone: the matrix is made anew
    filled.close()
    state = side.read(folder, "vectors", about)
    assert (state.serial, state.rows) == (2, COUNT - 9 * EACH + LEAST)
    assert len(list(folder.glob("vectors-*"))) == 2
    check_same(filled)
    assert filled.verify() == ()


def key(index, name):
    with sqlite3.connect(index.path) as db:
        about = dict(db.execute("SELECT name, value FROM about"))
    db.close()
    return f"{about['key']} {about.get('vectors', '')} {about[name]}"


def test_filters_and_prefixes_with_side_files(filled):
    for filters in (
        Filters(media_ids=("m4",)),
        Filters(speakers=("speaker_01",), channels=("Channel 3",)),
        Filters(languages=("de",)),
    ):
        query = next(queries())
        hits = words_of(filled, query, filters, limit=5)
        plain = bare(filled, lambda one: words_of(one, query, filters, limit=5))  # noqa: B023
        assert len(hits) == len(plain)
        near = filled.by_vector(vectors(1, 5)[0], filters=filters, limit=7)
        exact = bare(
            filled,
            lambda one: one.by_vector(vectors(1, 5)[0], filters=filters, limit=7),  # noqa: B023
        )
        assert [hit.id for hit in near] == [hit.id for hit in exact]
    assert len(words_of(filled, Prefix(start="ga"))) == 12
    text = next(filled.passages_of("m2")).text.split()
    (first, *_) = words_of(filled, Phrase(terms=tuple(text[:4])))
    assert filled.passages([first.id])[0].media_id == "m2"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["vectors-1.f32", "vectors.json", "words.json", "words-1", "graph-1.usearch"]
)
def test_damaged_side_files_are_made_anew(filled, name):
    path = side.folder_of(filled.path) / name
    if path.is_dir():
        for file in path.glob("meta.json"):
            file.write_text("{")
    else:
        path.chmod(0o600)
        path.write_bytes(b"{}")
    assert len(words_of(filled, next(queries()))) == 12
    assert len(filled.by_vector(vectors(1, 5)[0], filters=ALL, limit=9)) == 9
    filled.rebuild()
    check_same(filled)
    assert filled.verify() == ()


def test_a_matrix_that_is_not_the_librarys_is_found(filled):
    rows = side.folder_of(filled.path) / "vectors-1.f32"
    data = bytearray(rows.read_bytes())
    data[3] ^= 0x40
    rows.write_bytes(data)
    assert [finding.code for finding in filled.verify()] == ["side"]
    filled.rebuild()
    assert filled.verify() == ()


def test_a_damaged_graph_is_made_anew_by_who_adds(filled, monkeypatch):
    monkeypatch.setattr(side, "_PATIENCE", 1)
    path = side.folder_of(filled.path) / "graph-1.usearch"
    path.write_bytes(path.read_bytes()[:5000])
    fill(filled, first=900, count=EACH)
    filled.close()
    state = side.read(path.parent, "graph", f"{key(filled, 'encoding')} 1")
    assert (state.serial, state.rows) == (2, COUNT)
    assert not path.exists()
    assert len(filled.by_vector(vectors(1, 5)[0], filters=ALL, limit=9)) == 9


def hold(index, first, end):
    """Volumes of ten passages each."""
    for number in range(first, end):
        named = Volume(media_id=f"m{number}", title="")
        ((_, passages),) = zipf_passages(10, words=5, vocabulary=50, seed=number, per_volume=10)
        index.replace(named, PART, passages)


def extend_words(index):
    with index._connections.reading() as db:
        inverted.extend(db, side.folder_of(index.path), upkeep.words_key(db))


class Dying:
    """A tantivy writer that is killed behind its commit, before all is merged and noted."""

    def __init__(self, writer):
        self.writer = writer

    def __getattr__(self, name):
        return getattr(self.writer, name)

    def wait_merging_threads(self):
        os.kill(os.getpid(), signal.SIGKILL)


def leave_unmerged(path):
    """A library whose writer is killed with eight segments, which are enough to be merged."""
    index = EmbeddedIndex(path)
    side.folder_of(path).mkdir()
    for first in range(0, 28, 4):
        hold(index, first, first + 4)
        extend_words(index)
    hold(index, 28, 32)
    writer = inverted._writer
    inverted._writer = lambda of: Dying(writer(of))
    extend_words(index)


@pytest.mark.slow
def test_no_removal_is_lost_where_a_killed_writer_left_segments_unmerged(tmp_path):
    path = tmp_path / "left" / "x.library"
    pid = os.fork()
    if pid == 0:
        try:
            leave_unmerged(path)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
    meta = json.loads((side.folder_of(path) / "words-1" / "meta.json").read_bytes())
    assert len(meta["segments"]) == 8
    for number in range(4):  # what is merged when is chance
        shutil.copytree(path.parent, tmp_path / str(number))
        index = EmbeddedIndex(tmp_path / str(number) / path.name)
        index.remove("m1")
        extend_words(index)
        index.remove("m0")  # of the same segment, and the first of the next writer's changes
        hold(index, 32, 36)
        extend_words(index)
        assert index.verify() == ()
        index.close()


def test_what_a_killed_writer_put_in_beyond_its_state_hides_nothing(filled):
    folder = side.folder_of(filled.path)
    with filled._connections.reading() as db:
        state = side.read(folder, "words", upkeep.words_key(db))
    side.note(folder, "words", dataclasses.replace(state, last=LEAST))
    (word, count), *_ = Counter(
        word for one in filled.passages_of("m2") for word in {*one.text.split()}
    ).most_common(1)
    filters = Filters(media_ids=("m2",))
    found = words_of(filled, Term(any_of=(word,)), filters, limit=count)
    assert len(found) == count > 9
    assert len(words_of(filled, Term(any_of=(word,)), limit=COUNT)) > 5 * count


def test_another_librarys_side_files_are_none(filled, tmp_path, eager):
    other = EmbeddedIndex(tmp_path / "y.library")
    fill(other, first=50, count=2 * EACH)
    other.close()
    shutil.rmtree(side.folder_of(other.path), ignore_errors=True)
    shutil.copytree(side.folder_of(filled.path), side.folder_of(other.path))
    found = other.by_vector(vectors(1, 5)[0], filters=ALL, limit=99)
    assert {hit.id for hit in found} == set(range(1, 2 * EACH + 1))
    other.close()


def test_forgotten_vectors_are_in_no_side_file(filled):
    filled.forget_vectors()
    assert filled.by_vector(vectors(1, 5)[0], filters=ALL, limit=9) == ()
    fill(filled, first=900, count=EACH)
    assert len(filled.by_vector(vectors(1, 5)[0], filters=ALL, limit=99)) == EACH
    assert len(words_of(filled, next(queries()))) == 12
    assert filled.verify() == ()


def test_a_graph_finds_nearly_all_of_the_nearest(filled):
    with filled._connections.reading() as db:
        base = matrix.opened(side.folder_of(filled.path), key(filled, "encoding"), 16, None)
        linked = graph.opened(side.folder_of(filled.path), base, None)
        assert db.execute("SELECT count(*) FROM vectors").fetchone() == (linked.rows,)
    asked = vectors(20, 77)
    exact = np.argsort(-(base.rows @ asked.T), axis=0)[:10]
    shared = sum(
        len(set(graph.nearest(linked, query, limit=10)) & set(base.ids[best]))
        for query, best in zip(asked, exact.T, strict=True)
    )
    assert shared >= 0.95 * 200


def test_words_are_found_though_their_side_index_is_torn_away(filled):
    query = next(queries())
    whole = words_of(filled, query)

    class Torn:
        schema = filled._words.index.schema

        def searcher(self):
            raise ValueError("Data corrupted: 'positions'")

    filled._words = inverted.Inverted(state=filled._words.state, index=Torn())
    found = words_of(filled, query, limit=40)
    assert found == bare(filled, lambda one: words_of(one, query, limit=40))
    assert len(whole) == 12


def test_filters_that_let_little_through_lose_nothing(filled, monkeypatch):
    monkeypatch.setattr(ranking, "_MOST", 100)
    passage = next(filled.passages_of("m7"))
    query = AnyOf(parts=tuple(Term(any_of=(word,)) for word in passage.text.split()))
    for filters in (Filters(media_ids=("m7",)), Filters(speakers=(passage.speaker,))):
        found = {hit.id for hit in words_of(filled, query, filters=filters, limit=400)}
        plain = bare(filled, lambda one, f=filters: words_of(one, query, filters=f, limit=400))
        assert found == {hit.id for hit in plain}
        assert passage.id in found
        best = words_of(filled, query, filters=filters, limit=5)
        assert best[0].id == passage.id
