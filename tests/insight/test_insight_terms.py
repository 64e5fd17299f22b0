"""Terms: how they are found in texts, which are tried, and what is said of them."""

from __future__ import annotations

import random
import time

import pytest

from loquitur.errors import InputError, UsageError
from loquitur.insight.terms.candidates import candidates
from loquitur.insight.terms.effects import effects_of
from loquitur.insight.terms.judging import Judging
from loquitur.insight.terms.patterns import comparable, term, terms
from loquitur.insight.texts.passages import Gathered, Passage, clustered

FAST = Judging(resamples=200)


def gathered(texts, *, videos=12, language="en"):
    """Texts dealt out to videos in turn."""
    passages = tuple(
        Passage(text=text, video=f"v{at % videos}", language=language, position=at)
        for at, text in enumerate(texts)
    )
    return Gathered(passages=passages, unit="texts", sources=("made.csv",))


def planted(*, seed=0, count=360):
    """Comments in which 'tutorial' goes with praise, and 'music' with nothing."""
    rng = random.Random(seed)
    good, bad = "this is wonderful", "this is horrible"
    for _ in range(count):
        topic = rng.choice(["the tutorial", "the music", "something"])
        share = 0.9 if topic == "the tutorial" else 0.5
        yield f"{good if rng.random() < share else bad} with {topic}"


@pytest.mark.parametrize(
    ("given", "text", "has"),
    [
        ("equivarian*", "An Equivariance, that is", True),
        ("art", "a party", False),
        ("neural network", "a neural-network and", True),
        ("neural network", "a neural  network", True),
        ("c++", "write c++ now", True),
        ("a.c", "abc", False),
        ("[x]", "an [x] here", True),
        ("(", "a ( b", True),
        ("don't", "I don\u2019t know", True),
        ("café", "cafe\u0301 noir", True),
        ("배송", "배송이 늦었어요", True),
        ("배송", "배송비", False),
        ("東京", "私は東京に住む", True),
        ("MASSE", "masse", True),
        ("*covid*", "anticovid19 rules", True),
        ("🔥", "so 🔥🔥", True),
    ],
)
def test_a_term_is_found_where_a_reader_would(given, text, has):
    one = term(given)
    assert one.within(comparable(text)) is has
    assert not one.within(one.without(comparable(text)))


@pytest.mark.parametrize("given", ["", " ", "*", "**", "- -", "a*b*c*d", "x" * 300])
def test_what_is_no_term_is_refused(given):
    with pytest.raises(UsageError):
        term(given)


def test_a_term_given_twice_counts_once():
    found, again = terms(["Good", "good ", "bad"])
    assert ([one.text for one in found], again) == (["Good", "bad"], ["good"])


def test_stars_in_a_long_text_take_no_time():
    began = time.process_time()
    assert not term("a*a*z").within("a" * 100_000)
    assert time.process_time() - began < 20


def test_a_planted_effect_is_found_and_a_name_without_one_is_not():
    found = effects_of(gathered(list(planted())), ["tutorial", "music"], judging=FAST)
    verdicts = {(one.term, one.measure): one.compared.verdict for one in found.effects}
    assert verdicts["tutorial", "polarity"] == "higher"
    tutorial = found.effects[0].compared
    assert tutorial.difference.low > 0.3
    assert tutorial.q < 0.05
    assert tutorial.ranks.delta.value > 0
    assert tutorial.clusters == 12
    assert found.clustered.kind == "videos"
    assert "Polarity differs with" in found.account().says[0]


def test_a_terms_own_words_do_not_make_its_texts_good():
    texts = ["a good thing happened", "a fine thing happened"] * 60
    effect = effects_of(gathered(texts), ["good"], judging=FAST).effects[0]
    assert effect.own_words == pytest.approx(0.7 - 0.41666, abs=1e-3)
    assert effect.compared.first == 0, "without its word nothing in the text is known"
    assert effect.compared.verdict == "too few to say"


def test_without_enough_texts_nothing_is_said():
    texts = ["the good tutorial"] * 10 + ["a fine day"] * 50
    found = effects_of(gathered(texts), ["tutorial", "absent", "day"], judging=FAST)
    assert {one.compared.verdict for one in found.effects} == {"too few to say"}
    assert all(one.compared.q is None for one in found.effects)
    absent = next(one for one in found.effects if one.term == "absent")
    assert (absent.texts, absent.compared.mean_first, absent.own_words) == (0, None, None)
    sentences = " ".join(found.account().sections[0].says)
    assert "no scored text with it" in sentences
    first = found.account().says[0]
    assert first == "Polarity: too few texts to say anything of any term."


def test_a_term_in_every_text_has_nothing_to_be_compared_with():
    effect = effects_of(gathered(["a good tutorial"] * 40), ["tutorial"], judging=FAST).effects[0]
    assert (effect.compared.second, effect.compared.verdict) == (0, "too few to say")
    assert effect.compared.difference.value is None


def test_texts_in_a_language_the_engine_does_not_know_are_missing_not_0():
    texts = ["a wonderful day"] * 30 + ["ein wunderbarer Tag mit viel Sonne"] * 30
    passages = tuple(
        Passage(text=text, video=f"v{at % 10}", language="en" if at < 30 else "de", position=at)
        for at, text in enumerate(texts)
    )
    found = effects_of(
        Gathered(passages=passages, unit="texts", sources=("mixed.csv",)), ["day"], judging=FAST
    )
    assert found.plain()["unscored"] == 30
    assert found.plain()["languages"] == {"en": 30, "de": 30}
    assert any("de 30" in limit for limit in found.account().limits)


def test_candidates_are_chosen_without_a_look_at_scores():
    texts = ["the neural network learns"] * 30 + ["a dog"] * 30 + ["rare word"] * 5 + ["cat"] * 20
    groups = [f"v{at % 6}" for at in range(len(texts))]
    assert set(candidates(texts, groups)) == {"dog", "cat", "neural network", "network learns"}
    assert "the" not in candidates(texts, groups)
    assert candidates(["dog"] * 30, ["v"] * 30) == (), "it stands in all"
    assert len(candidates(texts, groups, most=1)) == 1


def test_few_videos_are_said_to_be_few():
    one = gathered(list(planted()), videos=1)
    assert clustered(one.passages).kind == "stretches of 5 in a row"
    limits = effects_of(one, ["tutorial"], judging=FAST).account().limits
    assert any("these videos alone" in limit for limit in limits)
    by_author = [
        Passage(text="a", video="v", author=f"a{at % 25}", position=at) for at in range(100)
    ]
    assert clustered(by_author).kind == "authors"


def test_two_sets_are_held_against_each_other():
    liked = gathered(["a wonderful walk through the garden", "we had a great walk"] * 30)
    plain = gathered(["the engine has a bad valve", "the engine is old"] * 30, videos=11)
    found = effects_of(liked, ["walk"], against=plain, judging=FAST)
    contrast = found.contrast
    assert contrast.polarity.verdict == "higher"
    words = {one.term: one.ratio_log2 for one in contrast.keywords}
    assert words["walk"] > 0 > words["engine"]
    assert found.plain()["against"]["polarity_textblob"]["verdict"] == "higher"
    assert found.account().sections[0].title.startswith("Held against")


def test_two_sets_wholly_apart_are_called_different_though_nothing_varies_in_them():
    praise = gathered(["a wonderful thing"] * 60)
    blame = gathered(["a horrible matter"] * 60)
    found = effects_of(praise, ["nowhere"], judging=FAST, against=blame)
    assert found.contrast.polarity.verdict == "higher"
    assert found.contrast.subjectivity.verdict == "no difference shown"
    assert {"wonderful", "matter"} <= {one.term for one in found.contrast.keywords}
    assert "Polarity: higher" in found.account().sections[0].says[0]


def test_one_text_is_no_texts():
    says = " ".join(effects_of(gathered(["a good day"]), judging=FAST).account().says)
    assert "1 text: too few to say anything" in says
    assert "1 texts" not in says


def test_nothing_to_read_is_said():
    nothing = Gathered(passages=(), unit="", sources=("empty.csv",))
    with pytest.raises(InputError, match="no text in"):
        effects_of(nothing, ["a"], judging=FAST)
    with pytest.raises(InputError, match="no text in"):
        effects_of(gathered(["a good day"] * 3), ["a"], against=nothing, judging=FAST)


def test_tables_have_a_row_for_each_term_and_measure():
    found = effects_of(gathered(list(planted(count=120))), ["tutorial"], judging=FAST)
    table = found.table()
    assert table["measure"] == ("polarity_textblob", "subjectivity_textblob")
    assert table["level"] == (0.95, 0.95)
    figure = found.account().sections[0].figures[0]
    assert figure.x.names == ("tutorial",)
    assert figure.series[0].low[0] == found.effects[0].compared.difference.low
