"""Fits the numbers of `library/excerpts/calibration.toml` on questions with known answers.

    python benchmarks/library_answers_fitting.py [--data DIR] [--every N] [--write]

XQuAD in English and Chinese, every other article: sentences, spans and confidence see nothing else;
`library_answers.py` reports the other articles, four more languages and JaQuAD. Three linear models
with a Gaussian prior, by L-BFGS:

1. sentences: the likelihood of those that hold an answer among all that were found (softmax);
2. spans: the same for the runs of words of such a sentence, those that fit the answer best;
3. confidence: a logistic regression; each question is asked twice, of a library with its article
   and of one without it.

The threshold is where errors stay furthest below their bounds (one in five of the unanswerable
questions answered, one in ten of the answerable ones refused) in the language where that is worst.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

import loquitur.library.excerpts
from loquitur.evaluation.answering import f1
from loquitur.library.excerpts import judging, replying, spans
from loquitur.library.search.retrieval import retrieve
from loquitur.library.trials.shelving import Absence, shelve, temporary_index
from loquitur.library.trials.squad import read_squad

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "qa"
FILE = Path(loquitur.library.excerpts.__file__).parent / "calibration.toml"
LANGUAGES = ("en", "zh")
MOST_ANSWERED, MOST_REFUSED = 0.2, 0.1
"""The bounds: of unanswerable questions answered, of answerable ones refused."""
PRIOR = {"sentence": 0.5, "answer": 1.0, "confidence": 1.0}
MOST_RUNS = 400
COMMAND = "benchmarks/library_answers_fitting.py --every {every} --write"


@dataclass
class Seen:
    """What was seen of the questions of one language."""

    sentences: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    with_article: list = field(default_factory=list)
    without: list = field(default_factory=list)


def is_for_fitting(media_id):
    """Every other article."""
    return int(media_id.rpartition(":")[2]) % 2 == 0


def look(language, data, every):
    """Ask each question twice, and keep what is seen."""
    document = json.loads((data / "xquad" / f"xquad.{language}.json").read_text("utf-8"))
    asked = read_squad(document, name=f"xquad.{language}", language=language)
    seen = Seen()
    chosen = [one for one in asked.questions if is_for_fitting(one.places[0].media_id)][::every]
    with temporary_index() as index:
        shelve(index, asked.brought)
        absence = Absence(index=index)
        for question in chosen:
            absence.without("")
            here = found_for(index, question.text)
            absence.without(question.places[0].media_id)
            seen.with_article.append(here)
            seen.without.append(found_for(index, question.text))
            note_gold(seen, question, here, language)
    return seen


def found_for(index, text):
    """Sentences of what is found, not yet in order, with their features."""
    ready = replying.prepare(index, text, retrieve(index, text))
    return ready, judging.sentence_features(ready.sentences, ready.question)


def note_gold(seen, question, here, language):
    """Which sentences hold the answer, and which of their runs is it."""
    ready, features = here
    place = question.places[0]
    gold = []
    for number, one in enumerate(ready.sentences):
        passage = one.found.passage
        time_ms = passage.span_ms(one.start, one.end)
        within = time_ms[0] <= question.answer_ms[0] < time_ms[1]
        if passage.media_id == place.media_id and within:
            gold.append(number)
    if not gold:
        return
    seen.sentences.append((features, gold))
    sentence = ready.sentences[gold[0]]
    runs, rows = spans.runs_of(sentence, ready.question)
    fits = [
        f1(sentence.text[one.start : one.end], question.answers, language=language) for one in runs
    ]
    best = max(fits, default=0)
    if best > 0.5:
        seen.runs.append((rows, [at for at, value in enumerate(fits) if value == best]))


def softmax_fit(groups, prior):
    """Weights under which what is right is likeliest among its group."""
    size = groups[0][0].shape[1]

    def loss(weights):
        value, slope = prior * weights @ weights / 2, prior * weights
        for rows, right in groups:
            scores = np.exp(rows @ weights - (rows @ weights).max())
            chance = scores / scores.sum()
            wanted = np.zeros(len(rows))
            wanted[right] = scores[right] / scores[right].sum()
            value -= np.log(chance[right].sum())
            slope = slope - rows.T @ (wanted - chance)
        return value, slope

    return minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B").x


def logistic_fit(rows, labels, prior):
    """Intercept and weights, none of which is below 0: more evidence never speaks against."""
    wide = np.hstack([np.ones((len(rows), 1)), rows])

    def loss(weights):
        scores = wide @ weights
        value = np.logaddexp(0, np.where(labels, -scores, scores)).sum()
        slope = wide.T @ (1 / (1 + np.exp(-scores)) - labels)
        prior_ = np.concatenate([[0], weights[1:]]) * prior
        return value + prior_ @ weights / 2, slope + prior_

    bounds = [(None, None)] + [(0, None)] * rows.shape[1]
    start = np.zeros(wide.shape[1])
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x


def doubts(found, weights):
    """The features of confidence of answers under weights of sentences."""
    rows = []
    for ready, features in found:
        if len(features):
            best = ready.sentences[int(np.argmax(features @ weights))]
            rows.append(judging.confidence_features(best, ready.found))
        else:
            rows.append(np.zeros(len(judging.CONFIDENCE)))
    return np.array(rows)


def right_share(groups, weights):
    """How often the likeliest of a group is right."""
    return float(np.mean([int(np.argmax(rows @ weights)) in right for rows, right in groups]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--every", type=int, default=1, help="each so manieth question")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    seen = {one: look(one, given.data, given.every) for one in LANGUAGES}
    sentences = [group for one in seen.values() for group in one.sentences]
    runs = [group for one in seen.values() for group in one.runs]
    fitted = {
        "sentence": softmax_fit(sentences, PRIOR["sentence"]),
        "answer": softmax_fit([g for g in runs if len(g[0]) <= MOST_RUNS], PRIOR["answer"]),
    }
    for name, one in seen.items():
        print(
            f"{name}: right sentence {right_share(one.sentences, fitted['sentence']):.3f},"
            f" right span {right_share(one.runs, fitted['answer']):.3f}"
        )
    rows, labels, scores = [], [], {}
    for name, one in seen.items():
        scores[name] = (
            doubts(one.with_article, fitted["sentence"]),
            doubts(one.without, fitted["sentence"]),
        )
        rows += [*scores[name][0], *scores[name][1]]
        labels += [1] * len(scores[name][0]) + [0] * len(scores[name][1])
    sure = logistic_fit(np.array(rows), np.array(labels), PRIOR["confidence"])
    chances = {
        name: [1 / (1 + np.exp(-(sure[0] + part @ sure[1:]))) for part in both]
        for name, both in scores.items()
    }
    bound = threshold(chances)
    for name, (inside, outside) in chances.items():
        refused, falsely = np.mean(outside < bound), np.mean(inside < bound)
        print(f"{name}: {bound:.3f} refuses {refused:.3f}, falsely {falsely:.3f}")
    count = len(labels) // 2
    write(fitted, sure, bound, count=count, every=given.every, really=given.write)


def threshold(chances):
    """Where the worst error over all languages is least, each as a share of its bound."""
    at = np.arange(0.01, 1, 0.01)
    errors = [
        max(np.mean(outside >= one) / MOST_ANSWERED, np.mean(inside < one) / MOST_REFUSED)
        for inside, outside in chances.values()
        for one in at
    ]
    return float(at[np.argmin(np.reshape(errors, (len(chances), -1)).max(axis=0))])


def write(fitted, sure, bound, *, count, every, really):
    """The file, or what would stand in it."""
    old = tomllib.loads(FILE.read_text("utf-8"))
    lines = [
        "# How sentences, answers in them and doubts are weighed. Written whole by",
        f"# `{COMMAND.format(every=every)}`: {count} questions",
        "# about every other article of XQuAD in English and Chinese. `meaning` alone, the weight",
        "# of a cosine, is by hand. At the threshold errors stay furthest below their bounds.",
        "",
        "[sentence]",
    ]
    lines += [f"{n} = {v:.3f}" for n, v in zip(judging.SENTENCE, fitted["sentence"], strict=True)]
    lines += [
        f"meaning = {old['sentence']['meaning']}",
        "",
        "[confidence]",
        f"intercept = {sure[0]:.3f}",
    ]
    lines += [f"{n} = {v:.3f}" for n, v in zip(judging.CONFIDENCE, sure[1:], strict=True)]
    lines += ["", "[answer]"]
    lines += [f"{n} = {v:.3f}" for n, v in zip(spans.FEATURES, fitted["answer"], strict=True)]
    lines += ["", "[threshold]", f"refuse_below = {bound:.3f}"]
    text = "\n".join(lines) + "\n"
    print(text)
    if really:
        FILE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
