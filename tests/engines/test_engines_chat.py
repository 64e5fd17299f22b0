"""The engine `chat` on lines labelled by hand, and its rules one by one."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

vader_module = pytest.importorskip("vaderSentiment.vaderSentiment")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from loquitur.errors import InputError  # noqa: E402
from loquitur.insight.texts.identification import identify  # noqa: E402
from loquitur.insight.texts.scoring import reader, score  # noqa: E402

FOLDER = Path(__file__).parents[1] / "insight"
HEADER = "token\tkind\tlanguage\tmatch\tpolarity\texpansion\twhy\n"


def _lines(name):
    text = (FOLDER / f"chat_lines_{name}.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def _sign(polarity):
    return "0" if polarity is None or abs(polarity) < 0.05 else "+" if polarity > 0 else "-"


def _right(rows, polarities):
    signs = [sign for sign, _, _ in rows]
    return sum(_sign(one) == sign for one, sign in zip(polarities, signs, strict=True)) / len(rows)


@pytest.mark.parametrize("name", ["first", "second"])
def test_signs_of_lines_labelled_by_hand(name):
    rows = _lines(name)
    texts = [text for _, _, text in rows]
    assert len(rows) >= 60
    found = score(texts, engine="chat")
    analyser = vader_module.SentimentIntensityAnalyzer()
    bare = [analyser.polarity_scores(text)["compound"] for text in texts]
    assert _right(rows, [one.polarity for one in found]) >= 0.85
    assert _right(rows, bare) <= 0.60


@pytest.mark.parametrize("name", ["first", "second"])
def test_hangul_and_kana_lines_are_told_by_their_script(name):
    rows = [(language, text) for _, language, text in _lines(name) if language in ("ko", "ja")]
    wanted = [language for language, text in rows if text != "最悪"]  # Chinese characters alone
    assert identify([text for _, text in rows if text != "最悪"]) == wanted


def polarity(text, language="en"):
    (found,) = score([text], engine="chat", languages=[language])
    return found.polarity


def test_repeated_letters_and_runs_are_one_symbol():
    assert polarity("LETS GOOOOOO") == polarity("lets go")
    assert polarity("yesssss") == polarity("yess")
    assert polarity("ㅋㅋ", "ko") == polarity("ㅋㅋㅋㅋㅋㅋㅋㅋ", "ko")
    for laughter in ("wwww", "草草", "jajaja", "kkkk", "555", "хаха", "hahaha", "ᄏᄏᄏ", "ｗｗｗ"):
        assert polarity(laughter, "und") > 0, laughter
    assert polarity("ㅠㅠ", "ko") < 0


def test_emoji_are_looked_up_without_variation_selectors_skin_and_in_families():
    assert polarity("❤️") == polarity("❤") == polarity("💙")
    assert polarity("👍🏿") == polarity("👍")
    assert polarity("🤦🏽‍♂️") < 0
    assert polarity("👨‍👩‍👧‍👦 ❤️") > 0
    assert polarity("🔥🔥🔥🔥🔥🔥🔥🔥") < polarity("🔥 💯 👏 ❤ 🎉 🏆")


def test_strong_feeling_goes_with_what_stands_beside_it():
    assert polarity("💀 that was hilarious") > polarity("that was hilarious")
    assert polarity("this is so good 😭😭") > 0
    assert polarity("this is so bad 😭😭") < 0
    assert polarity("귀여워 ㅠㅠ", "ko") > 0
    assert polarity("노잼 ㅋㅋㅋ", "ko") < 0


def test_negation_boosters_and_but():
    assert polarity("not good") < 0 < polarity("not bad")
    assert polarity("very good") > polarity("good") > polarity("slightly good")
    assert polarity("안 좋아요", "ko") < 0
    assert polarity("재밌지 않아요", "ko") < 0
    assert polarity("no bueno", "es") < 0
    assert polarity("great start but boring end") < polarity("boring start but great end")
    assert polarity("good!!") > polarity("good")
    assert polarity("this is GOOD") > polarity("this is good")


def test_longest_match_first():
    (found,) = score(["hit a big L with no cap"], engine="chat", languages=["en"])
    assert [one.words for one in found.assessments] == [("big L",), ("no cap",)]
    assert polarity("핵노잼", "ko") < polarity("노잼", "ko") < 0 < polarity("핵잼", "ko")


def test_shortcodes_of_emotes_are_read_by_row_or_by_the_words_of_their_names():
    assert polarity(":face-purple-crying:") < 0 < polarity(":hands-pink-clapping:")
    assert polarity(":somechannelLove:") > 0
    assert polarity(":_member_badge:") is None


def test_a_language_without_tables_is_missing_even_with_an_emoji():
    (found,) = score(["c'est nul ❤️"], engine="chat", languages=["fr"])
    assert (found.polarity, found.coverage) == (None, 0.0)


def test_what_says_nothing_is_unscored():
    for text in ("", "   ", "@someone", "https://example.org/good", "what time is it", "ㅇㅇ"):
        assert polarity(text, "und") is None, text


def test_a_column_has_the_figures_of_the_objects():
    texts = [text for name in ("first", "second") for _, _, text in _lines(name)]
    texts += [f"{one} {other}" for one, other in zip(texts, texts[7:], strict=False)] * 2
    languages = identify(texts)
    engine = reader("chat")
    polarities, coverages = engine.score_column(texts, languages)
    for at, found in enumerate(engine.score(texts, languages=languages)):
        assert coverages[at] == found.coverage, texts[at]
        if found.polarity is None:
            assert math.isnan(polarities[at]), texts[at]
        else:
            assert polarities[at] == found.polarity, texts[at]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_text_is_scored_or_not_and_never_fails(text):
    for language in ("und", "en", "ko", "ja", "es"):
        (found,) = score([text], engine="chat", languages=[language])
        assert found.polarity is None or -1.0 <= found.polarity <= 1.0
        assert 0.0 <= found.coverage <= 1.0


def test_a_users_table_goes_before_ours(tmp_path):
    own = tmp_path / "own.tsv"
    own.write_text(HEADER + "pog\tslang\ten\tany\t-0.9\t\tin our channel it is irony\n")
    options = {"tables": str(own)}
    (mine,) = score(["pog"], engine="chat", languages=["en"], options=options)
    assert mine.polarity < 0 < polarity("pog")
    kind = type(reader("chat"))
    resources = None
    ours, theirs = (
        kind.identity(kind.Options(**given), resources).model_digest for given in ({}, options)
    )
    assert ours != theirs


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("token\tpolarity\n", "line 1: no chat table"),
        (HEADER + "a\tslang\ten\tany\t2\t\twhy\n", "line 2: polarity '2'"),
        (HEADER + "a\tword\ten\tany\t1\t\twhy\n", "line 2: kind 'word'"),
        (HEADER + "a\tslang\ten\tany\t1\t\t\n", "line 2: no reason"),
        (HEADER + "a\tslang\n", "line 2: 2 cells"),
    ],
)
def test_a_wrong_table_names_its_line(tmp_path, content, said):
    path = tmp_path / "own.tsv"
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        score(["a"], engine="chat", options={"tables": str(path)})


@pytest.mark.slow
def test_two_hundred_thousand_messages_in_a_few_seconds():
    import random
    import time

    rows = [text for name in ("first", "second") for _, _, text in _lines(name)]
    words = [word for text in rows for word in text.split()]
    draw = random.Random(1)
    texts = [
        draw.choice(rows)
        if draw.random() < 0.4
        else " ".join(draw.choice(words) for _ in range(draw.randint(1, 9)))
        for _ in range(200_000)
    ]
    began = time.process_time()
    languages = identify(texts)
    reader("chat").score_column(texts, languages)
    assert time.process_time() - began < 20  # 3 to 4 s where nothing else runs


def test_a_table_of_ones_own_is_read_again_when_it_changed(tmp_path):
    path = tmp_path / "own.tsv"
    found = []
    for weight in ("1", "-1"):
        path.write_text(HEADER + f"blorp\tslang\ten\tword\t{weight}\t\tmade up\n")
        (one,) = score(["blorp"], engine="chat", languages=["en"], options={"tables": str(path)})
        found.append(one.polarity)
    assert found[0] > 0 > found[1]
