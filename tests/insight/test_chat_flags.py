"""What looks automated or copied is flagged with its reason, and people are not."""

from __future__ import annotations

import numpy as np
import pytest
from chat_making import jsonl, row

from loquitur.insight.chats.analysis import ChatOptions, chat

BARE = ChatOptions(engine="")
WORDS = [
    "so",
    "good",
    "that",
    "was",
    "a",
    "great",
    "game",
    "today",
    "lets",
    "see",
    "what",
    "they",
    "do",
    "next",
    "round",
    "hello",
    "all",
]


def people(seed, *, authors=40, minutes=60, each=20):
    dice = np.random.default_rng(seed)
    rows = []
    for author in range(authors):
        for at in dice.random(each) * minutes * 60_000:
            text = " ".join(dice.choice(WORDS, size=int(dice.integers(1, 9))))
            rows.append(row(int(at), text, f"p{author}"))
    return rows


def flags(tmp_path, rows):
    rows = sorted(rows, key=lambda one: one["offset_ms"])
    return chat(jsonl(tmp_path / "a.jsonl", rows), options=BARE).flags


@pytest.mark.parametrize("seed", range(5))
def test_people_are_not_flagged(tmp_path, seed):
    assert flags(tmp_path, people(seed)) == ()


def test_a_bot_is_told_with_its_figures(tmp_path):
    dice = np.random.default_rng(1)
    bot = [
        row(int(at + dice.normal(0, 700)), f"Join our server, code {n}!", "bot", is_moderator=True)
        for n, at in enumerate(range(10_000, 3_600_000, 300_000))
    ]
    (found,) = flags(tmp_path, people(1) + bot)
    assert found.flag.kind == "regular"
    assert found.role == "moderator"
    assert found.flag.messages == 12
    assert found.flag.gap_ms == pytest.approx(300_000, abs=1_500)
    assert found.flag.reason.startswith("looks automated: 12 equal texts every 300 s +/- ")


def test_a_rhythm_of_different_texts_is_found_too(tmp_path):
    bot = [row(n * 60_000 + 500, f"{WORDS[n % 17]} fact number {n * n} {WORDS[n % 5]}", "facts")
           for n in range(40)]  # fmt: skip
    (found,) = flags(tmp_path, people(2) + bot)
    assert (found.flag.kind, found.flag.messages, found.flag.text) == ("regular", 40, -1)


def test_whole_seconds_are_no_rhythm(tmp_path):
    dice = np.random.default_rng(4)
    at = np.cumsum(dice.integers(4, 7, 40)) * 1_000
    rows = [row(int(when), f"{WORDS[n % 17]} {n}", "fan") for n, when in enumerate(at)]
    assert flags(tmp_path, rows) == ()


def test_a_spammer_repeats_and_is_fast(tmp_path):
    dice = np.random.default_rng(5)
    at = np.sort(dice.random(45) * 55_000) + 100_000
    rows = [row(int(when), "BUY followers at example", "spam") for when in at]
    found = {one.flag.kind: one.flag for one in flags(tmp_path, people(5) + rows)}
    assert found.keys() == {"repeats", "fast"}
    assert found["repeats"].share == 1
    assert found["fast"].messages == 45


def test_a_text_of_many_is_a_copy_and_no_bot(tmp_path):
    text = "The purple army has arrived from the harbour"
    rows = [row(1_000_000 + n * 900, text.upper() if n % 2 else text, f"r{n}") for n in range(25)]
    (found,) = flags(tmp_path, people(6) + rows)
    assert (found.flag.kind, found.flag.authors, found.author) == ("copies", 25, None)
    assert "25 authors wrote the same" in found.flag.reason


def test_a_greeting_that_comes_all_the_time_is_no_raid(tmp_path):
    greeting = "good evening everybody in the chat"
    rows = [row(n * 30_000, greeting, f"g{n}") for n in range(110)]
    assert [one for one in flags(tmp_path, rows) if one.flag.kind == "copies"] == []
