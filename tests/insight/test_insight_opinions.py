"""Opinions by aspect: denials, wishes, questions, quotes, a user's own aspects."""

from __future__ import annotations

from pathlib import Path

import pytest

from loquitur.errors import InputError, UsageError
from loquitur.insight.opinions.lists import load_preset, presets
from loquitur.insight.opinions.reading import opinions_in
from loquitur.insight.opinions.tallies import reviews_of
from loquitur.insight.texts.passages import Gathered, Passage

LABELLED = Path(__file__).with_name("reviews_labelled.tsv")


def signs(text, *, preset="product", language="en"):
    """Aspect to sign; what is only named has 0."""
    found = {}
    for one in opinions_in(text, load_preset(preset).lists[language]):
        found[one.aspect] = one.sign or found.get(one.aspect, 0)
    return found


def gathered(texts, *, authors=None, language="en"):
    passages = tuple(
        Passage(
            text=text,
            video="dQw4w9WgXcQ",
            author=authors[at] if authors else f"a{at}",
            start_ms=at * 1000,
            url=f"https://youtu.be/dQw4w9WgXcQ?t={at}",
            language=language,
            position=at,
        )
        for at, text in enumerate(texts)
    )
    return Gathered(passages=passages, unit="texts", sources=("made.csv",))


@pytest.mark.parametrize(
    ("text", "aspect", "sign"),
    [
        ("It is not worth the money.", "price", -1),
        ("No complaints about the delivery.", "delivery", 1),
        ("The price isn't bad.", "price", 1),
        ("Not only is the battery great, the screen is too.", "battery", 1),
        ("The battery is great but the screen is terrible.", "screen", -1),
        ("The battery is great but the screen is terrible.", "battery", 1),
        ("I wish the screen were good.", "screen", -1),
        ("Is the battery good?", "battery", 0),
        ("The battery doesn't last.", "battery", -1),
        ("It costs 20 dollars.", "price", 0),
    ],
)
def test_a_judgement_is_turned_and_given_to_its_aspect(text, aspect, sign):
    assert signs(text)[aspect] == sign


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Good morning everybody!", "en"), ("Buenos días a todos", "es"),
        ("Guten Morgen zusammen", "de"), ("좋은 아침입니다", "ko"),
    ],
)  # fmt: skip
def test_a_greeting_praises_nothing(text, language):
    assert signs(text, language=language) == {}
    assert signs("Good morning, the battery is good.") == {"battery": 1}


@pytest.mark.parametrize(
    ("language", "text", "aspect", "sign"),
    [
        ("ko", "가격이 비싸지 않아요", "price", 1),
        ("ko", "가격이 비싸요", "price", -1),
        ("es", "No es caro", "price", 1),
        ("de", "Die Qualität ist nicht gut", "quality", -1),
        ("ja", "品質は良くない", "quality", -1),
    ],
)
def test_denials_of_other_languages(language, text, aspect, sign):
    assert signs(text, language=language)[aspect] == sign


def test_who_wants_to_buy_and_what_is_asked():
    found = signs("how much is shipping, I need this", preset="live-shopping")
    assert found == {"price": 0, "shipping": 0, "buy": 0}


def rates(part):
    """Precision and recall of signed aspects on labelled sentences."""
    hits = told = labelled = 0
    lines = [line for line in LABELLED.read_text("utf-8").splitlines() if line[0] != "#"][1:]
    for line in lines:
        which, preset, language, text, *labels = line.split("\t")
        if which != part:
            continue
        gold = {one for one in (labels[0].split() if labels else []) if one[-1] in "+-"}
        got = {
            f"{aspect}:{'+' if sign > 0 else '-'}"
            for aspect, sign in signs(text, preset=preset, language=language).items()
            if sign
        }
        hits, told, labelled = hits + len(gold & got), told + len(got), labelled + len(gold)
    return hits / told, hits / labelled


def test_labelled_sentences_those_held_out_too():
    """The lists were written by who wrote the sentences: strangers' are harder."""
    precision, recall = rates("test")
    assert precision >= 0.80
    assert recall >= 0.80
    assert min(rates("dev")) >= 0.85


def test_counts_shares_and_quotes():
    texts = ["The price is terrible."] * 3 + ["Great price, really."] * 6 + ["hello there friends"]
    found = reviews_of(gathered(texts))
    price = found.tallies[0]
    assert (price.name, price.liked, price.complained, price.authors) == ("price", 6, 3, 9)
    assert price.share_liked.value == pytest.approx(6 / 9)
    assert price.share_liked.method == "Wilson"
    assert [quote.text for quote in price.quotes_liked] == ["Great price, really."]
    assert price.quotes_complained[0].passage.url.startswith("https://youtu.be/dQw4w9WgXcQ?t=")
    assert found.account().says[0].startswith("Liked most: price (6 texts)")


def test_who_says_it_a_hundred_times_counts_once():
    found = reviews_of(gathered(["too expensive"] * 100, authors=["a"] * 100))
    assert (found.read, found.twice, found.tallies[0].complained) == (1, 99, 1)
    assert "99 repeated" in found.account().says[-1]


def test_few_judgements_are_said_to_be_few():
    sections = reviews_of(gathered(["The price is bad."])).account().sections
    assert any("Too few to say more: 1 judgement." in line for s in sections for line in s.says)


def test_languages_without_lists_are_named():
    found = reviews_of(gathered(["Цена слишком высокая"], language="ru"))
    assert found.uncovered == (("ru", 1),)
    assert found.tallies == ()
    assert "ru 1" in found.account().limits[0]


def test_things_in_no_list_are_found():
    texts = [f"The strap is terrible, number {at}." for at in range(8)] + ["I love the price."] * 3
    found = reviews_of(gathered(texts))
    assert [(one.term, one.complained) for one in found.discovered] == [("strap", 8)]


def test_a_thing_is_judged_where_it_stands_as_a_word():
    texts = [f"The car was seen, number {at}." for at in range(8)]
    texts = [f"{text} I hate the scary price." for text in texts]
    assert "car" not in [one.term for one in reviews_of(gathered(texts)).discovered]


def test_hostile_texts_stay_text_and_long_ones_end():
    texts = ["<script>alert(1)</script> the price is terrible", "price " * 20_000, "(" * 5000, "!"]
    found = reviews_of(gathered(texts))
    assert found.tallies[0].name == "price"
    assert "&lt;script&gt;" in found._repr_html_()
    assert "<script>alert" not in found._repr_html_()
    assert all(len(quote.text) <= 240 for one in found.tallies for quote in one.quotes_liked)


def test_a_users_own_aspects(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(
        'title = "straps"\n[aspects.strap]\ntitle = "the strap"\nen = "strap; straps; buckle*"\n',
        "utf-8",
    )
    alone = reviews_of(gathered(["The buckles are terrible."]), preset="", aspects=str(own))
    assert [(one.title, one.complained) for one in alone.tallies] == [("the strap", 1)]
    beside = load_preset("product", str(own))
    assert {"strap", "price"} <= set(beside.aspects)
    own.write_text('[aspects.lid]\nen = "lid"\n', "utf-8")
    assert set(load_preset("", str(own)).aspects) == {"lid"}, "the file as it is now"


@pytest.mark.parametrize(
    "text",
    ["no toml [", "[aspects]\n", '[aspects.A]\nen = "x"', "[aspects.a.en]\nnamez = 'x'",
     "[aspects.a]\nen = 3"],
)  # fmt: skip
def test_a_bad_file_of_aspects_is_refused(tmp_path, text):
    own = tmp_path / "own.toml"
    own.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"own\.toml"):
        load_preset("", str(own))


def test_no_such_preset_and_no_such_file(tmp_path):
    assert presets() == ("live-shopping", "product")
    with pytest.raises(UsageError, match="no such preset"):
        load_preset("produkt")
    with pytest.raises(InputError, match="cannot be read"):
        load_preset("", str(tmp_path / "none.toml"))
    with pytest.raises(InputError, match="no text"):
        reviews_of(Gathered(passages=(), unit="", sources=("empty.csv",)))
