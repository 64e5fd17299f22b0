"""What windows of a transcript tell: values, rows, sentences and figures."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from loquitur.errors import InputError, UsageError
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.insight.transcripts.analysis import TranscriptOptions, transcript, transcripts
from loquitur.insight.transcripts.result import columns, windows_table

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "seeds"
SEED = SEEDS / "equivariant_2bP_KuBrXSc.en.json"
needs_seed = pytest.mark.skipif(not SEED.exists(), reason="the shared data is not here")
CONTRACT = {
    "start_ms", "end_ms", "words", "polarity", "subjectivity", "entropy_bits", "novelty", "text",
}  # fmt: skip
GOOD = "This is a really good and happy day for all of us here at the sea."
KOREAN = "오늘은 정말 좋은 날이고 우리는 모두 바다에서 아주 행복하게 지내고 있습니다"
ARABIC = "هذا يوم جميل جدا ونحن سعداء هنا على شاطئ البحر مع كل الأصدقاء"


def said(*texts, language="en", **known):
    return Spoken(
        name="a", title="a", language=language, **known,
        fragments=tuple(
            Fragment(start_ms=at * 4000, end_ms=at * 4000 + 3500, text=text)
            for at, text in enumerate(texts)
        ),
    )  # fmt: skip


def looked(spoken, **how):
    return transcript(spoken, chapters=False, **how)


@needs_seed
def test_the_course_transcript():
    found = transcript(SEED, chapters=False)
    plain = found.plain()
    assert plain["windows"][0].keys() >= CONTRACT
    assert (plain["words"], plain["types"]) == (2851, 728)
    assert plain["entropy_bits"] == pytest.approx(8.0865, abs=0.00005)
    assert round(plain["polarity"], 4) == 0.1427
    assert round(plain["subjectivity"], 4) == 0.4694
    assert plain["windows"][0]["novelty"] is None
    assert all(math.isfinite(one["novelty"]) for one in plain["windows"][1:])
    assert plain["windows"][1]["url"] == "https://youtu.be/2bP_KuBrXSc?t=105"
    assert {"degrees", "group"} & {
        one["word"] for moment in plain["moments"] for one in moment["words"]
    }
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


@needs_seed
def test_its_account_is_figures_with_bands_links_and_sentences():
    account = transcript(SEED, chapters=False).account()
    figures = {figure.name: figure for section in account.sections for figure in section.figures}
    assert {"novelty", "divergence", "new-words", "entropy", "sentiment", "pace"} == set(figures)
    novelty = figures["novelty"]
    assert novelty.x.scale == "clock"
    assert novelty.origin == "https://youtu.be/2bP_KuBrXSc"
    assert novelty.series[0].y[0] is None
    assert len(novelty.series[0].low) == len(novelty.series[0].y) == 10
    assert novelty.marks
    assert all(mark.url.startswith("https://youtu.be/") for mark in novelty.marks)
    assert any("8.0865 bits" in line for section in account.sections for line in section.says)
    assert any("Entropy grows" in line for line in account.limits)
    assert any("pauses are not known" in line for line in account.limits)


@pytest.mark.slow
@needs_seed
def test_chapters_are_there_and_left_out_on_request():
    assert transcript(SEED).plain()["chapters"][0]["start_ms"] == 0
    assert transcript(SEED, chapters=False).plain()["chapters"] == []


def test_sentiment_is_missing_in_languages_that_the_engine_does_not_know():
    spoken = said(*[GOOD] * 20, *[KOREAN] * 20)
    found = looked(spoken, window="time:80s").plain()
    assert [one["language"] for one in found["windows"]] == ["en", "ko"]
    assert found["windows"][0]["polarity"] > 0.5
    assert found["windows"][1]["polarity"] is None
    assert found["windows"][1]["subjectivity"] is None
    arabic = looked(said(*[ARABIC] * 20, language="ar")).plain()
    assert arabic["polarity"] is None
    assert arabic["words"] == 20 * len(ARABIC.split())


def test_the_language_that_is_told_counts():
    found = looked(said(GOOD, language="de"), language="en").plain()
    assert found["windows"][0]["language"] == "en"


def test_no_engine_no_sentiment():
    found = looked(said(GOOD), engine="none")
    assert found.plain()["windows"][0]["polarity"] is None
    assert found.plain()["polarity"] is None
    assert "polarity_none" in found.table().names


def test_an_engine_is_named_in_its_columns():
    names = looked(said(*[GOOD] * 5), engine="vader").table().names
    assert {"polarity_vader", "subjectivity_vader", "coverage_vader"} <= set(names)
    assert "polarity_transformers_a_b_c" in {one.name for one in columns("transformers:a/b-c")}


def test_columns_say_their_units_and_are_marked_as_computed():
    for column in columns("textblob"):
        unit = column.name.rsplit("_", 1)[-1]
        assert (unit == "bits") == (column.unit == "bits"), column.name
        assert (unit == "ms") == (column.unit == "ms"), column.name
        taken = {"file", "start_ms", "end_ms", "speaker", "text"}
        assert column.derived == (column.name not in taken), column.name


@pytest.mark.parametrize("text", ["", "\u266a", "..."])
def test_nothing_is_said(text):
    spoken = said(text) if text else said()
    found = looked(spoken)
    plain = found.plain()
    assert plain["words"] == 0
    assert plain["entropy_bits"] is None
    assert plain["polarity"] is None
    account = found.account()
    assert account.says == ("No word is said in a.",)
    assert account.sections == ()
    assert [row["words"] for row in found.table().rows()] == [0] * len(found.passages)


def test_one_word_has_no_novelty_and_no_chance():
    plain = looked(said("hello")).plain()
    (window,) = plain["windows"]
    assert (window["words"], window["entropy_bits"], window["novelty"]) == (1, 0.0, None)
    assert plain["moments"] == []
    assert plain["moments_why"].startswith("too few to say: 1 word in 1 window")
    assert window["short"]


def test_the_pace_is_that_of_the_clock_and_unknown_where_times_are_guessed():
    found = looked(said(*["one two three four"] * 15))
    assert found.passages[0].rate_per_min == pytest.approx(60 * 60 / 59.5, rel=1e-3)
    guessed = looked(said("one two three", times_known=False))
    assert guessed.plain()["windows"][0]["rate_per_min"] is None
    assert next(guessed.table().rows())["rate_per_min"] is None
    assert any("guessed" in line for line in guessed.account().limits)


def test_several_files_are_one_table_and_a_bad_one_stops_none(tmp_path):
    for name, text in (("a.txt", GOOD * 3), ("b.txt", ""), ("c.txt", GOOD)):
        (tmp_path / name).write_text(text)
    paths = [tmp_path / name for name in ("a.txt", "b.txt", "c.txt")]
    found = list(transcripts(paths, TranscriptOptions(chapters=False)))
    assert [one.source for one in found] == list(map(str, paths))
    assert isinstance(found[1].error, InputError)
    table = windows_table([one.result for one in found if one.result])
    assert list(table["file"]) == [str(paths[0]), str(paths[2])]


@pytest.mark.slow
def test_side_by_side_is_the_same(tmp_path):
    paths = []
    for at in range(20):
        paths.append(tmp_path / f"{at}.txt")
        paths[-1].write_text("" if at == 7 else GOOD * (at + 1))
    options = TranscriptOptions(chapters=False, window="words:40")
    alone = [one.result and one.result.plain() for one in transcripts(paths, options)]
    beside = [one.result and one.result.plain() for one in transcripts(paths, options, jobs=2)]
    assert alone == beside
    assert alone[7] is None


def test_options_that_are_none():
    with pytest.raises(UsageError, match="no such window"):
        TranscriptOptions(window="lines")
    with pytest.raises(UsageError, match="98 orders"):
        TranscriptOptions(orders=98)
    with pytest.raises(UsageError, match="nonesuch"):
        transcript(said(GOOD), engine="nonesuch")


@pytest.mark.slow
def test_ten_hours_are_read_in_seconds():
    import random
    import time

    dice = random.Random(1)
    texts = [
        " ".join(f"w{int(dice.paretovariate(0.7)) % 6000}" for _ in range(10)) for _ in range(9000)
    ]
    begun = time.process_time()
    found = looked(said(*texts), engine="none", window="time:5m")
    assert len(found.passages) == 120
    assert time.process_time() - begun < 20


def test_a_time_is_told_once_and_pairs_of_characters_are_no_words():
    one = "\u753b\u50cf\u3092\u691c\u7d22\u3057\u307e\u3059\u3002"
    other = "\u96fb\u8eca\u306f\u99c5\u306b\u7740\u304d\u307e\u3057\u305f\u3002"
    found = looked(said(*[one] * 60, *[other] * 60), window="words:100")
    says = found.account().says
    assert "pairs of characters" in says[0]
    assert {"\u753b\u50cf", "\u96fb\u8eca"} <= {term for term, _ in found.whole.terms}
    (line,) = [line for line in says if "surprise beyond chance" in line]
    clocks = re.findall(r"\d+:\d\d", line)
    assert len(clocks) == len(set(clocks))


def test_one_window_is_held_against_no_other():
    lines = [line for part in looked(said("a good day")).account().sections for line in part.says]
    assert "In the one window that has a figure polarity is 0.70." in lines
    assert not any("middle window" in line or "the others" in line for line in lines)
