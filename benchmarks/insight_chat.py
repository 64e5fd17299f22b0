"""A chat of 1,000,000 messages: rate, bursts, authors, words, money, flags, language, sentiment.

    python benchmarks/insight_chat.py [--messages 1000000] [--form parquet] [--sample 4000]

The chat is made here from a seed: authors by Zipf's law, bursts, emotes, emoji, six languages,
stretched words, repeated texts, copies of one text by many, bots, Super Chats in five currencies,
deletions. `loquitur insight chat` reads it in a process of its own, whose time and memory are
measured by the system (`resource`); beside it stands the straightforward way, pandas with one call
of VADER, of a language guesser and of the tokenizer for each row, on a sample, scaled.

Bars: 60 s and 2 GB on two cores. CPU seconds stand beside the seconds, since a machine may be busy.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from measuring import in_child, stopwatch

SECONDS = 4 * 3600
_ENGLISH_WORDS = """
the a you is it this that what so to and for of in on good great love best nice game play chat
stream hello everyone lets go win lose bad hate worst terrible boring awesome amazing cool funny
sad happy wow really very never always please thanks again why how when who music song voice video
channel people today night time start end boss level team goal score fight run jump fast slow hard
easy new old first last big small crazy insane clean perfect awful trash lag sound mic camera
follow sub gift member hype pog clutch rip gg lol lmao omg bro man guys dude king queen legend
goat actually maybe think know want need see watch hear feel look make take give get got was were
not no yes yeah nope right wrong true false question answer anyone from brazil korea japan texas
london morning evening later soon already still just only even more less much many some any every
both
"""
_ENGLISH = _ENGLISH_WORDS.split()
_OTHER_WORDS = {
    "ko": "진짜 너무 좋아요 최고 대박 안녕하세요 사랑해요 웃겨 재밌다 오늘 방송 노래 게임 힘내세요 "
          "와 아니 왜 지금 다시 슬프다 별로 ㅋㅋㅋㅋ ㅠㅠ ㅎㅎ",
    "ja": "すごい 可愛い 草 こんにちは 最高 面白い 今日 歌 好き ありがとう 頑張って 泣いた やばい "
          "おめでとう 待って 初見です",
    "es": "hola que bueno me gusta mucho eres el mejor vamos gracias no puedo creer jajaja muy mal "
          "triste juego hoy saludos desde mexico",
    "pt": "oi boa noite muito bom adorei que lindo kkkk melhor jogo hoje saudade do brasil",
    "ru": "привет всем как дела очень круто супер плохо скучно спасибо лучший стрим хаха",
}  # fmt: skip
_OTHERS = {language: words.split() for language, words in _OTHER_WORDS.items()}
_EMOTES = ["POG", "KEKW", "LUL", "PogChamp", ":_wave:", ":_heart:", ":_hype:", "monkaS", "Sadge"]
_EMOJI = ["😂", "🔥", "❤️", "😭", "👏", "💀", "🎉", "👀", "🤣", "💯", "👨‍👩‍👧", "🇰🇷"]
_CURRENCIES = [("USD", "$"), ("EUR", "€"), ("JPY", "¥"), ("KRW", "₩"), ("BRL", "R$")]
_START_US = 1_780_000_000_000_000


def made(messages: int, seed: int) -> Any:
    """A chat as a `polars.DataFrame` with the columns of `loquitur youtube chat`."""
    import polars as pl

    dice = np.random.default_rng(seed)
    count = messages
    at = _times(dice, count)
    people = max(10, count // 12)
    author = np.minimum(dice.zipf(1.35, count) - 1, people - 1) if people < 50 else _zipf(
        dice, count, people
    )  # fmt: skip
    texts = _texts(dice, count, author)
    kind = np.full(count, "text", dtype=object)
    paid = dice.random(count) < 0.002
    kind[paid] = "paid"
    kind[dice.random(count) < 0.0005] = "membership"
    which = dice.integers(0, len(_CURRENCIES), count)
    amount = np.round(dice.lognormal(2.0, 1.0, count), 2)
    for bot in range(3):  # a bot speaks every five minutes
        beat = np.searchsorted(at, np.arange(60_000 + bot * 7_000, at[-1], 300_000))
        beat = beat[beat < count]
        at[beat] = np.arange(60_000 + bot * 7_000, at[-1], 300_000)[: len(beat)]
        author[beat] = people + bot
        for place in beat:
            texts[place] = f"Follow the channel and join our server number {bot} for the schedule!"
    raid = np.arange(count // 2, min(count, count // 2 + min(200, count // 10)))
    for place in raid:
        texts[place] = "RAID RAID the purple army from the harbour has arrived RAID"
    order = np.argsort(at, kind="stable")
    member = dice.random(people + 3) < 0.08
    moderator = np.arange(people + 3) < 5
    paid = kind == "paid"
    return pl.DataFrame(
        {
            "id": [f"ChwKGkNQ{n:012x}" for n in range(count)],
            "type": kind.tolist(), "source": ["replay"] * count,
            "video_id": ["abcdefghijk"] * count,
            "offset_ms": at[order], "timestamp_us": _START_US + at[order] * 1_000,
            "author_name": [f"@viewer-{n:06d}" for n in author[order]],
            "author_channel_id": [f"UC{n:022d}" for n in author[order]],
            "is_owner": [False] * count, "is_moderator": moderator[author[order]],
            "is_verified": [False] * count, "is_member": member[author[order]],
            "text": [texts[n] for n in order],
            "emotes": [[w for w in texts[n].split() if w[:1] == ":"] for n in order],
            "amount": np.where(paid, amount, np.nan),
            "currency": [_CURRENCIES[which[n]][0] if paid[n] else None for n in range(count)],
            "amount_text": [f"{_CURRENCIES[which[n]][1]}{amount[n]}" if paid[n] else None
                            for n in range(count)],
            "is_deleted": dice.random(count) < 0.003,
        }
    ).with_columns(pl.col("amount").fill_nan(None))  # fmt: skip


def _times(dice: np.random.Generator, count: int) -> np.ndarray:
    """Times in ms: a slow swell, 25 bursts that rise fast and fall off, a waiting room before 0."""
    quiet = dice.random(int(count * 0.8)) * (SECONDS + 300) - 300
    starts = dice.random(25) * SECONDS
    loud = starts[dice.integers(0, 25, count - len(quiet))]
    loud = loud + dice.gamma(2.0, 12.0, len(loud))
    return np.sort(np.concatenate([quiet, loud]) * 1_000).astype(np.int64)


def _zipf(dice: np.random.Generator, count: int, people: int) -> np.ndarray:
    weights = 1.0 / np.arange(1, people + 1) ** 0.9
    return dice.choice(people, size=count, p=weights / weights.sum())


def _texts(dice: np.random.Generator, count: int, author: np.ndarray) -> list[str]:
    """Sentences of words by Zipf's law in the author's language; half of the lines are cries."""
    tongues = ["en", *_OTHERS]
    words = {"en": _ENGLISH, **_OTHERS}
    tongue = dice.choice(len(tongues), size=author.max() + 4, p=[0.66, 0.1, 0.08, 0.08, 0.04, 0.04])
    style = dice.random(count)
    length = np.minimum(1 + dice.geometric(0.22, count), 30)
    picks = dice.random(int(length.sum()))
    found: list[str] = []
    at = 0
    for n in range(count):
        mine = words[tongues[tongue[author[n]]]]
        size = int(length[n])
        if style[n] < 0.3:
            found.append(_cry(dice, style[n] / 0.3, picks[at]))
        else:
            line = " ".join(mine[int(pick * pick * len(mine))] for pick in picks[at : at + size])
            if style[n] > 0.9:
                line = f"{line} {_EMOJI[int(picks[at] * len(_EMOJI))]}"
            if style[n] > 0.97:
                line = f"@viewer-{int(picks[at] * 9_999):06d} {line.upper()}!!!"
            found.append(line)
        at += size
    return found


def _cry(dice: np.random.Generator, style: float, pick: float) -> str:
    if style < 0.3:
        return "LETS GO" + "O" * int(pick * 9)
    if style < 0.5:
        return _EMOJI[int(pick * len(_EMOJI))] * (1 + int(style * 100) % 4)
    if style < 0.8:
        return " ".join([_EMOTES[int(pick * len(_EMOTES))]] * (1 + int(style * 100) % 3))
    return ("ㅋ" if pick < 0.3 else "w" if pick < 0.5 else "ha") * (2 + int(style * 1_000) % 9)


def measured(path: Path, *more: str) -> dict[str, float]:
    """One run of the verb in a child: seconds, CPU seconds, peak memory in MB."""
    done = in_child(["-m", "loquitur", "insight", "chat", str(path), "--json", *more])
    if done.code:
        raise SystemExit(done.err)
    told = json.loads(done.out)
    return {
        "seconds": done.took.wall_s, "cpu_s": done.took.cpu_s, "memory_mb": done.peak_mb,
        "messages": told["messages"], "bursts": len(told["bursts"]), "flags": len(told["flags"]),
    }  # fmt: skip


def straightforward(path: Path, sample: int) -> tuple[float, float, str]:
    """Seconds and CPU seconds a message of pandas with calls for each row, and what was called."""
    import pandas
    import polars as pl
    import py3langid
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    table = pl.read_parquet(path).sample(sample, seed=1).sort("offset_ms")
    frame = pandas.DataFrame(table.select("offset_ms", "author_name", "text").to_dicts())
    calls = "pandas, VADER and py3langid"
    try:
        import spacy

        read = spacy.blank("en")
        calls += ", spaCy's tokenizer"
    except ImportError:
        read = str.split
        calls += ", str.split (no spaCy here)"
    engine = SentimentIntensityAnalyzer()

    def compound(text: str) -> float:
        return engine.polarity_scores(text)["compound"]

    with stopwatch() as took:
        frame["minute"] = frame["offset_ms"] // 60_000
        frame["compound"] = frame["text"].apply(compound)
        frame["language"] = frame["text"].apply(lambda text: py3langid.classify(text)[0])
        frame["words"] = frame["text"].apply(lambda text: len(list(read(text))))
        frame.groupby("minute").agg({"compound": "mean", "author_name": "nunique"})
    return took.wall_s / sample, took.cpu_s / sample, calls


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--form", choices=("parquet", "csv", "jsonl"), default="parquet")
    parser.add_argument("--sample", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="Leave the chat in this folder.")
    given, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        parquet = folder / "chat.parquet"
        if not parquet.exists():
            made(given.messages, given.seed).write_parquet(parquet)
        path = folder / f"chat.{given.form}"
        if given.form != "parquet" and not path.exists():
            _copy(parquet, path)
        size = path.stat().st_size / 1e6
        print(f"{given.messages:,} messages, {given.form}, {size:.0f} MB")
        figures = measured(path, *more)
        print(
            "loquitur insight chat: {seconds:.1f} s, {cpu_s:.1f} CPU s, {memory_mb:.0f} MB, "
            "{messages:,} messages, {bursts} bursts, {flags} flags".format(**figures)
        )
        each, cpu_each, calls = straightforward(parquet, given.sample)
        print(
            f"{calls}, row by row: {each * given.messages:.0f} s, "
            f"{cpu_each * given.messages:.0f} CPU s (scaled from {given.sample:,} messages)"
        )
        is_met = figures["seconds"] <= 60 and figures["memory_mb"] <= 2_000
        load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
        print(f"60 s and 2,000 MB: {'met' if is_met else 'MISSED'} (load of the machine: {load})")


def _copy(source: Path, target: Path) -> None:
    import polars as pl

    frame = pl.read_parquet(source)
    if target.suffix == ".jsonl":
        frame.write_ndjson(target)
    else:
        emotes = pl.col("emotes").map_elements(
            lambda cell: json.dumps(list(cell), ensure_ascii=False), return_dtype=pl.String
        )
        frame.with_columns(emotes).write_csv(target)


if __name__ == "__main__":
    main()
