"""Both indexes find the same: XQuAD in two languages in a file and on a server."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.library.index.postgres import PostgresIndex
from loquitur.library.search.retrieval import retrieve
from loquitur.library.terms import terms
from loquitur.model.library import (
    ALL,
    AllOf,
    AnyOf,
    Filters,
    Part,
    Passage,
    Phrase,
    Prefix,
    Term,
    Volume,
    Without,
)

pytestmark = pytest.mark.slow


def articles(path):
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        paragraphs = [paragraph["context"] for paragraph in article["paragraphs"]]
        asked = [qa["question"] for paragraph in article["paragraphs"] for qa in paragraph["qas"]]
        yield article["title"], paragraphs, asked


@pytest.fixture(scope="module")
def both(shared, tmp_path_factory, postgres):
    """The same passages in both; questions of each language."""
    name = f"agrees_{os.getpid()}"
    postgres.drop(name)
    place = tmp_path_factory.mktemp("agrees") / "x.library"
    indexes = (EmbeddedIndex(place), PostgresIndex(postgres.library(name)))
    questions = {}
    for language in ("en", "zh"):
        for title, paragraphs, asked in articles(
            shared / "qa" / "xquad" / f"xquad.{language}.json"
        ):
            volume = Volume(media_id=f"file:{language}/{title}", title=title, language=language)
            part = Part(language=language)
            passages = [
                Passage(
                    media_id=volume.media_id, part=part.name, number=number, start_ms=0, end_ms=1,
                    text=text, language=language, chapter=text[:20], speakers=(f"S{number % 3}",),
                )
                for number, text in enumerate(paragraphs)
            ]  # fmt: skip
            for index in indexes:
                index.replace(volume, part, passages)
            questions.setdefault(language, []).extend(asked[::24])
    yield *indexes, questions
    for index in indexes:
        index.close()
    postgres.drop(name)


def best(index, query, filters=ALL):
    hits = index.by_words(query, filters=filters, limit=20)
    texts = [passage.text for passage in index.passages([hit.id for hit in hits])]
    return texts, np.array([hit.score for hit in hits])


def queries(asked, language):
    found = list(dict.fromkeys(terms(asked, language=language)))
    words = [Term(any_of=(term,)) for term in found]
    yield AnyOf(parts=tuple(words))
    yield AllOf(parts=tuple(words[:2]))
    yield AnyOf(parts=(Term(any_of=tuple(found[:3]), weight=0.5), *words[3:6]))
    yield Phrase(terms=tuple(terms(asked, language=language)[:3]))
    yield Prefix(start=found[-1][:3])
    yield Without(node=AnyOf(parts=tuple(words[:4])), unwanted=words[-1])


def test_the_same_passages_with_the_same_scores(both):
    embedded, server, questions = both
    compared = 0
    for language, asked in questions.items():
        for number, question in enumerate(asked[::2]):
            filters = (ALL, Filters(speakers=("s1",), languages=(language,)))[number % 2]
            for query in queries(question, language):
                here, scores = best(embedded, query, filters)
                there, others = best(server, query, filters)
                assert len(here) == len(there), (question, query)
                assert np.allclose(scores, others, rtol=1e-4, atol=1e-6), (question, query)
                differ = [
                    at
                    for at, pair in enumerate(zip(here, there, strict=True))
                    if pair[0] != pair[1]
                ]
                for at in differ:  # only where scores are as good as equal
                    near = np.isclose(others, scores[at], rtol=1e-4, atol=1e-6)
                    assert near.sum() > 1, (question, query, at)
                compared += 1
    assert compared > 150
    assert embedded.languages() == server.languages()
    sample = ["the", "beyonce", "中", "的"]
    assert dict(embedded.frequencies(sample)) == dict(server.frequencies(sample))


def test_a_search_on_a_server_is_as_good(both):
    embedded, server, questions = both
    for language, asked in questions.items():
        same = 0
        for question in asked:
            here, there = (
                [found.passage.text for found in retrieve(index, question, limit=5)]
                for index in (embedded, server)
            )
            same += here[:1] == there[:1]
        assert same >= 0.97 * len(asked), language
