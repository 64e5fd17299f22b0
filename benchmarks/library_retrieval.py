"""Does search find the passage that answers, in several scripts and in misheard speech?

    python benchmarks/library_retrieval.py [--data ../shared/data/qa] [--sets en zh ja ko ...]
        [--seeds 3] [--minilm FOLDER]

XQuAD (en es zh ru ar hi: 240 paragraphs, 1,190 questions each), JaQuAD dev (every third question),
KLUE-STS dev (sentences of which another says the same: label 4 or more). A paragraph is a passage.
`en:N` is English with the recognition errors of `testing.noise` (about a third of the words), drawn
anew for each seed N. Plain FTS5 tables stand beside ours in the same run. `other` is R@1 on the
articles of odd number alone, on which nothing was chosen: weights were, on those of even number.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loquitur.library.encoding import make_encoder
from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.library.search.retrieval import retrieve
from loquitur.library.search.stop_words import stop_words
from loquitur.model.library import Part, Passage, Volume
from loquitur.settings import resolve
from loquitur.testing.noise import misheard

SETS = ("en", "es", "zh", "ja", "ko", "ru", "ar", "hi")
PEERS = {"unicode61": "unicode61", "porter": "porter unicode61", "trigram": "trigram"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Texts, the article of each, and questions with the number of the text that answers."""

    language: str
    texts: list[str]
    articles: list[int]
    questions: list[tuple[str, int]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/qa"))
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minilm", default="", help="A folder of all-MiniLM-L6-v2.")
    arguments = parser.parse_args()
    print(
        f"{'set':6}{'by':22}{'R@1':>7}{'other':>7}{'R@10':>7}{'MRR':>7}"
        f"{'none':>6}{'p50 ms':>8}{'p95':>7}"
    )
    names = [*arguments.sets, *(f"en:{seed}" for seed in range(arguments.seeds))]
    for name in names:
        task = read(arguments.data, name)
        for peer, tokenizer in PEERS.items():
            row(name, f"FTS5 {peer}", task, plain_table(task, tokenizer))
        engines = ["hashing"]
        if arguments.minilm and task.language == "en":
            engines.append(f"onnx:{arguments.minilm}")
        for number, engine in enumerate(engines):
            ours(name, task, engine, words=not number)
    return 0


def ours(name: str, task: Task, engine: str, *, words: bool) -> None:
    encoder = make_encoder(engine, resolve().settings)
    vectors = encoder.encode_passages(task.texts)
    with tempfile.TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder) / "a.library")
        for number, text in enumerate(task.texts):
            media_id = f"file:{number}"
            passage = Passage(
                media_id=media_id, part=f"speech:{task.language}", number=0, start_ms=0,
                end_ms=1, text=" ".join(text.split()), language=task.language,
            )  # fmt: skip
            index.replace(
                Volume(media_id=media_id, title=""), Part(language=task.language), [passage],
                vectors=np.asarray(vectors[number : number + 1]), encoding=encoder.encoding,
            )  # fmt: skip

        def by(**options: Any) -> Callable[[str], list[int]]:
            return lambda question: [
                int(one.passage.media_id[5:])
                for one in retrieve(index, question, encoder=encoder, limit=10, **options)
            ]

        if words:
            row(name, "words", task, by(mode="words"))
            row(name, "words, no guesses", task, by(mode="words", fuzzy=False))
        short = engine.partition(":")[0]
        row(name, f"hybrid {short}", task, by())
        row(name, f"hybrid {short} rrf", task, by(fusion="rrf"))
        index.close()


def row(name: str, by: str, task: Task, find: Callable[[str], list[int]]) -> None:
    ranks, times = [], []
    empty = 0
    for question, gold in task.questions:
        started = time.perf_counter()
        found = find(question)
        times.append(1000 * (time.perf_counter() - started))
        ranks.append(found.index(gold) + 1 if gold in found else 0)
        empty += not found
    hits = [rank == 1 for rank in ranks]
    other = [
        hit for hit, (_, gold) in zip(hits, task.questions, strict=True) if task.articles[gold] % 2
    ]
    figures = (
        float(np.mean(hits)), float(np.mean(other)), float(np.mean([rank > 0 for rank in ranks])),
        float(np.mean([1 / rank if rank else 0 for rank in ranks])),
    )  # fmt: skip
    shown = "".join(f"{figure:7.3f}" for figure in figures)
    p50, p95 = np.percentile(times, [50, 95])
    print(f"{name:6}{by:22}{shown}{empty:6}{p50:8.1f}{p95:7.1f}", flush=True)


def plain_table(task: Task, tokenizer: str) -> Callable[[str], list[int]]:
    """FTS5 as one would use it: words quoted, stop words dropped, OR between."""
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE VIRTUAL TABLE t USING fts5 (text, tokenize='{tokenizer}')")
    db.executemany("INSERT INTO t (rowid, text) VALUES (?, ?)", enumerate(task.texts))
    stop = stop_words(task.language)

    def find(question: str) -> list[int]:
        words = re.findall(r"\w+", question.lower())
        if tokenizer == "trigram":
            words = [w[at : at + 3] for w in words for at in range(max(1, len(w) - 2))]
        kept = [word for word in words if word not in stop] or words
        match = " OR ".join(f'"{word}"' for word in dict.fromkeys(kept))
        rows = db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 10", (match,))
        return [one for (one,) in rows]

    return find


def read(data: Path, name: str) -> Task:
    language, _, seed = name.partition(":")
    if language == "ko":
        return read_pairs(data / "klue_sts" / "klue-sts-v1.1_dev.json")
    files = [data / "xquad" / f"xquad.{language}.json"]
    if language == "ja":
        files = sorted((data / "jaquad").glob("*.json"))
    texts, articles, questions = [], [], []
    for number, article in enumerate(a for f in files for a in json.loads(f.read_text())["data"]):
        for paragraph in article["paragraphs"]:
            questions += [(one["question"], len(texts)) for one in paragraph["qas"]]
            texts.append(paragraph["context"])
            articles.append(number)
    if seed:
        vocabulary = sorted({word for text in texts for word in text.split()})
        texts = [
            misheard(text, vocabulary=vocabulary, seed=f"{seed}:{number}")
            for number, text in enumerate(texts)
        ]
    kept: Sequence[tuple[str, int]] = questions[::3] if language == "ja" else questions
    return Task(language=language, texts=texts, articles=articles, questions=[*kept])


def read_pairs(path: Path) -> Task:
    pairs = json.loads(path.read_text())
    return Task(
        language="ko",
        texts=[pair["sentence2"] for pair in pairs],
        articles=[*range(len(pairs))],
        questions=[
            (pair["sentence1"], number)
            for number, pair in enumerate(pairs)
            if pair["labels"]["real-label"] >= 4
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
