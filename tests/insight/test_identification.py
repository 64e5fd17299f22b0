"""Languages of messages: by script, by common words, by py3langid, or not at all."""

from __future__ import annotations

import pytest

pytest.importorskip("py3langid")

from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.insight.texts import identification
from loquitur.insight.texts.identification import CANDIDATES, identify, majority, settle

HANGUL = st.text(
    st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)
    | st.characters(min_codepoint=0x3131, max_codepoint=0x3163),
    min_size=1,
    max_size=12,
)
KANA = st.text(
    st.characters(min_codepoint=0x3041, max_codepoint=0x3096)
    | st.characters(min_codepoint=0x30A1, max_codepoint=0x30FA),
    min_size=1,
    max_size=12,
)
AROUND = st.text(" !?~.,123🔥❤️\n", max_size=6)


@settings(max_examples=60, deadline=None)
@given(AROUND, HANGUL, AROUND)
def test_hangul_alone_is_korean_jamo_too(before, text, after):
    assert identify([before + text + after]) == ["ko"]


@settings(max_examples=60, deadline=None)
@given(AROUND, KANA, AROUND)
def test_kana_alone_is_japanese(before, text, after):
    assert identify([before + text + after]) == ["ja"]


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=("Lo", "Cs")), max_size=12))
def test_no_guess_under_three_letters(text):
    letters = sum(map(str.isalpha, text))
    if letters < 3:
        assert identify([text]) == ["und"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "lol",
            "LOL",
            "www",
            "wwww",
            "草",
            "555",
            "хаха",
            "jajaja",
            "kkkk",
            "xD",
            "XDDD",
        ),
        *(
            ":face-blue-smiling:",
            "@someone",
            "https://example.org/hello-world",
            "🔥🔥",
            "#1",
            "\x00",
        ),
        *("¯\\_(ツ)_/¯", "gg", "W", ":)"),
    ],
)
def test_what_says_nothing_is_und(text):
    assert identify([text]) == ["und"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I had a really horrible day", "en"),
        ("hola amigos, ¿cómo están todos hoy?", "es"),
        ("bonjour à tous, c'est une belle journée", "fr"),
        ("das ist aber wirklich nicht gut", "de"),
        ("muito obrigado pela live, você é demais", "pt"),
        ("今日は天気がいいですね", "ja"),
        ("今天天气很好，我们去公园玩吧", "zh"),
        ("สวัสดีครับทุกคน", "th"),
        ("שלום לכולם", "he"),
        ("привет всем, как у вас дела сегодня", "ru"),
        ("نهاركم سعيد جميعا واهلا بكم في القناة", "ar"),
        ("오늘 stream 진짜 good", "ko"),
        ("@someone https://example.org the best stream that I have seen", "en"),
        ("ｶﾜｲｲ", "ja"),
        ("안녕", "ko"),
    ],
)
def test_sentences(text, language):
    assert identify([text]) == [language]


@pytest.mark.parametrize("text", ["goated", "rage quit", "poor doggo", "omg i adore her sm"])
def test_a_wild_guess_at_few_ascii_letters_is_none(text):
    assert identify([text]) == ["und"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("i love you שלום", "und"),
        ("what a stream спасибо", "und"),
        ("привет всем, hello", "ru"),
        ("no no no", "und"),  # one word, however often
    ],
)
def test_mixed_letters_and_one_word_again(text, language):
    assert identify([text]) == [language]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("muy buen video", "es"),  # not quite sure, and a common word of it
        ("la mejor canción", "es"),
        ("geweldig gedaan", "nl"),
        ("sehr schön", "de"),
        ("adamsın", "tr"),
        ("early squad", "en"),
    ],
)
def test_few_letters_that_tell_enough(text, language):
    assert identify([text]) == [language]


def test_equal_texts_are_looked_at_once_and_order_is_kept(monkeypatch):
    seen = []
    answers = identification._Classifier.answers

    def counted(self, texts):
        seen.extend(texts)
        return answers(self, texts)

    monkeypatch.setattr(identification._Classifier, "answers", counted)
    assert identify(["qwzx vbnm", "최고", "qwzx vbnm"]) == ["und", "ko", "und"]
    assert seen == ["qwzx vbnm"]


def test_batches_answer_as_py3langid_does():
    model = identification._classifier(tuple(CANDIDATES))
    texts = ["good evening friends", "buenas noches amigos", "GUTEN ABEND", "x", "é" * 50,
             "\ud800a", "shows a long line " * 40, "привет", "z1z2z3"]  # fmt: skip
    for text, (answer, told) in zip(texts, model.answers(texts), strict=True):
        (first, share), (_, second) = model._model.rank(text)[:2]
        sure = share >= identification.LEAST_SHARE and share - second >= identification.LEAST_LEAD
        assert answer == (first if sure else ""), text
        assert not sure or told == pytest.approx(share, abs=1e-4)


def test_the_usual_language_where_letters_tell_too_little():
    assert identify(["pog play", "lol", "W"], usual="en") == ["en", "und", "und"]


def test_majority_needs_more_than_half_of_those_that_were_told():
    assert majority(["en", "en", "und", "ko"]) == "en"
    assert majority(["en", "ko", "und", "und"]) == ""
    assert majority(["und"]) == ""


def test_settling_goes_by_author_then_by_all():
    texts = ["sick play", *["x"] * 5, "sick play", *["y"] * 9, "gg"]
    groups = ["a"] * 6 + ["b"] * 11
    languages = ["und", *["es"] * 5, "und", *["en"] * 9, "und"]
    settled = settle(texts, languages, groups)
    assert (settled[0], settled[6], settled[16]) == ("es", "en", "und")
    assert settle(texts, languages)[0] == "en"


def test_latin_letters_are_settled_by_languages_written_so():
    texts = ["sick play", "嘉門", *["x"] * 12]
    assert settle(texts, ["und", "und", *["ko"] * 12])[0] == "und"
    assert settle(texts, ["und", "und", *["ko"] * 7, *["en"] * 5])[:2] == ["en", "und"]
    assert settle(texts[:3], ["und", "und", "en"])[0] == "und"  # one text is no majority


def test_long_and_broken_texts():
    assert identify(
        ["the cat and the dog " * 20_000, "\ud800\udfff the dog is here", "ا" * 100_000]
    )
