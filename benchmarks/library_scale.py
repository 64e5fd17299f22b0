"""How fast an embedded library is filled and searched, beside a plain FTS5 table in the same run.

    python benchmarks/library_scale.py [--passages 10000] [--dimensions 0 384 512] [--folder DIR]

Passages are made by rule (`loquitur.testing.passages`): 80 words, 60,000 different ones by Zipf's
law; queries are five words of middle frequency, any of which may stand in a passage. Vectors are
those of made-up topics with noise. The bars: filled at 2,000 passages a second at least; the 95th
percentile of a search at most 15 ms with 10,000 passages and 150 ms with 100,000 and 1,000,000; one
video added in at most 2 s, while nobody who reads waits.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loquitur.library import terms
from loquitur.library.index.embedded import EmbeddedIndex, graph, matrix, side, upkeep
from loquitur.library.search.searching import search
from loquitur.model.library import ALL, AnyOf, Encoding, Filters, Term, Volume
from loquitur.testing.passages import PART, zipf_passages, zipf_queries
from measuring import Took, stopwatch, timed

QUERIES = 200
TOPICS = 2000
BARS_MS = {10_000: 15.0, 100_000: 150.0, 1_000_000: 150.0}
READER = """
import sys, time
from pathlib import Path
from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.model.library import ALL, AnyOf, Term
from loquitur.testing.passages import zipf_queries
index = EmbeddedIndex(Path(sys.argv[1]))
took = []
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    for words in zipf_queries(20, seed=9):
        began = time.perf_counter()
        query = AnyOf(parts=tuple(Term(any_of=(word,)) for word in words))
        index.by_words(query, filters=ALL, limit=10)
        took.append(1000 * (time.perf_counter() - began))
print(*took)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--dimensions", type=int, nargs="*", default=[0, 384, 512])
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--peer", action=argparse.BooleanOptionalAction, default=True)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    try:
        terms.terms("warm", language="en")
        for dimension in given.dimensions:
            measure(folder / f"{dimension}.library", given.passages, dimension)
        if given.peer:
            plain(folder / "plain.sqlite", given.passages)
    finally:
        shutil.rmtree(folder)
    return 0


def measure(path: Path, count: int, dimension: int) -> None:
    print(f"\n{count:,} passages, " + (f"vectors of {dimension}" if dimension else "no vectors"))
    index = EmbeddedIndex(path)
    fill(index, count, dimension)
    began = time.perf_counter()
    index.close()
    closing_s = time.perf_counter() - began
    size = index.counts().size_bytes
    beside = sum(each.stat().st_size for each in side.folder_of(path).rglob("*") if each.is_file())
    print(f"file       {size / 1e6:,.0f} MB, side files {beside / 1e6:,.0f} MB;"
          f" closed in {closing_s:.1f} s")  # fmt: skip
    nodes = [
        AnyOf(parts=tuple(Term(any_of=(word,)) for word in words))
        for words in zipf_queries(QUERIES, seed=1)
    ]
    bar = BARS_MS.get(count)
    told = f" (bar {bar:.0f} ms at the 95th)" if bar else ""
    show(f"words, 10{told}", [lambda n=n: index.by_words(n, filters=ALL, limit=10) for n in nodes])
    asked_for = [" ".join(words) for words in zipf_queries(QUERIES, seed=1)]
    show(f"search, 10{told}", [lambda q=q: search(index, q) for q in asked_for])
    slips = [f"{one[:3]}{one[4:]}" for one in asked_for]
    show("misspelt", [lambda q=q: search(index, q) for q in slips[:50]])
    show("words, 100", [lambda n=n: index.by_words(n, filters=ALL, limit=100) for n in nodes])
    note = side.folder_of(path) / "words.json"
    if note.exists():
        note.rename(note.with_suffix(".aside"))
        show("no tantivy", [lambda n=n: index.by_words(n, filters=ALL, limit=10) for n in nodes])
        note.with_suffix(".aside").rename(note)
    one = Filters(speakers=("SPEAKER_01",), channels=("Channel 3",))
    show("filtered", [lambda n=n: index.by_words(n, filters=one, limit=10) for n in nodes])
    words = [word for query in zipf_queries(20, seed=3) for word in query]
    show("frequencies", [lambda w=w: index.frequencies([w]) for w in words])
    show("near terms", [lambda w=w: index.near_terms(w[::-1], limit=50) for w in words])
    if dimension:
        asked = vectors(len(nodes), dimension, seed=99)
        pairs = list(zip(nodes, asked, strict=True))
        show("meaning", [lambda v=v: index.by_vector(v, filters=ALL, limit=100) for _, v in pairs])
        show(f"hybrid{told}", [lambda n=n, v=v: hybrid(index, n, v) for n, v in pairs])
        recall(index, asked[:50], dimension)
    adding(index, dimension)
    index.close()
    began = time.perf_counter()
    found = index.verify()
    print(f"verify     {time.perf_counter() - began:.1f} s, {len(found)} findings", flush=True)


def fill(index: EmbeddedIndex, count: int, dimension: int) -> None:
    took = Took()
    encoding = Encoding(engine="made", dimension=dimension) if dimension else None
    for at, (volume, passages) in enumerate(zipf_passages(count)):
        rows = vectors(len(passages), dimension, seed=at) if dimension else None
        with stopwatch() as one:
            index.replace(volume, PART, passages, vectors=rows, encoding=encoding)
        took += one
    print(f"filled     {count / took.wall_s:,.0f} passages/s ({count / took.cpu_s:,.0f} a CPU s),"
          f" bar 2,000; {took.wall_s:.0f} s", flush=True)  # fmt: skip


def vectors(count: int, dimension: int, *, seed: int) -> NDArray[np.float32]:
    """Vectors of topics, with noise."""
    topics = np.random.default_rng(7).standard_normal((TOPICS, dimension), dtype=np.float32)
    chance = np.random.default_rng((seed, dimension))
    noise = chance.standard_normal((count, dimension), dtype=np.float32)
    drawn = topics[chance.integers(0, TOPICS, count)] + noise
    made: NDArray[np.float32] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return made


def hybrid(index: EmbeddedIndex, node: AnyOf, vector: NDArray[np.float32]) -> None:
    """What a search asks of an index: two lists of 100, the vectors of one, ten passages."""
    words = index.by_words(node, filters=ALL, limit=100)
    near = {hit.id for hit in index.by_vector(vector, filters=ALL, limit=100)}
    index.vectors([hit.id for hit in words if hit.id not in near])
    index.passages([hit.id for hit in words[:10]])


def recall(index: EmbeddedIndex, asked: NDArray[np.float32], dimension: int) -> None:
    """What a graph finds of the nearest by comparing all."""
    folder = side.folder_of(index.path)
    db = sqlite3.connect(index.path)
    base = matrix.opened(folder, upkeep.vectors_key(db), dimension, None)
    db.close()
    linked = graph.opened(folder, base, None) if base else None
    if base is None or linked is None:
        return
    for limit in (10, 100):
        shares = []
        for vector in asked:
            exact = base.ids[np.argsort(-(base.rows @ vector))[:limit]]
            near = graph.nearest(linked, vector, limit=limit)
            shares.append(len({*exact.tolist()} & {*near.tolist()}) / limit)
        print(f"graph      recall@{limit} {statistics.fmean(shares):.3f}")


def adding(index: EmbeddedIndex, dimension: int) -> None:
    """One video of 40 passages put in, again and again, while another process reads."""
    arguments = [sys.executable, "-c", READER, str(index.path)]
    quiet = subprocess.run([*arguments, "2"], capture_output=True, text=True, check=True)
    told = tempfile.TemporaryFile("w+")  # noqa: SIM115 - a pipe would fill, and the reader wait
    reader = subprocess.Popen([*arguments, "4"], stdout=told, text=True)
    encoding = Encoding(engine="made", dimension=dimension) if dimension else None
    took: list[float] = []
    while reader.poll() is None:
        (volume, passages), *_ = zipf_passages(40, seed=len(took) + 1)
        rows = vectors(40, dimension, seed=0) if dimension else None
        named = Volume(media_id=f"new:{len(took)}", title=volume.title)
        began = time.perf_counter()
        index.replace(named, PART, passages, vectors=rows, encoding=encoding)
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(0.05)
    told.seek(0)
    busy = told.read().split()
    told.close()
    print(f"one video  {percentiles(took)} (bar 2,000 ms), {len(took)} of them")
    print(f"a reader   {percentiles([*map(float, busy)])} meanwhile,"
          f" {percentiles([*map(float, quiet.stdout.split())])} before")  # fmt: skip


def plain(path: Path, count: int) -> None:
    """The peer: a table of texts and FTS5 with its own stemmer beside it, nothing else."""
    print("\nplain FTS5, porter unicode61")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT)")
    db.execute("CREATE VIRTUAL TABLE words USING fts5 (text, content='', tokenize='porter')")
    took_s, first = 0.0, 1
    for _, passages in zipf_passages(count):
        rows = [(first + at, passage.text) for at, passage in enumerate(passages)]
        first += len(rows)
        began = time.perf_counter()
        db.execute("BEGIN")
        db.executemany("INSERT INTO texts VALUES (?, ?)", rows)
        db.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", rows)
        db.execute("COMMIT")
        took_s += time.perf_counter() - began
    print(f"filled     {took_s:.0f} s: {count / took_s:,.0f} passages/s")
    print(f"file       {path.stat().st_size / 1e6:,.0f} MB")
    query = "SELECT rowid, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT 10"
    asked = [" OR ".join(f'"{word}"' for word in words) for words in zipf_queries(QUERIES, seed=1)]
    show("words, 10", [lambda text=text: db.execute(query, (text,)).fetchall() for text in asked])
    db.close()


def show(what: str, calls: list[Callable[[], object]]) -> None:
    """Wall time, and the processor's: what a busy machine changes less."""
    calls[0]()  # files are opened once
    each = [timed(call)[1] for call in calls]
    took, used = [1000 * one.wall_s for one in each], [1000 * one.cpu_s for one in each]
    print(f"{what:<10} {percentiles(took)}; CPU {percentiles(used)}", flush=True)


def percentiles(took: list[float]) -> str:
    points = statistics.quantiles(took, n=20) if len(took) > 1 else [took[0]] * 19
    return f"{points[9]:.1f} ms, 95th {points[18]:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
