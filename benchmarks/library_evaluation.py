"""The library on sets of questions: what is found and what is answered, each set in several ways.

    python benchmarks/library_evaluation.py [--data DIR] [--minilm FOLDER] [--only NAME]...
        [--answers N] [--quick]

1. Searches by words, by words and meaning, by meaning: XQuAD in six languages (240 paragraphs and
   1,190 questions each), JaQuAD dev (1,431 paragraphs, every third question), KLUE-STS dev (110
   sentences that shall find their like), XQuAD en with a third of its words misheard, three
   drawings; QMSum val (237 questions, each of its meeting alone: hit@5 is the notes' span hit).
2. N questions of each XQuAD (--answers, 100; 0 for none) answered in the words of the text, and
   asked again of the library without their article. The answers' ways find by words, and by words
   and meaning.

Every difference from words alone is by question, with an interval by articles. Passages are whole
paragraphs, as in the notes; those of QMSum are windows. The embedding needs no file; with --minilm
FOLDER the English sets are asked by that sentence encoder as well. About 7 minutes of one
core, 13 with an encoder. --only takes the names of sets: xquad.en, jaquad, klue, noisy.0, qmsum,
and answers.xquad.en for the second part.
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
        passages = []
        for each in one.passages:
            seed = f"{drawing}:{each.media_id}:{each.number}"
            text = misheard(each.text, vocabulary=vocabulary, seed=seed)
            made = timed(
                text, each.media_id, each.number, start_ms=each.start_ms, language=each.language
            )
            passages.append(dataclasses.replace(made, end_ms=max(each.end_ms, made.start_ms + 1)))
        brought.append(dataclasses.replace(one, passages=tuple(passages)))
    return dataclasses.replace(
        asked, name=f"{asked.name} misheard ({drawing})", brought=tuple(brought)
    )


def sets(data):
    """What is searched: a short name, and what reads the set."""
    english = data / "xquad" / "xquad.en.json"
    found = {
        f"xquad.{one}": lambda one=one: read_questions([data / "xquad" / f"xquad.{one}.json"])
        for one in LANGUAGES
    }
    found["jaquad"] = lambda: every_third(read_questions([data / "jaquad"], language="ja"))
    found["klue"] = lambda: read_questions([data / "klue_sts"], language="ko")
    for drawing in range(DRAWINGS):
        found[f"noisy.{drawing}"] = lambda at=drawing: noisy(read_questions([english]), at)
    found["qmsum"] = lambda: read_questions([data / "qmsum" / "val.jsonl"], language="en")
    return found


def every_third(asked):
    """As the notes took JaQuAD."""
    notice = f"every third of {len(asked.questions)} questions"
    return dataclasses.replace(
        asked, questions=asked.questions[::3], notices=(*asked.notices, notice)
    )


def show(trial, begun):
    """The table, what a reader should know, and how long it took."""
    print_trial(trial)
    for notice in trial.notices:
        print(notice)
    print(f"({time.perf_counter() - begun:.0f} s)\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--minilm", default="", metavar="FOLDER", help="of all-MiniLM-L6-v2")
    parser.add_argument("--only", action="append", default=[], help="xquad.en, noisy.0 ...")
    parser.add_argument("--answers", type=int, default=100, metavar="N")
    parser.add_argument("--quick", action="store_true", help="100 questions of each, 20 answers")
    given = parser.parse_args()
    settings = resolve().settings

    def engines(name):
        english = name.endswith((".en", "qmsum")) or name.startswith("noisy")
        return ("hashing", *([f"onnx:{given.minilm}"] if given.minilm and english else []))

    known = sets(given.data)
    for name, read in known.items():
        if given.only and name not in given.only:
            continue
        begun = time.perf_counter()
        asked = sampled(read(), 100) if given.quick else read()
        ways = ways_of(embeddings=engines(name))
        show(evaluate_retrieval(asked, ways, settings=settings), begun)
    for language in LANGUAGES if given.answers else ():
        name = f"xquad.{language}"
        if given.only and f"answers.{name}" not in given.only:
            continue
        begun = time.perf_counter()
        asked = sampled(known[name](), 20 if given.quick else given.answers)
        ways = ways_of(modes=("words", "hybrid"), embeddings=engines(name))
        show(evaluate_answers(asked, ways, settings=settings, hold_out=True), begun)


if __name__ == "__main__":
    main()
