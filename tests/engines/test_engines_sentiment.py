"""TextBlob and VADER as engines: the course's figures, the library's own, and what is missing."""

from __future__ import annotations

import math
import random
import subprocess
import sys

import pytest

pytest.importorskip("textblob")
vader_module = pytest.importorskip("vaderSentiment.vaderSentiment")

from loquitur import registry  # noqa: E402
from loquitur.engines.sentiment.textblob import library  # noqa: E402
from loquitur.errors import MissingError, UsageError  # noqa: E402
from loquitur.insight.texts.scoring import reader, score, score_column  # noqa: E402
from loquitur.model.sentiment import Assessment  # noqa: E402

REFERENCE = (
    "I had a really horrible day. It was the worst day ever! But every now and then I have a "
    "really good day that makes me happy."
)


def test_the_courses_sentence_to_the_last_digit():
    (found,) = score([REFERENCE])
    assert (found.polarity, found.subjectivity) == (-0.125, 0.9)
    assert found.assessments == (
        Assessment(words=("really", "horrible"), polarity=-1.0, subjectivity=1.0),
        Assessment(words=("worst", "!"), polarity=-1.0, subjectivity=1.0),
        Assessment(words=("really", "good"), polarity=0.7, subjectivity=0.6000000000000001),
        Assessment(words=("happy",), polarity=0.8, subjectivity=1.0),
    )
    assert (found.engine, found.language) == ("textblob", "en")
    assert found.coverage == 6 / 27  # the words assessed, of all that are no punctuation


def test_it_needs_neither_nltk_nor_spacy_nor_the_network():
    code = (
        "import sys, socket\n"
        "def refuse(*_, **__): raise AssertionError('a connection was tried')\n"
        "socket.socket.connect = refuse\n"
        "from loquitur.insight.texts.scoring import score\n"
        f"assert score([{REFERENCE!r}])[0].polarity == -0.125\n"
        "heavy = {'nltk', 'spacy', 'textblob', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


ODD = (
    *("(!)", "( ! )", "!", "!!", "?", "...", "..", ".", "''", '"', "n't", "don't", "can't", "not"),
    *("never", "no", "very", "really", "hardly", "\n\n", "\n", "\r\n\r\n", "(", ")", "a.", "e.g."),
    *("U.S.", "Mr.", "etc.", "END-OF-SENTENCE", "o.", "O", "X", "D", "8-", "x", "-D", "_"),
    *("[Music]", "“good”", "‘bad’", "I'm", "it's", "'s", "$5", "-", "~.", "word...", ".word"),
    *(
        "wo.rd",
        "İ",
        "Σ",
        "good.bad",
        "\u00a0",
        "\x1c",
        "\x85",
        "\u2028",
        "\0",
        "🔥",
        "ㅋㅋ",
        ":",
        "s",
    ),
)


def _texts(count, seed):
    module, lexicon = library()
    known = sorted(lexicon.keys())
    faces = [face for faces in module.EMOTICONS.values() for face in sorted(faces)]
    draw = random.Random(seed)
    for _ in range(count):
        blank = draw.choice((" ", " ", "", "  "))
        sorts = (known, known, faces, ODD, ODD)
        yield blank.join(draw.choice(draw.choice(sorts)) for _ in range(draw.randint(0, 14)))


@pytest.mark.parametrize(
    ("count", "seed"), [(1500, 1), pytest.param(20_000, 2, marks=pytest.mark.slow)]
)
def test_the_walk_gives_what_the_library_gives(count, seed):
    _, lexicon = library()
    engine = reader("textblob")
    texts = list(_texts(count, seed))
    for text, found in zip(texts, engine.score(texts, languages=["en"] * count), strict=True):
        wanted = lexicon(text)
        assert [
            (list(one.words), one.polarity, one.subjectivity, one.label)
            for one in found.assessments
        ] == [tuple(one) for one in wanted.assessments], text
        assert dict(found.scores) == {"polarity": wanted[0], "subjectivity": wanted[1]}, text


@pytest.mark.slow
def test_the_lexicon_is_that_of_the_package():
    from textblob import TextBlob
    from textblob.en import sentiment

    _, lexicon = library()
    assert dict(lexicon.items()) == dict(sentiment.items())
    for text in _texts(300, 3):
        raw = TextBlob(text).sentiment_assessments
        (found,) = score([text], languages=["en"])
        assert dict(found.scores) == {
            "polarity": raw.polarity, "subjectivity": raw.subjectivity,
        }  # fmt: skip


def test_vader_gives_its_own_figures_and_no_subjectivity():
    analyser = vader_module.SentimentIntensityAnalyzer()
    texts = [REFERENCE, "not good at all", "lol :) 🔥", "the plot was good, but slow!!", "NO GOOD"]
    for text, found in zip(texts, score(texts, engine="vader", languages=["en"] * 5), strict=True):
        raw = analyser.polarity_scores(text)
        assert dict(found.scores) == raw
        assert found.polarity == raw["compound"]
        assert found.subjectivity is None
    assert dict(score([REFERENCE], engine="vader")[0].scores)["compound"] == 0.7707


@pytest.mark.parametrize("engine", ["textblob", "vader"])
def test_a_language_it_does_not_know_is_missing(engine):
    korean, french, english = score(
        ["정말 좋아요 good", "c'est super good", "good"],
        engine=engine,
        languages=["ko", "fr-FR", "en-GB"],
    )
    for one in (korean, french):
        assert (one.polarity, one.subjectivity, one.coverage, one.scores) == (None, None, 0.0, ())
    assert english.polarity > 0
    assert english.coverage == 1.0


@pytest.mark.parametrize("engine", ["textblob", "vader"])
def test_a_text_of_which_nothing_is_known_is_unscored_and_its_raw_zero_is_kept(engine):
    unknown, neutral = score(["the train at nine", "the first train"], engine=engine,
                             languages=["en", "en"])  # fmt: skip
    assert unknown.polarity is None
    assert unknown.coverage == 0.0
    assert set(dict(unknown.scores).values()) <= {0.0, 1.0}
    if engine == "textblob":  # `first` is in its lexicon
        assert neutral.polarity is not None


def test_a_column_is_what_the_objects_say():
    texts = ["good", "train", "bad day"]
    polarity, coverage = score_column(texts, ["en", "en", "ko"], engine="textblob")
    assert polarity[0] == 0.7
    assert [math.isnan(value) for value in polarity] == [False, True, True]
    assert coverage.tolist() == [1.0, 0.0, 0.0]


def test_what_is_wrongly_asked():
    with pytest.raises(UsageError, match="no sentiment engine is called 'textblop'") as caught:
        score(["a"], engine="textblop")
    assert "textblob" in caught.value.hint
    with pytest.raises(UsageError, match="has no models to choose from"):
        score(["a"], engine="vader:large")
    with pytest.raises(UsageError, match="2 texts, but 1 languages"):
        score(["a", "b"], languages=["en"])
    with pytest.raises(UsageError, match="no option 'size'"):
        score(["a"], options={"size": 1})


@pytest.mark.parametrize("engine", ["textblob", "vader", "chat"])
def test_without_its_package_it_says_what_to_install(monkeypatch, engine):
    monkeypatch.setattr(registry, "_is_here", lambda _name: False)
    with pytest.raises(MissingError) as caught:
        reader(engine)
    assert caught.value.hint == 'pip install "loquitur[insight]"'


@pytest.mark.parametrize("engine", ["textblob", "vader", "chat"])
def test_hundred_kilobytes_of_anything_end(engine):
    texts = [":-" * 50_000, "." * 100_000, 'a" ' * 10_000, "haha" * 25_000, "ㅋㅠ" * 5_000]
    assert len(score(texts, engine=engine, languages=["en"] * len(texts))) == len(texts)
