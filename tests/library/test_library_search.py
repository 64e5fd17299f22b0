"""Search: what may be typed, what it finds, the moment it leads to, page by page."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loquitur.errors import UsageError
from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.library.search import searching
from loquitur.library.search.fusion import fused, held
from loquitur.library.search.likeness import like
from loquitur.library.search.narrowing import both
from loquitur.library.search.queries import asked
from loquitur.library.search.retrieval import retrieve
from loquitur.library.search.stop_words import languages, stop_words
from loquitur.library.terms import terms
from loquitur.model.library import Encoding, Filters, Part, Passage, Volume

SAID = {
    "one": ("en", "2024-05-01", 100_000, [
        "A gauge theory has a local symmetry. The café near us sells e-mail addresses.",
        "Gauge theories are many. Equivariance respects symmetry. Noether proved a theorem.",
        "Anna thinks of a plain transformer. Equivariance again, and equivariance.",
    ]),
    "two": ("en", "2023-01-02", 2_000_000, [
        "The transformer attends to every word. It is trained on text.",
        "A database of neural networks costs 1,000 dollars. 👍",
    ]),
    "tokyo": ("ja", "2024-01-01", None, [
        "東京都の知事は量子力学を学んだ。", "京都は古い都である。",
    ]),
    "berlin": ("de", "", None, ["Die Mauer fiel. Die Straße war voll, und alle waren da."]),
}  # fmt: skip


def volume_of(name):
    language, published, duration, _ = SAID[name]
    return Volume(
        media_id=f"file:{name}", title=f"About {name}", channel="Talks", published=published,
        language=language, duration_ms=duration, origin="https://youtu.be/abcdefghijk",
    )  # fmt: skip


def passages_of(name, texts=None, speaker="Anna Bell", every_ms=60_000):
    language, *_, said = SAID[name]
    found = []
    for number, text in enumerate(texts or said):
        offsets = [0, *(at + 1 for at, sign in enumerate(text) if sign == " ")]
        start = number * every_ms
        sentences = [0, *(at + 1 for at in offsets[1:] if text[at - 2] in ".!?")]
        found.append(
            Passage(
                media_id=f"file:{name}", part=f"speech:{language}", number=number, start_ms=start,
                end_ms=start + 30_000, text=text, speaker=speaker, speakers=(speaker,),
                language=language, offsets=tuple(offsets),
                times_ms=tuple(start + 400 * at for at in range(len(offsets))),
                sentences=tuple(at - 1 if at else 0 for at in sentences),
            )
        )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    found = EmbeddedIndex(tmp_path_factory.mktemp("search") / "a.library")
    for name, (language, *_) in SAID.items():
        found.replace(volume_of(name), Part(language=language), passages_of(name))
    yield found
    found.close()


def search(index, query, *, encoder=None, reranker=None, **options):
    return searching.search(
        index, query, encoder=encoder, reranker=reranker,
        options=searching.SearchOptions(**options),
    )  # fmt: skip


def texts(index, query, **options):
    return [hit.passage.text[:12] for hit in search(index, query, group=False, **options).hits]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("who proved the theorem", "Gauge theori"), ("trained transformers", "The transfor"),
        ('"gauge theory"', "A gauge theo"), ("京都", "京都は古い都である。"),
        ("知事", "東京都の知事は量子力学を"),
        ("👍", "A database o"), ("cafe", "A gauge theo"), ("1000", "A database o"),
        ("strasse", "Die Mauer fi"), ("theor*", "Gauge theori"),
        ("speaker:\"anna bell\" 知事", "東京都の知事は量子力学を"),
        ("after:2024-02 transformer", "Anna thinks "),
        ("in:file:two symmetry text", "The transfor"),
        ("longer:20m transformer", "The transfor"), ("lang:de Die", "Die Mauer fi"),
    ],
)  # fmt: skip
def test_what_is_typed_finds_what_is_meant(index, query, first):
    assert texts(index, query)[0] == first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"gauge theories"', ["Gauge theori"]),  # word for word: not the singular
        ('"CAFE near"', ["A gauge theo"]),
        ('"theory gauge"', []),
        ("transformer AND equivariance", ["Anna thinks "]),
        ("transformer -equivariance", ["The transfor"]),
        ("transformer NOT equivariance", ["The transfor"]),
        ('transformer -"every word"', ["Anna thinks "]),
        ('("every word" OR "a theorem") AND symmetry', ["Gauge theori"]),
        ("量子 AND 知事", ["東京都の知事は量子力学を"]),
        ("京都 AND 量子", ["東京都の知事は量子力学を"]),
        ("kind:comments transformer", []),
        ("after:2024 before:2023 transformer", []),
    ],
)  # fmt: skip
def test_demands_are_met_or_nothing_is_found(index, query, found):
    assert texts(index, query) == found


def test_a_variety_of_a_language_is_within_it():
    british, english = Filters(languages=("en-GB",)), Filters(languages=("EN", "de"))
    assert both(english, british) == both(british, english) == british
    assert both(english, Filters(languages=("de", "en"))).languages == ("EN", "de")
    assert both(british, Filters(languages=("en-US", "eng"))) is None


def test_words_of_the_least_frequent_language_are_found(tmp_path):
    """Beside more languages than a query is stemmed in, one of another script is."""
    index = EmbeddedIndex(tmp_path / "a.library")
    texts = {
        "hi": "\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e",
        "ru": "Математика",
    }
    for tag in ("en", "de", "fr", "es", "it", "sv", "pt", "hi", "ru"):
        for number in range(1 if tag in texts else 2):
            passage = dataclasses.replace(
                passages_of("one")[0], media_id=f"file:{tag}{number}", part=f"speech:{tag}",
                language=tag, text=texts.get(tag, "so"), offsets=(), times_ms=(), sentences=(0,),
            )  # fmt: skip
            volume = Volume(media_id=passage.media_id, title="", language=tag)
            index.replace(volume, Part(language=tag), [passage])
    for word in (texts["hi"].split()[0], "математика"):
        found = search(index, word)
        assert [len(found.hits), found.also] == [1, ()], word
    index.close()


@pytest.mark.parametrize("slips", [1, 0])
def test_words_are_found_as_a_recogniser_spelled_them(tmp_path, slips):
    """Where several passages have slips; one rare neighbour in a clean text is another word."""
    index = EmbeddedIndex(tmp_path / "a.library")
    said = [
        "a theorem here",
        "the theorem there",
        "one theorem more",
        "every theorem",
        "so they say",
    ]
    said += (
        ["what the theorrem tells", "a thorem again"] if slips else [*("theorem",) * 20, "theoremy"]
    )
    index.replace(volume_of("one"), Part(language="en"), passages_of("one", said))
    found = search(index, "theorem", group=False, k=50).hits
    marked = {hit.snippet[a:b] for hit in found for a, b in hit.marks}
    assert marked == {"theorem", *(("theorrem", "thorem") if slips else ())}
    assert len(found) == 4 + (2 if slips else 20)
    strict = search(index, "theorem AND tells", group=False).hits
    assert strict == (), "what is demanded is demanded as typed"
    exact = search(index, "theorem", group=False, k=50, fuzzy=False).hits
    assert len(exact) == 4 + (0 if slips else 20)
    index.close()


def test_letters_push_nothing_out_of_the_first_ten():
    words = {number: 20.0 - number for number in range(1, 13)}
    letters = {11: 1.0, 12: 1.0, 40: 1.0, 1: 0.0}
    scores = fused(words, letters, weight=3.0)
    kept = held(scores, words, Encoding(engine="hashing"))
    assert set(sorted(kept, key=kept.__getitem__, reverse=True)[:10]) == {*range(1, 11)}
    assert held(scores, words, Encoding(engine="onnx")) == scores


def test_a_query_narrows_what_options_allow(index):
    assert texts(index, "speaker:Bob transformer", filters=Filters(speakers=("Anna Bell",))) == []
    kept = texts(index, "in:file:one transformer", filters=Filters(after="2024-01-01"))
    assert kept == ["Anna thinks "]


SYNTAX = st.lists(
    st.sampled_from(
        ['"', "(", ")", "AND", "OR", "NOT", "-", "*", "NEAR(a b)", "^", ":", "a*", "speaker:",
         "x:y", "in:", "gauge", "\x00", "{", "symmetry",
          "after:x", "東", "-(", "“", "\ud800", "👍"]
    ),
    max_size=12,
).map(" ".join)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(SYNTAX | st.text(max_size=20))
@example("(" * 2_000)
@example("gauge AND " * 100)
@example('"gauge" ' * 500)
@example("-" * 50)
def test_whatever_is_typed_is_searched(index, query):
    if not asked(query).tree.said:
        with pytest.raises(UsageError, match="search"):
            search(index, query)
        return
    for hit in search(index, query, k=3).hits:
        assert hit.snippet
        assert hit.snippet in hit.passage.text
    retrieve(index, query)


@pytest.mark.parametrize("query", ["", "  \n ", "speaker:Anna"])
def test_nothing_to_look_for_is_told(index, query):
    with pytest.raises(UsageError, match="search"):
        search(index, query)


def test_a_long_query_is_bounded(index):
    words = " ".join(f"word{number}" for number in range(300)) + " noether"
    assert texts(index, words[-9_990:])[0] == "Gauge theori"


def test_words_of_grammar_count_only_alone(index):
    assert texts(index, "of the and to noether") == ["Gauge theori"]
    assert texts(index, "the")
    assert texts(index, "war die mauer da") == ["Die Mauer fi"]


def test_lists_of_stop_words_are_clean():
    assert {"en", "es", "fr", "de", "it", "pt", "nl", "ru", "ar", "hi", "zh", "ja", "ko", "tr",
            "pl", "sv"} <= {*languages()}  # fmt: skip
    for tag in languages():
        assert all(word == word.lower() and terms(word) for word in stop_words(tag)), tag


def test_what_nobody_says_is_taken_for_what_is_near(index):
    found = search(index, "symetry")
    assert found.also == (("symetry", "symmetry"),)
    assert "symmetry" in found.hits[0].snippet
    assert not search(index, "symetry", fuzzy=False).hits
    assert search(index, "nother").also == (("nother", "noether"),)
    assert search(index, "zzzzzz").hits == ()


def test_words_in_one_and_in_two(index):
    assert texts(index, "email") == ["A gauge theo"]
    assert texts(index, "neuralnetworks") == ["A database o"]
    assert texts(index, "data-base") == ["A database o"]


def test_the_subject_of_a_small_library_counts(tmp_path):
    """Equivariance stands in most passages; SQLite's BM25 gives it nothing at all."""
    with_subject = [f"Equivariance is topic {number} here." for number in range(7)]
    index = EmbeddedIndex(tmp_path / "a.library")
    said = [*with_subject, "We use a pen.", "We use ink.", "Equivariance is of use."]
    index.replace(volume_of("one"), Part(language="en"), passages_of("one", said))
    assert texts(index, "equivariance use")[0] == "Equivariance"
    assert search(index, "equivariance use", group=False).hits[0].passage.text == said[-1]
    index.close()


def test_a_hit_leads_to_its_moment(index):
    hit = search(index, "noether theorem").hits[0]
    marked = [hit.snippet[start:end] for start, end in hit.marks]
    assert marked == ["Noether", "theorem"]
    assert hit.snippet in hit.passage.text
    assert hit.start_ms == hit.passage.time_of(hit.passage.text.index("Noether"))
    assert hit.passage.start_ms <= hit.start_ms < hit.end_ms <= hit.passage.end_ms
    assert hit.url == f"https://youtu.be/abcdefghijk?t={hit.start_ms // 1000}"
    assert [
        search(index, "知事").hits[0].snippet[a:b] for a, b in search(index, "知事").hits[0].marks
    ] == ["知事"]


def test_no_link_leads_behind_the_end(tmp_path):
    index = EmbeddedIndex(tmp_path / "a.library")
    volume = dataclasses.replace(volume_of("one"), duration_ms=70_500)
    index.replace(volume, Part(language="en"), passages_of("one", ["x y", "z y", "last word"]))
    assert search(index, "last").hits[0].url.endswith("?t=70")
    untimed = [dataclasses.replace(passages_of("one", ["a remark"])[0], timed=False)]
    index.replace(volume, Part(kind="comments", language="en"), untimed)
    assert search(index, "remark").hits[0].url == "https://youtu.be/abcdefghijk"
    index.close()


def test_a_long_sentence_is_cut_between_words(tmp_path):
    index = EmbeddedIndex(tmp_path / "a.library")
    text = "word " * 150 + "needle in the hay " + "word " * 150
    index.replace(volume_of("one"), Part(language="en"), passages_of("one", [text.strip()]))
    hit = search(index, "needle hay").hits[0]
    assert "needle in the hay" in hit.snippet
    assert len(hit.snippet) <= 320
    assert {*hit.snippet.split()} == {"word", "needle", "in", "the", "hay"}
    index.close()


def test_overlapping_windows_are_one_hit_and_a_volume_is_one(tmp_path):
    index = EmbeddedIndex(tmp_path / "a.library")
    said = ["a comet", "the comet", "no such thing", "comet again"]
    index.replace(volume_of("one"), Part(language="en"), passages_of("one", said, every_ms=20_000))
    index.replace(volume_of("two"), Part(language="en"), passages_of("two", ["comet tail"]))
    flat = search(index, "comet", group=False)
    assert sorted(hit.passage.text for hit in flat.hits) == ["a comet", "comet again", "comet tail"]
    grouped = search(index, "comet")
    assert {hit.passage.media_id: hit.more for hit in grouped.hits} == {
        "file:one": 1,
        "file:two": 0,
    }
    assert [hit.rank for hit in grouped.hits] == [1, 2]
    index.close()


def test_pages_hold_their_order_whatever_is_added(tmp_path):
    index = EmbeddedIndex(tmp_path / "a.library")
    for number in range(25):
        volume = dataclasses.replace(volume_of("one"), media_id=f"file:{number}")
        one = passages_of("one", ["a comet " + "and a star " * (number % 7)])[0]
        index.replace(
            volume, Part(language="en"), [dataclasses.replace(one, media_id=f"file:{number}")]
        )
    whole = [hit.passage.id for hit in search(index, "comet", k=100).hits]
    found = search(index, "comet", k=4)
    seen = [hit.passage.id for hit in found.hits]
    ranks = [hit.rank for hit in found.hits]
    while found.cursor:
        volume = dataclasses.replace(volume_of("one"), media_id=f"file:new{len(seen)}")
        new = dataclasses.replace(passages_of("one", ["comet comet"])[0], media_id=volume.media_id)
        index.replace(volume, Part(language="en"), [new])
        found = search(index, "comet", k=4, cursor=found.cursor)
        seen += [hit.passage.id for hit in found.hits]
        ranks += [hit.rank for hit in found.hits]
    assert seen == whole
    assert ranks == [*range(1, 26)]
    index.close()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(min_size=1, max_size=40) | st.binary(min_size=1, max_size=40).map(lambda b: b.hex()))
def test_a_foreign_cursor_is_refused(index, cursor):
    with pytest.raises(UsageError, match="cursor"):
        search(index, "transformer", cursor=cursor)


def test_a_cursor_is_of_its_query(index):
    cursor = search(index, "transformer", k=1).cursor
    assert search(index, "transformer", k=1, cursor=cursor).hits[0].rank == 2
    for query, options in (("symmetry", {}), ("transformer", {"group": False})):
        with pytest.raises(UsageError, match="another query"):
            search(index, query, cursor=cursor, **options)


def test_more_like_one(index):
    one = search(index, "transformer attends").hits[0].passage
    found = like(index, one.id)
    assert found.hits[0].passage.text.startswith("Anna thinks")
    assert one.id not in [hit.passage.id for hit in found.hits]
    with pytest.raises(UsageError, match="no passage"):
        like(index, 10**6)


class Compass:
    """An encoder of two directions: north for water, east for all else."""

    def encode_query(self, text):
        return np.array([1, 0] if "water" in text else [0, 1], np.float32)


@pytest.fixture
def seeing(tmp_path):
    index = EmbeddedIndex(tmp_path / "a.library")
    said = ["the river runs", "a stone lies", "stone by the lake"]
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
    encoding = Encoding(engine="compass", dimension=2)
    index.replace(
        volume_of("one"),
        Part(language="en"),
        passages_of("one", said),
        vectors=vectors,
        encoding=encoding,
    )
    yield index
    index.close()


def test_meaning_finds_what_no_word_does(seeing):
    assert texts(seeing, "water", encoder=Compass())[0] == "the river ru"
    assert texts(seeing, "water") == []
    assert texts(seeing, "water stone", encoder=Compass())[0] == "stone by the"
    found = search(seeing, "stone", encoder=Compass(), mode="meaning")
    assert (found.mode, found.hits[0].passage.text) == ("meaning", "a stone lies")
    assert search(seeing, "stone", encoder=Compass(), mode="words").mode == "words"
    # a demand is met by words; meaning orders
    assert sorted(texts(seeing, '"stone" water', encoder=Compass())) == [
        "a stone lies",
        "stone by the",
    ]


def test_meaning_without_vectors_is_refused(index):
    with pytest.raises(UsageError, match="no vectors"):
        search(index, "stone", encoder=Compass(), mode="meaning")
    for query in ("transformer", "after:2024 before:2023 transformer"):  # the second fits nothing
        assert search(index, query, encoder=Compass()).mode == "words"


class Backwards:
    """A reranker that likes short texts."""

    def score(self, query, texts):
        return np.array([-len(text) for text in texts], np.float32)


class Listening:
    """A reranker that keeps what it is asked."""

    asked = ""

    def score(self, query, texts):
        self.asked = query
        return np.zeros(len(texts), np.float32)


def test_a_reranker_is_asked_what_is_meant_and_no_syntax(index):
    listening = Listening()
    search(index, "lang:en transformer -stone", reranker=listening)
    assert listening.asked == "transformer"


def test_a_reranker_has_the_last_word(index):
    found = search(index, "transformer", reranker=Backwards(), group=False)
    lengths = [len(hit.passage.text) for hit in found.hits]
    assert lengths == sorted(lengths)
    assert [hit.score for hit in found.hits] == sorted((h.score for h in found.hits), reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize(("language", "first", "ten"), [("en", 0.94, 0.99), ("zh", 0.92, 0.99)])
def test_questions_find_their_paragraph(shared, tmp_path, language, first, ten):
    """XQuAD by words alone, every question; none goes without a hit in Chinese."""
    data = json.loads((shared / "qa" / "xquad" / f"xquad.{language}.json").read_text())
    paragraphs = [one for article in data["data"] for one in article["paragraphs"]]
    index = EmbeddedIndex(tmp_path / "a.library")
    said = [" ".join(one["context"].split()) for one in paragraphs]
    volume = dataclasses.replace(volume_of("one"), title="", duration_ms=None)
    passages = [
        Passage(
            media_id=volume.media_id, part=f"speech:{language}", number=number, start_ms=0,
            end_ms=1, text=text, language=language, timed=False,
        )
        for number, text in enumerate(said)
    ]  # fmt: skip
    index.replace(volume, Part(language=language), passages)
    asked_for = [(q["question"], at) for at, one in enumerate(paragraphs) for q in one["qas"]]
    ranks = []
    for question, at in asked_for:
        found = [one.passage.number for one in retrieve(index, question, limit=10)]
        ranks.append(found.index(at) + 1 if at in found else 0)
    index.close()
    assert sum(rank == 1 for rank in ranks) / len(ranks) >= first
    assert sum(rank > 0 for rank in ranks) / len(ranks) >= ten
