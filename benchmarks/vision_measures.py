"""The caption measures beside the programs that papers report by, and what 3,000 clips cost.

    python benchmarks/vision_measures.py [--clips N] [--references N] [--seed N]
        [--coco PYTHON] [--meteor-jar FILE] [--function-words FILE]

1. Time and memory of all measures over N clips (3,000) with N references each (20), generated
   captions with punctuation, clitics, numbers and brackets.
2. With --coco, a Python that has pycocoevalcap 1.2 (and Java): BLEU-1..4, ROUGE-L and CIDEr-D of
   the first 400 clips by it, its tokenizer in front, and the largest difference of the corpus'
   value and of any clip's.
3. With --meteor-jar: METEOR 1.5 in the mode `exact stem` on the same clips and on 2,000 pairs made
   to be hard to align, at delta .5 (and at .75 with the program's list, or ours).
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np

from loquitur.evaluation.sentences import score
from loquitur.evaluation.sentences.function_words import read_words
from loquitur.evaluation.sentences.java import meteor_by_program
from loquitur.evaluation.sentences.meteor import Meteor, MeteorOptions, formula
from loquitur.evaluation.sentences.tokens import tokens_of
from measuring import peak_mb, stopwatch, timed

WHO = (
    "a man",
    "the woman",
    "two dogs",
    "three kids",
    "somebody",
    "a dog's owner",
    "people",
    "a 3-year-old",
    "the U.S. team",
    "a cat (black)",
    'a "chef"',
    "an old man and his son",
)
DOES = (
    "is riding",
    "rides",
    "isn't riding",
    "plays with",
    "is cutting",
    "cuts",
    "can't lift",
    "are running to",
    "runs after",
    "is slicing up",
    "looks at",
    "they're near",
)
WHAT = (
    "a horse",
    "the ball",
    "carrots",
    "a carrot",
    "50% of a cake",
    "a black-and-white t-shirt",
    "the street",
    "some guitars",
    "a guitar",
    "the water's edge",
    "$5.50",
    "horses",
)
WHERE = (
    "in the field.",
    "on stage!",
    "at night",
    ", quickly",
    "; then stops",
    "at 10:30 p.m.",
    "on a street - slowly",
    "...",
    "",
    "",
    "in the grass",
    "by the sea, alone.",
)
HARD = (
    "the",
    "a",
    "of",
    "in",
    "man",
    "dog",
    "dogs",
    "run",
    "runs",
    "running",
    "ran",
    "ride",
    "rides",
    "riding",
    "horse",
    "horses",
    "quick",
    "quickly",
    "play",
    "plays",
    "player",
)

_COCO = """
import contextlib, io, json, sys
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.cider.cider import Cider
given = json.load(sys.stdin)
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    wanted = {k: [{"caption": t} for t in v] for k, v in given["references"].items()}
    gts = PTBTokenizer().tokenize(wanted)
    res = PTBTokenizer().tokenize({k: [{"caption": v}] for k, v in given["predictions"].items()})
    keys = list(gts)
    whole, each = Bleu(4).compute_score(gts, res)
    found = {f"bleu{n + 1}": (whole[n], list(map(float, each[n]))) for n in range(4)}
    for name, scorer in (("rouge_l", Rouge()), ("cider_d", Cider())):
        value, values = scorer.compute_score(gts, res)
        found[name] = (float(value), list(map(float, values)))
print(json.dumps({"keys": keys, "found": found, "tokens": [res[k][0] for k in keys]}))
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=3000)
    parser.add_argument("--references", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--coco", default="")
    parser.add_argument("--meteor-jar", default="")
    parser.add_argument("--function-words", default="")
    given = parser.parse_args()
    dice = random.Random(given.seed)
    references = {
        f"clip{at}": [_caption(dice, at) for _ in range(given.references)]
        for at in range(given.clips)
    }
    predictions = {one: _caption(dice, int(one[4:])) for one in references}
    _cost(references, predictions)
    some = {one: references[one][:5] for one in list(references)[:400]}
    said = {one: predictions[one] for one in some}
    if given.coco:
        _beside_coco(given.coco, some, said)
    if given.meteor_jar:
        words = read_words(Path(given.function_words)) if given.function_words else None
        pairs = [
            (tokens_of(said[one]), [tokens_of(text) for text in texts])
            for one, texts in some.items()
        ]
        # -norm of the program cuts hyphens and clitics anew: words of letters are the same to both
        plain = [
            ([w for w in own if w.isalpha()], [[w for w in one if w.isalpha()] for one in refs])
            for own, refs in pairs
        ]
        hard = [_hard(dice) for _ in range(2000)]
        for name, some_pairs in (("captions, words of letters", plain), ("hard to align", hard)):
            for delta in (0.5, 0.75):
                _beside_java(Path(given.meteor_jar), name, some_pairs, delta, words)


def _caption(dice: random.Random, at: int) -> str:
    """A caption near those of the same clip."""
    parts = [
        part[(at * (n + 3) + dice.choice((0, 0, 0, 1, 5))) % len(part)]
        for n, part in enumerate((WHO, DOES, WHAT, WHERE))
    ]
    text = " ".join(part for part in parts if part)
    return text[0].upper() + text[1:] if dice.random() < 0.5 else text


def _hard(dice: random.Random) -> tuple[list[str], list[list[str]]]:
    """A sentence with words that have several partners, and its references."""
    refs = [[dice.choice(HARD) for _ in range(dice.randint(1, 14))] for _ in range(3)]
    said = list(dice.choice(refs))
    for _ in range(dice.randint(0, 4)):
        said.insert(dice.randint(0, len(said)), dice.choice(HARD))
    cut = dice.randint(0, len(said))
    return said[cut:] + said[:cut], refs


def _cost(references: dict[str, list[str]], predictions: dict[str, str]) -> None:
    many = len(next(iter(references.values())))
    print(f"{len(references)} clips x {many} references:")
    for measure in ("bleu4", "rouge_l", "cider_d", "meteor"):
        with stopwatch() as took:
            value = score(references, predictions, measures=(measure,)).values[measure]
        print(f"  {measure:8} {value:.4f}  {took.cpu_s:6.2f} s CPU")
    _, took = timed(lambda: score(references, predictions))
    print(f"  all of the usual ones {took.cpu_s:.2f} s CPU")
    print(f"  memory {peak_mb():.0f} MiB")


def _beside_coco(python: str, references: dict[str, list[str]], said: dict[str, str]) -> None:
    answer = subprocess.run(
        [python, "-c", _COCO],
        input=json.dumps({"references": references, "predictions": said}),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    theirs = json.loads(answer.stdout)
    ours = score({one: references[one] for one in theirs["keys"]}, said)
    same = sum(
        " ".join(tokens_of(said[one])) == text
        for one, text in zip(theirs["keys"], theirs["tokens"], strict=True)
    )
    print(f"pycocoevalcap, {len(said)} clips x 5: {same} sentences cut into the same tokens")
    for key, (value, values) in theirs["found"].items():
        each = max(
            abs(row.values[key] - other) for row, other in zip(ours.rows, values, strict=True)
        )
        print(
            f"  {key:8} {value:.10f}  corpus {abs(ours.values[key] - value):.1e}  clip {each:.1e}"
        )


def _beside_java(
    jar: Path,
    name: str,
    pairs: list[tuple[list[str], list[list[str]]]],
    delta: float,
    words: frozenset[str] | None,
) -> None:
    values, whole = meteor_by_program(jar, pairs, modules=("exact", "stem"), delta=delta)
    scorer = Meteor(MeteorOptions(delta=delta, function_words=words))
    found, took = timed(lambda: [scorer.score(*pair) for pair in pairs])
    cost = took.cpu_s
    gaps = np.abs(np.array([one.value for one in found]) - np.array(values))
    sums = np.array([one.statistics for one in found]).sum(axis=0)
    corpus = abs(float(formula(sums, scorer.options.weight())) - whole)
    lists = "the program's list" if words else "our list"
    print(
        f"METEOR 1.5 exact+stem, {name}, delta {delta} ({lists}): {len(pairs)} sets, "
        f"{int((gaps <= 1e-6).sum())} equal to 1e-6, largest gap {gaps.max():.4f}, corpus "
        f"{whole:.6f} gap {corpus:.1e}; ours {cost:.2f} s CPU"
    )


if __name__ == "__main__":
    sys.exit(main())
