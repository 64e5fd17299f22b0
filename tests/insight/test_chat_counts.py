"""What is counted in a chat: minutes, authors, fairness, money, moderation, sentiment."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pytest
from chat_making import jsonl, row
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import UsageError
from loquitur.insight.chats.analysis import ChatOptions, chat
from loquitur.insight.chats.minutes import width_ms
from loquitur.insight.chats.moods import _student
from loquitur.insight.chats.talkers import fairness
from loquitur.insight.chats.telling import _end_of
from loquitur.insight.chats.wording import EMOJI, normal_form

BARE = ChatOptions(engine="")


def test_empty_minutes_are_rows_and_authors_are_new_once(tmp_path):
    rows = [
        row(-30_000, "early", "ann"), row(10_000, "hi", "ann"), row(20_000, "ho 🔥", "bob"),
        row(190_000, "back :_wave:", "bob", emotes=[":_wave:"]), row(191_000, "new", "cid"),
        row(192_000, "x", "cid", type="paid", amount=5.0, currency="USD"),
        row(193_000, "", "dan", type="membership"), row(194_000, "gone", "eve", is_deleted=True),
    ]  # fmt: skip
    result = chat(jsonl(tmp_path / "a.jsonl", rows), options=BARE)
    table = result.table("minutes")
    assert table["minute"] == (-1, 0, 1, 2, 3)
    assert table["messages"] == (1, 2, 0, 0, 4)
    assert table["authors"] == (1, 2, 0, 0, 3)
    assert table["new_authors"] == (1, 1, 0, 0, 2)
    assert table["returning_authors"] == (0, 1, 0, 0, 1)
    assert table["emote_share"] == (0.0, 0.5, None, None, 0.25)
    assert table["messages_per_author"][2] is None
    assert table["paid"][-1] == table["joined"][-1] == table["deleted"][-1] == 1
    assert table["covered_ms"] == (30_000, 60_000, 60_000, 60_000, 14_001)
    assert result.plain()["authors"]["returning"] == 2
    assert dict(result.pictures) == {"🔥": 1, ":_wave:": 1}


def test_comments_over_years_get_longer_rows():
    assert width_ms(3_600_000) == 60_000
    assert width_ms(40 * 86_400_000) == 3_600_000
    assert width_ms(10 * 365 * 86_400_000) >= 86_400_000


def test_rows_that_would_be_too_many_are_refused(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", [row(0, "a"), row(10**12, "b")])
    with pytest.raises(UsageError, match="rows of 1000 ms would be 1,000,000,000"):
        chat(path, options=ChatOptions(engine="", every_ms=1_000))
    assert len(chat(path, options=BARE).table("minutes")) < 5_000


def test_gini_of_known_chats():
    assert fairness(np.array([5, 5, 5, 5])).gini == pytest.approx(0)
    assert fairness(np.array([1, 3])).gini == pytest.approx(0.25)
    assert fairness(np.array([0, 0, 8])).gini == 0, "who wrote nothing is in no chat"
    one = fairness(np.array([1] * 90 + [91] * 10))
    assert one.top_10 == pytest.approx(0.91)
    assert one.top_1 == pytest.approx(0.091)
    assert fairness(np.zeros(0, dtype=int)).gini is None


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=300))
def test_lorenz_and_gini_are_of_one_curve(counts):
    one = fairness(np.array(counts))
    assert 0 <= one.gini < 1
    assert one.lorenz[0] == (0, 0)
    assert one.lorenz[-1] == pytest.approx((1, 1))
    assert all(y <= x + 1e-9 for x, y in one.lorenz)
    if len(counts) <= 100:
        x, y = np.array(one.lorenz).T
        area = (np.diff(x) * (y[1:] + y[:-1]) / 2).sum()
        assert one.gini == pytest.approx(1 - 2 * area, abs=1e-9)


def test_money_is_exact_and_never_added_over_currencies(tmp_path):
    paid = [("0.10", "USD"), ("0.20", "USD"), ("1000", "JPY"), ("7.5", "EUR")]
    rows = [
        row(n, "thanks", f"p{n}", type="paid", amount=float(value), currency=currency)
        for n, (value, currency) in enumerate(paid)
    ]
    rows.append(row(9, "?", "q", type="paid", amount_text="¤9"))
    rows.append(row(10, "", "r", type="sticker", amount=0.3, currency="USD", is_deleted=True))
    rows.append(row(11, "", "r", type="gift_purchase", gift_count=5))
    rows.append(row(12, "thanks", "p0", type="pinned", amount=0.1, currency="USD"))
    money = chat(jsonl(tmp_path / "a.jsonl", rows), options=BARE).money
    totals = {one.currency: one.total for one in money.currencies}
    assert totals == {"USD": Decimal("0.6"), "JPY": Decimal(1000), "EUR": Decimal("7.5")}
    assert str(totals["USD"]) == "0.6"
    assert money.unread == (("¤9", 1),)
    assert money.currencies[0].stickers == money.currencies[0].deleted == 1
    assert money.gifted == 5


def test_amounts_as_other_collectors_write_them_are_read(tmp_path):
    rows = [
        {"offset_ms": n, "author": f"a{n}", "text": "", "type": "paid", "amount": amount,
         "currency": currency}
        for n, (amount, currency) in enumerate([("$5.00", "CAD"), ("€2,50", ""), ("lots", "EUR")])
    ]  # fmt: skip
    money = chat(jsonl(tmp_path / "a.jsonl", rows), options=BARE).money
    assert [(one.currency, one.total, one.assumed) for one in money.currencies] == [
        ("CAD", Decimal("5.00"), 0),
        ("EUR", Decimal("2.50"), 0),
    ]
    assert money.unread == (("lots", 1),)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row(5_000, "wow", f"a{n}") for n in range(3)], "3 messages by 3 authors, all at 0:05"),
        (
            [row(5_000, "wow", f"a{n % 2}", id=str(n)) for n in range(40)],
            "40 messages by 2 authors",
        ),
        ([row(0, "wow")], "1 message by 1 author."),
    ],
)
def test_few_messages_are_told_in_words_that_count_right(tmp_path, rows, told):
    said = chat(jsonl(tmp_path / "a.jsonl", rows), options=BARE).account()
    text = " ".join([*said.says, *(line for part in said.sections for line in part.says)])
    assert said.says[0].startswith(told)
    assert not re.search(r"\b1 (?:messages|authors|times|amounts|bursts)\b|\b0 of the 0\b", text)


def test_messages_of_one_instant_have_no_rate_in_their_burst(tmp_path):
    rows = [row(n * 60_000, "a", f"b{n}") for n in range(30)]
    rows += [row(600_000, f"wow {n}", f"a{n}") for n in range(40)]
    said = chat(jsonl(tmp_path / "a.jsonl", rows), options=BARE).account()
    assert said.sections[0].moments[0].label == "41 messages at once, 41 authors"


def test_few_authors_have_no_interval_and_none_leaves_what_polarity_can_be(tmp_path):
    texts = ("love it so much", "hate it so much", "nice")
    few = chat(jsonl(tmp_path / "a.jsonl", [row(n, texts[n], f"a{n}") for n in range(3)]))
    assert few.mood.mean.value is not None
    assert few.mood.mean.low is None
    many = [row(n, texts[n % 2], f"a{n}") for n in range(6)]
    mean = chat(jsonl(tmp_path / "b.jsonl", many)).mood.mean
    assert -1 <= mean.low < mean.high <= 1


def test_sentiment_is_by_authors_and_what_was_removed_is_not_read(tmp_path):
    rows = [row(n * 1_000, "this is amazing", "fan") for n in range(60)]
    rows += [row(60_000 + n * 1_000, "this is terrible", f"v{n}") for n in range(10)]
    rows += [row(75_000, "worst awful hate", "gone", is_deleted=True), row(76_000, "zxqv", "w")]
    result = chat(jsonl(tmp_path / "a.jsonl", rows))
    mood = result.mood
    assert (mood.messages, mood.scored) == (71, 70)
    assert mood.mean.units == 11, "one fan is one cluster"
    assert mood.mean.value > 0
    assert mood.mean.low < 0, "sixty messages of one fan are no sixty opinions"
    assert mood.shares["positive"].value == pytest.approx(60 / 71)
    assert mood.shares["unscored"].value == pytest.approx(1 / 71)
    table = result.table("minutes")
    assert table["polarity_chat_low"][0] is None, "one author is too few"
    assert table["polarity_chat_high"][1] < 0
    assert {one.sign for one in result.examples} == {"positive", "negative", "unscored"}
    assert not any("hate" in one.text for one in result.examples)


def test_students_quantiles():
    known = {4: 2.776445, 10: 2.228139, 30: 2.042272, 1_000: 1.962339}
    for freedom, value in known.items():
        assert _student(np.array([freedom]))[0] == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "count"),
    [("a❤️👨‍👩‍👧", 2), ("🇰🇷🇯🇵", 2), ("👍🏽👍", 2), ("12 # plain ©", 0), ("1️⃣", 1), ("ㅋㅋ 草", 0)],
)
def test_emoji_are_counted_as_they_are_seen(text, count):
    assert len(EMOJI.findall(text)) == count


@pytest.mark.parametrize(
    "text", ["Join US now!!!", "join us  now", "JOIN... us -- now", "ＪＯＩＮ us now"]
)
def test_texts_that_differ_in_marks_and_case_have_one_form(text):
    assert normal_form(text) == "join us now"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(0, "one")],
        [row(5_000, f"m{n}", f"a{n}") for n in range(30)],
        [row(n, "hi") | {"author_name": None, "author_channel_id": None} for n in range(9)],
        [row(0, "x" * 100_000), row(1, "<b>&amp;</b>"), row(2, "=HYPERLINK(1)"), row(3, "🔥" * 50)],
        [row(n * 1_000, "مرحبا 🔥", "ا") for n in range(20)],
    ],
    ids=["empty", "one", "one second", "nobody", "hostile", "rtl"],
)
def test_odd_chats_are_told_too(tmp_path, rows):
    path = jsonl(tmp_path / "a.jsonl", rows)
    if not rows:
        path = tmp_path / "a.csv"
        path.write_text("text,author_name,offset_ms\n")
    result = chat(path)
    account = result.account()
    assert account.says
    assert result.plain()["messages"] == len(rows)
    for which in ("minutes", "authors", "bursts", "money", "emotes", "flags"):
        assert result.table(which).columns
    assert result._repr_html_()


def test_of_what_was_said_the_end_is_told_which_is_nearest_to_the_burst():
    said = " ".join(f"word{n}" for n in range(60))
    told = _end_of(said)
    assert told.startswith("... word")
    assert told.endswith("word58 word59")
    assert len(told) <= 124
    assert _end_of("short") == "short"
