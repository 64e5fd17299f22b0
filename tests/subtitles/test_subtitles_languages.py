from __future__ import annotations

import re
from pathlib import Path

import pytest

from loquitur import formats
from loquitur.subtitles import breaks, phrases
from loquitur.subtitles.grammar import Grammar, grammar_of, languages
from loquitur.subtitles.graphemes import measure
from loquitur.subtitles.limits import Limits
from loquitur.subtitles.phrases import NEVER_FIRST, NEVER_LAST
from loquitur.subtitles.recut import recut, words_of
from loquitur.subtitles.rules import DEFAULT_RULES, load_rules
from loquitur.subtitles.tokens import Reader
from loquitur.subtitles.units import TimedText, units_of
from loquitur.subtitles.weights import SHAPES, STEPS, fitted

DATA = Path(__file__).resolve().parents[3] / "shared/data/subtitles"
ASKED = {"en", "de", "fr", "es", "pt", "it", "ru", "ar", "hi", "ko", "ja", "zh"}
CLASSES = {
    "article", "determiner", "possessive", "preposition", "infinitive", "coordinator",
    "subordinator", "relative", "auxiliary", "subject", "subject_auxiliary", "object", "negation",
    "intensifier", "number_word", "discourse", "adverb", "unit", "title", "postposition", "final",
}  # fmt: skip


def test_every_language_asked_for_has_a_table():
    assert set(languages()) >= ASKED
    assert grammar_of("pt-BR") == grammar_of("pt")
    assert grammar_of("xx") == grammar_of("../en") == Grammar()


@pytest.mark.parametrize("language", languages())
def test_tables_hold_known_classes_in_lower_case(language):
    grammar = grammar_of(language)
    assert set(grammar.classes.values()) <= CLASSES
    assert all(word == word.lower() for word in grammar.classes)
    assert grammar.classes or grammar.leads
    assert not any(word.endswith(".") for word in grammar.abbreviations)


def test_weights_are_whole_and_say_what_grammar_says():
    for kind in ("marked", "bare"):
        weights = fitted(kind)
        assert set(weights.shape) == set(SHAPES)
        assert {len(curve) for curve in weights.shape.values()} == {STEPS}
        line, cue = weights.worth(["L:article", "LR:article open"])
        assert max(line, cue) < -0.5
        assert not set(weights.breaks) & set(breaks.HAND)
    assert fitted("marked").breaks["E:stop"][1] > 1


@pytest.mark.parametrize(
    ("language", "text", "ends"),
    [
        (
            "en",
            "They said hi. Dr. Who left at 5 p.m. today, so",
            ["stop", "short", "short", "comma"],
        ),
        ("de", "Das gilt z.B. hier. Am 3. Mai", ["short", "stop", "stop"]),
        ("ja", "はい。 なに？ これ、", ["stop", "stop", "comma"]),
        ("hi", "ठीक है। नहीं", ["stop"]),
        ("ar", "نعم؟ لا، حسنا", ["stop", "comma"]),
    ],
)
def test_ends_of_sentences_by_language(language, text, ends):
    read = Reader(grammar_of(language)).read
    assert [read(word).end for word in text.split() if read(word).end] == ends


def parted(text: str, language: str, width: float = 13) -> list[str]:
    limits = Limits(line_width=width, counting="halves", speed_cps=None)
    words = [TimedText(start_ms=0, end_ms=4_000, text=text)]
    return [
        line
        for cue in recut(words, limits=limits, language=language)
        for line in cue.text.split("\n")
    ]


def test_japanese_breaks_between_phrases():
    assert phrases.pieces("「キャッシュ」を使う。") == ["「キャッシュ」", "を", "使", "う。"]
    lines = parted("この機械は非常に正確で一つ間違えばすべてが終わる", "ja")
    assert all(measure(line, "halves") <= 13 for line in lines)
    assert lines == ["この機械は非常に正確で", "一つ間違えばすべてが終わる"]


def test_chinese_breaks_between_words():
    lines = parted("访问者还可以与您网站上的其他会员进行更深入的交流与沟通", "zh", 16)
    assert lines == ["访问者还可以与您网站上的", "其他会员进行更深入的交流与沟通"]


def test_korean_breaks_at_spaces_and_keeps_what_leans():
    text = "우리는 이 문제를 함께 해결할 수 있습니다 그리고 다시 시작합니다"
    lines = parted(text, "ko", 12)
    assert " ".join(lines) == text
    assert not any(line.endswith(("이", "해결할", "할")) for line in lines)


def test_hindi_postpositions_and_auxiliaries_stay_behind_their_word():
    text = "जब आप इस सेवा का उपयोग करना आरंभ कर देंगे तो आपके मित्र आपकी साइट में आ सकते हैं"
    limits = Limits(line_width=26)
    words = [
        TimedText(start_ms=300 * i, end_ms=300 * i + 300, text=one)
        for i, one in enumerate(text.split())
    ]
    lines = [
        line for cue in recut(words, limits=limits, language="hi") for line in cue.text.split("\n")
    ]
    assert not {line.split()[0] for line in lines} & {"का", "में", "हैं", "सकते"}


def test_thai_breaks_no_cluster():
    text = "เราต้องทำงานร่วมกันเพื่อให้ทุกคนได้รับประโยชน์จากเทคโนโลยีใหม่"
    lines = parted(text, "th", 10)
    assert "".join(lines) == text
    assert not any(re.match("[\u0e30-\u0e3a\u0e47-\u0e4e]", line) for line in lines)
    assert not any(line[-1] in "เแโใไ" for line in lines)


def test_arabic_stays_in_logical_order():
    text = "نحن نعمل مع الفريق في المدينة منذ سنوات عديدة"
    words = [
        TimedText(start_ms=300 * i, end_ms=300 * i + 300, text=one)
        for i, one in enumerate(text.split())
    ]
    cues = recut(words, limits=Limits(line_width=22), language="ar")
    lines = [line for cue in cues for line in cue.text.split("\n")]
    assert " ".join(lines) == text
    assert not {line.split()[-1] for line in lines} & {"مع", "في", "منذ"}


def test_spaces_that_do_not_break_stay():
    units = units_of([TimedText(start_ms=0, end_ms=9, text="Quoi\u00a0? Non.")], Limits())
    assert units.texts == ["Quoi\u00a0?", "Non."]


FILES = [
    *sorted(DATA.glob("google-captions/*/friends_connect_demo_yt.srt")),
    *sorted(DATA.glob("elephants-dream/captions.*.vtt")),
]


@pytest.mark.skipif(not FILES, reason="the shared data is not there")
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_human_captions_cut_again_hold_every_limit(path):
    tag = path.parent.name if path.suffix == ".srt" else path.name.split(".")[1]
    track, limits = formats.read(path), load_rules(DEFAULT_RULES).limits(tag)
    cues = recut(words_of(track), limits=limits, language=tag)
    letters = "".join("".join(cue.text.split()) for cue in track.cues)
    assert "".join("".join(cue.text.split()) for cue in cues) == letters
    for cue in cues:
        lines = cue.text.split("\n")
        assert len(lines) <= limits.line_count
        for line in lines:
            assert measure(line, limits.counting) <= limits.line_width
            if phrases.has_unspaced(line):
                assert line[0] not in NEVER_FIRST
                assert line[-1] not in NEVER_LAST
