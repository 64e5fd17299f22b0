"""A library on a PostgreSQL server beside the embedded one: building, searching, adding, size.

    python benchmarks/library_postgres.py [--passages N] [--url postgresql://...] [--beside]
        [--vectors D] [--queries N]

Passages of 80 words by Zipf's law (`loquitur.testing.passages`), queries of five words of middle
frequency. Without `--url` it starts a server of its own, which waits for the disk as servers do.
Terms are warmed first: the pure Python stemmer's first sight of a word is the same for both.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
import psutil

from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.library.index.postgres import PostgresIndex
from loquitur.library.terms import terms
from loquitur.model.library import ALL, AnyOf, Encoding, Filters, Phrase, Term
from loquitur.testing import passages as made
from loquitur.testing.postgres_server import running
from measuring import seconds

WORDS = 60_000


def main() -> None:
    options = parsed()
    warm()
    with contextlib.ExitStack() as stack:
        if options.url:
            url = options.url
        else:
            server = stack.enter_context(running(options.folder))
            server.drop("bench")
            url = server.library("bench")
            options.pid = server.pid
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        print(f"{options.passages} passages, {options.vectors} numbers a vector")
        measure("postgresql", PostgresIndex(url), options)
        if options.beside:
            measure("embedded", EmbeddedIndex(folder / "x.library"), options)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--vectors", type=int, default=0)
    parser.add_argument("--url", default="")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--beside", action="store_true")
    parser.set_defaults(pid=0)
    return parser.parse_args()


def warm() -> None:
    """See every word of the vocabulary once."""
    terms(" ".join(made.words_of(WORDS)), language="en")


def measure(name: str, index: PostgresIndex | EmbeddedIndex, options: argparse.Namespace) -> None:
    encoding = Encoding(engine="words", version="1", dimension=options.vectors)
    spent = making = 0.0
    count = 0
    began, busy = time.perf_counter(), worked(options.pid)
    slowest = 0.0
    for volume, passages in made.zipf_passages(options.passages, seed=1):
        at = time.perf_counter()
        more = {}
        if options.vectors:
            texts = [passage.text for passage in passages]
            more = {"vectors": hashed(texts, options.vectors), "encoding": encoding}
        begun = time.perf_counter()
        making += begun - at
        index.replace(volume, made.PART, passages, **more)
        spent += (took := time.perf_counter() - begun)
        slowest = max(slowest, took)
        count += len(passages)
    print(
        f"{name:11} build {count / spent:7.0f} passages/s"
        f" ({time.perf_counter() - began:.0f} s with making them; slowest video {slowest:.2f} s;"
        f" processors {worked(options.pid) - busy:.0f} s)"
    )
    asked = list(made.zipf_queries(options.queries, seed=2))
    nodes = [
        AnyOf(parts=tuple(Term(any_of=(term,)) for term in terms(" ".join(words), language="en")))
        for words in asked
    ]
    report(
        name,
        "words",
        [seconds(lambda n=n: index.by_words(n, filters=ALL, limit=10)) for n in nodes],
    )
    few = Filters(channels=("Channel 3",), after="2020-01-01")
    report(
        name,
        "filtered",
        [seconds(lambda n=n: index.by_words(n, filters=few, limit=10)) for n in nodes],
    )
    phrases = [Phrase(terms=tuple(terms(text, language="en"))) for text in said(index, 50)]
    report(
        name,
        "phrases",
        [seconds(lambda n=n: index.by_words(n, filters=ALL, limit=10)) for n in phrases],
    )
    typed = [words[0][:-2] + "xa" for words in asked]
    report(name, "near terms", [seconds(lambda t=t: index.near_terms(t, limit=20)) for t in typed])
    if options.vectors:
        vectors = hashed([" ".join(words) for words in asked], options.vectors)
        report(
            name,
            "meaning",
            [seconds(lambda v=v: index.by_vector(v, filters=ALL, limit=100)) for v in vectors],
        )
    add_one(name, index, options, encoding)
    held = index.counts()
    print(
        f"{name:11} size {held.size_bytes / 1e6:.0f} MB,"
        f" {held.size_bytes / held.passages:.0f} bytes a passage"
    )
    at = time.perf_counter()
    print(f"{name:11} verify {index.verify()} in {time.perf_counter() - at:.1f} s")
    index.close()


def add_one(name: str, index, options: argparse.Namespace, encoding: Encoding) -> None:
    """Add, replace and remove one video of 40 passages."""
    volume, passages = next(made.zipf_passages(40, seed=9))
    volume = dataclasses.replace(volume, media_id="youtube:new")
    passages = [dataclasses.replace(passage, media_id=volume.media_id) for passage in passages]
    more = {}
    if options.vectors:
        vectors = hashed([passage.text for passage in passages], options.vectors)
        more = {"vectors": vectors, "encoding": encoding}
    added = seconds(lambda: index.replace(volume, made.PART, passages, **more))
    again = seconds(lambda: index.replace(volume, made.PART, passages, **more))
    middle = f"youtube:{options.passages // 80:011d}"
    removed = seconds(lambda: index.remove(middle))
    print(
        f"{name:11} one video: added {added * 1e3:.0f} ms, replaced {again * 1e3:.0f} ms,"
        f" an old one removed {removed * 1e3:.0f} ms"
    )


def worked(pid: int) -> float:
    """Seconds of processors that this process and a server of our own have used."""
    own = time.process_time()
    if not pid:
        return own
    every = psutil.Process(pid).children(recursive=True)
    return own + sum(sum(one.cpu_times()[:2]) for one in every)


def said(index, count: int) -> list[str]:
    """Two words that stand one behind the other somewhere."""
    found = []
    for volume in index.volumes():
        passage = next(index.passages_of(volume.media_id))
        found.append(" ".join(passage.text.split()[10:12]))
        if len(found) == count:
            break
    return found


def hashed(texts: list[str], dimension: int) -> np.ndarray:
    """Words by signed hashing, length 1: vectors that lie as texts do."""
    found = np.zeros((len(texts), dimension), np.float32)
    for row, text in zip(found, texts, strict=True):
        for word in text.split():
            code = zlib.crc32(word.encode())
            row[code % dimension] += 1.0 if code >> 31 else -1.0
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


def report(name: str, what: str, seconds: list[float]) -> None:
    p50, p95 = np.percentile(seconds, (50, 95)) * 1e3
    print(f"{name:11} {what:10} p50 {p50:7.1f} ms  p95 {p95:7.1f} ms")


if __name__ == "__main__":
    main()
