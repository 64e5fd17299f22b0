"""Answers without a language model: are they right, and is what nobody said refused?

    python benchmarks/library_answers.py [--data DIR] [--every N] [--sets NAME,...] [--meetings N]

1. Sets of questions, each asked twice: of a library with its article, and of one without. Weights
   and threshold were fitted on every other article of XQuAD in English and Chinese
   (`library_answers_fitting.py`), rules for Japanese were chosen on every other one of JaQuAD: of
   these three only the other articles are asked here. EM and F1 as
   SQuAD counts them (characters of Chinese and Japanese), of the words that are marked and of the
   first sentence; over all answerable questions, a refusal counting 0. Of the answers given:
   whether the first citation has the gold words (`said`), whether its link is within 5 s of the
   first of them (`linked`), and whether its first word is (`start`).
2. How many of both are refused under other thresholds.
3. The same English questions over transcripts with a third of the words misheard.
4. QMSum: each meeting a library of its own, whether one of five sentences' passages lies in a span
   that people marked.
5. Milliseconds for a question at 10,000 passages of 80 words.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from library_answers_fitting import DATA, is_for_fitting
from loquitur.evaluation.answering import exact_match, f1, inside, nearby
from loquitur.library.asking import ask
from loquitur.library.encoding import make_encoder
from loquitur.library.excerpts import judging, replying
from loquitur.library.search.retrieval import retrieve
from loquitur.library.trials.meetings import read_meetings
from loquitur.library.trials.shelving import Absence, shelve, temporary_index
from loquitur.library.trials.squad import read_squad, sentence_starts
from loquitur.settings import Settings
from loquitur.testing.noise import misheard

SETS = ("xquad.en", "xquad.zh", "xquad.es", "xquad.ru", "xquad.ar", "xquad.hi", "jaquad")
SHOWN = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def questions_of(name, data):
    """A set; JaQuAD's files are one."""
    if name != "jaquad":
        document = json.loads((data / "xquad" / f"{name}.json").read_text("utf-8"))
        return read_squad(document, name=name, language=name[-2:])
    articles = []
    for path in sorted((data / "jaquad").glob("*.json")):
        articles += json.loads(path.read_text("utf-8"))["data"]
    return read_squad({"data": articles}, name=name, language="ja")


def noisy(asked):
    """The same set, its passages as a recogniser might have heard them."""
    texts = [one.text for each in asked.brought for one in each.passages]
    vocabulary = sorted({word for text in texts for word in text.split()})
    brought = []
    for each in asked.brought:
        passages = []
        for one in each.passages:
            text = misheard(one.text, vocabulary=vocabulary, seed=f"{one.number}:0:{one.media_id}")
            passages.append(
                dataclasses.replace(
                    one, text=text, sentences=sentence_starts(text), offsets=(), times_ms=()
                )
            )
        brought.append(dataclasses.replace(each, passages=tuple(passages)))
    return dataclasses.replace(asked, name=f"{asked.name} misheard", brought=tuple(brought))


def asked_twice(asked, every, *, encoder=None, all_articles=False):
    """Rows: confidence with and without the article, and whether what was found is right."""
    seen = ("xquad.en", "xquad.zh", "xquad.en misheard", "jaquad")  # one half was looked at
    known = asked.name in seen and not all_articles
    chosen = [
        one for one in asked.questions if not (known and is_for_fitting(one.places[0].media_id))
    ][::every]
    rows = []
    with temporary_index() as index:
        shelve(index, asked.brought, encoder=encoder)
        absence = Absence(index=index)
        for question in sorted(chosen, key=lambda one: one.places[0].media_id):
            absence.without("")
            row = judged(index, question, encoder)
            absence.without(question.places[0].media_id)
            found = retrieve(index, question.text, encoder=encoder)
            row["outside"] = replying.judge(index, question.text, found, encoder=encoder).confidence
            rows.append(row)
    return rows


def judged(index, question, encoder):
    """What the best sentence of the library with the article is like."""
    begun = time.perf_counter()
    reply = ask(index, question.text, encoder=encoder)
    row = {"ms": 1000 * (time.perf_counter() - begun), "refused": reply.refused}
    row["inside"] = reply.confidence
    best = replying.judge(
        index, question.text, retrieve(index, question.text, encoder=encoder), encoder=encoder
    ).sentences
    place = question.places[0]
    row |= dict.fromkeys(("passage", "sentence", "em", "f1", "f1_sentence"), 0.0)
    if best:
        passage = best[0].found.passage
        row["passage"] = float(
            passage.media_id == place.media_id
            and passage.start_ms <= place.start_ms < passage.end_ms
        )
        start_ms, end_ms = passage.span_ms(best[0].start, best[0].end)
        row["sentence"] = row["passage"] * (start_ms <= question.answer_ms[0] < end_ms)
    row["hit"] = row["link"] = row["start"] = np.nan  # of given answers alone
    if not reply.refused:
        [first, *_] = reply.citations
        there = first.media_id == place.media_id
        row["hit"] = float(there and inside(first.start_ms, first.end_ms, question.answer_ms))
        row["link"] = float(there and nearby(first.leads_ms // 1000 * 1000, question.answer_ms))
        row["start"] = float(there and nearby(first.start_ms, question.answer_ms))
        start, end = first.marks[0] if first.marks else (0, len(first.text))
        for name, text in (("", first.text[start:end]), ("_sentence", first.text)):
            row["f1" + name] = f1(text, question.answers, language=question.language)
        row["em"] = exact_match(first.text[start:end], question.answers, language=question.language)
    return row


def mean(rows, name):
    """Of a column."""
    return float(np.nanmean([row[name] for row in rows]))


def area(rows):
    """How often a question with an answer is surer than one without (area under the ROC curve)."""
    inside = np.sort([row["inside"] for row in rows])
    outside = np.array([row["outside"] for row in rows])
    below = np.searchsorted(inside, outside, "left") + np.searchsorted(inside, outside, "right")
    return float(1 - below.mean() / 2 / len(inside))


def show(name, rows, bound):
    """A line of the first table."""
    inside = np.array([row["inside"] for row in rows])
    outside = np.array([row["outside"] for row in rows])
    print(
        f"{name:18} {len(rows):5} {mean(rows, 'passage'):8.3f} {mean(rows, 'sentence'):8.3f}"
        f" {mean(rows, 'em'):6.3f} {mean(rows, 'f1'):6.3f} {mean(rows, 'f1_sentence'):8.3f}"
        f" {np.mean(outside < bound):8.3f} {np.mean(inside < bound):8.3f} {area(rows):6.3f}"
        f" {np.median([row['ms'] for row in rows]):6.0f}"
        f" {mean(rows, 'hit'):6.3f} {mean(rows, 'link'):6.3f} {mean(rows, 'start'):6.3f}",
        flush=True,
    )


def show_curve(name, rows):
    """Refusals under each threshold."""
    inside = np.array([row["inside"] for row in rows])
    outside = np.array([row["outside"] for row in rows])
    shown = [f"{np.mean(outside < one):.2f}/{np.mean(inside < one):.2f}" for one in SHOWN]
    print(f"{name:18} " + "  ".join(shown), flush=True)


def meetings(data, most, encoder):
    """Span hit@5 of each meeting, the library being that meeting alone."""
    text = (data / "qmsum" / "val.jsonl").read_text("utf-8")
    asked = read_meetings("\n".join(text.splitlines()[:most]), name="qmsum", language="en")
    by_meeting = defaultdict(list)
    for question in asked.questions:
        by_meeting[question.within].append(question)
    shown, everything = [], []
    for brought in asked.brought:
        with temporary_index() as index:
            shelve(index, [brought], encoder=encoder)
            hits = []
            for question in by_meeting[brought.volume.media_id]:
                found = retrieve(index, question.text, encoder=encoder)
                best = replying.judge(index, question.text, found, encoder=encoder).sentences[:5]
                times = [one.found.passage.time_of(one.start) for one in best]
                hits.append(
                    any(p.start_ms <= at < p.end_ms for at in times for p in question.places)
                )
            everything += hits
            if hits:
                shown.append(f"{sum(hits)}/{len(hits)}")
    print(f"\nQMSum val, span hit@5 by meeting: {' '.join(shown)}")
    print(f"all {len(everything)} questions: {np.mean(everything):.3f}", flush=True)


def latency(count):
    """Milliseconds for a question."""
    from loquitur.testing.passages import PART, zipf_passages, zipf_queries

    with temporary_index() as index:
        for volume, passages in zipf_passages(count):
            index.replace(volume, PART, passages)
        waits = []
        for words in zipf_queries(60):
            begun = time.perf_counter()
            ask(index, " ".join(words))
            waits.append(1000 * (time.perf_counter() - begun))
    low, high = np.quantile(waits, (0.5, 0.95))
    print(f"\n{count:,} passages: p50 {low:.0f} ms, p95 {high:.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--every", type=int, default=1, help="each so manieth question")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--meetings", type=int, default=35)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument(
        "--hashing", action="store_true", help="with vectors, as a library has them"
    )
    given = parser.parse_args()
    encoder = make_encoder("hashing", Settings()) if given.hashing else None
    bound = judging.calibration().refuse_below
    print(f"threshold {bound}; refusals of questions without an answer / with one")
    print(
        f"{'set':18} asked  passage sentence     em     f1 f1_sent. refused  falsely   area     ms"
        "   said linked  start"
    )
    seen = {}
    for name in filter(None, given.sets.split(",")):
        asked = questions_of(name, given.data)
        seen[name] = asked_twice(asked, given.every, encoder=encoder)
        show(name, seen[name], bound)
        if name == "xquad.en":
            other = noisy(asked)
            seen[other.name] = asked_twice(other, given.every, encoder=encoder)
            show(other.name, seen[other.name], bound)
    print(f"\nthreshold          {'       '.join(f'{one:.1f}' for one in SHOWN)}")
    for name, rows in seen.items():
        show_curve(name, rows)
    if given.meetings:
        meetings(given.data, given.meetings, encoder)
    if given.passages:
        latency(given.passages)


if __name__ == "__main__":
    main()
