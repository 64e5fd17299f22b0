"""The library on sets of questions: what is found and what is answered, each set in several ways.

    python benchmarks/library_evaluation.py [--data DIR] [--embedding NAME[:MODEL]]...
        [--only NAME]... [--answers N] [--quick]

1. Searches by words, by words and meaning, by meaning: XQuAD in six languages (240 paragraphs and
   1,190 questions each), JaQuAD dev (1,431 paragraphs, every third question), KLUE-STS dev (110
   sentences that shall find their like), XQuAD en with a third of its words misheard, three
   drawings; QMSum val (237 questions, each of its meeting alone: hit@5 is the notes' span hit).
2. With --answers N: N questions of each XQuAD answered in the words of the text, and asked again of
   the library without their article.

Every difference from words alone is by question, with an interval by articles. Passages are whole
paragraphs, as in the notes; those of QMSum are windows. The default embedding needs no file.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

from loquitur.cli.evaluation_library import print_trial
from loquitur.library.trials.evaluating import evaluate_answers, evaluate_retrieval, sampled
from loquitur.library.trials.reading import read_questions
from loquitur.library.trials.squad import timed
from loquitur.library.trials.ways import ways_of
from loquitur.settings import resolve
from loquitur.testing.noise import misheard

DATA = Path(__file__).parents[2] / "shared" / "data" / "qa"
LANGUAGES = ("en", "zh", "es", "ar", "hi", "ru")
DRAWINGS = 3


def noisy(asked, drawing):
    """The same questions of texts with about a third of the words misheard."""
    vocabulary = sorted(
        {word for one in asked.brought for each in one.passages for word in each.text.split()}
    )
    brought = []
    for one in asked.brought:
        passages, end_ms = [], 0
        for each in one.passages:
            seed = f"{drawing}:{each.media_id}:{each.number}"
            text = misheard(each.text, vocabulary=vocabulary, seed=seed)
            made = timed(
                text, each.media_id, each.number, start_ms=each.start_ms, language=each.language
            )
            passages.append(dataclasses.replace(made, end_ms=max(each.end_ms, made.start_ms + 1)))
            end_ms = max(end_ms, each.end_ms)
        brought.append(dataclasses.replace(one, passages=tuple(passages)))
    return dataclasses.replace(
        asked, name=f"{asked.name} misheard ({drawing})", brought=tuple(brought)
    )


def sets(data):
    """What is searched: a short name, and the set."""
    for language in LANGUAGES:
        yield f"xquad.{language}", read_questions([data / "xquad" / f"xquad.{language}.json"])
    jaquad = read_questions([data / "jaquad"], language="ja")
    yield "jaquad", dataclasses.replace(jaquad, questions=jaquad.questions[::3])
    yield "klue", read_questions([data / "klue_sts"], language="ko")
    english = read_questions([data / "xquad" / "xquad.en.json"])
    for drawing in range(DRAWINGS):
        yield f"noisy.{drawing}", noisy(english, drawing)
    yield "qmsum", read_questions([data / "qmsum" / "val.jsonl"], language="en")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--embedding", action="append", default=[])
    parser.add_argument("--only", action="append", default=[], help="xquad.en, noisy.0 ...")
    parser.add_argument("--answers", type=int, default=0, metavar="N")
    parser.add_argument("--quick", action="store_true", help="100 questions of each")
    given = parser.parse_args()
    settings = resolve().settings
    ways = ways_of(embeddings=given.embedding)
    for name, whole in sets(given.data):
        if given.only and name not in given.only:
            continue
        asked = sampled(whole, 100) if given.quick else whole
        begun = time.perf_counter()
        print_trial(evaluate_retrieval(asked, ways, settings=settings))
        print(f"({time.perf_counter() - begun:.0f} s)\n", flush=True)
    for language in LANGUAGES if given.answers else ():
        if given.only and f"xquad.{language}" not in given.only:
            continue
        whole = read_questions([given.data / "xquad" / f"xquad.{language}.json"])
        asked = sampled(whole, given.answers)
        ways = ways_of(modes=("words", "hybrid"), embeddings=given.embedding)
        print_trial(evaluate_answers(asked, ways, settings=settings, hold_out=True))
        print(flush=True)


if __name__ == "__main__":
    main()
