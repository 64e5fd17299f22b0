"""Why unseen combinations broke, and what each change gave: on fold 1, never on the reported one.

    python benchmarks/vision_shapes_why.py [--folder DIR] [--cpu-s 60] [--only NAME]... [--seed N]

The first trial, a net on the descriptor, told the shape of unseen colour-shape pairs in .31 to .49
of the clips, and two things in .13 to .21. Two questions come first. Is the shape in the features,
whatever the colour? A ridge probe on clips of one thing answers: it learns from training clips and
is asked about unseen pairs. Is it the writer that knows no "red triangle"? Then another colour's
word, put into its mouth, lets it see the triangle. After that each change by itself, `--cpu-s` of
training each:

    grid          the descriptor of the trial: colours, contours, motion by cells
    grid+things   the same with things beside it
    things        things followed and measured one by one, side by side in a vector
    in turn       the same, read one after another
    attention     soft attention over them
    transformer   a transformer over them; and over frames in which they stand side by side
    ..., strong mark    the number of a thing as strong as its features (a deviation of 1)
    recoloured    `in turn`; colours changed in features and sentences alike, never into a held pair
    recoloured+   the same into any pair: then "unseen" pairs are seen, and no longer unseen

Needs torch; about 13 minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from pathlib import Path

import numpy as np
import torch

from loquitur.vision.descriptor.colours import NAMES
from loquitur.vision.descriptor.things import PARTS, SLOT_LENGTH
from loquitur.vision.modelcard import STD_FLOOR
from loquitur.vision.shapes import scene
from loquitur.vision.shapes.scene import COLOURS, SHAPES, held_pairs
from loquitur.vision.training.captioning import Captioning
from loquitur.vision.vocabulary import BOS
from vision_shapes_trial import HEAD, beside, figures, line, prepared, trained

FOLD = 1
SIZES = {"train": 3000, "validation": 400, "unseen": 400}
IN_TURN = {"things": 2}


def recolouring(*, into_held):
    """Permutes colours in the numbers of things and in their sentence alike."""
    places = np.array([NAMES.index(colour) for colour in COLOURS])
    first = PARTS["place"] + PARTS["move"]
    held = held_pairs(FOLD)

    def recoloured(matrix, text, dice):
        for _ in range(20):
            order = dice.permutation(len(COLOURS))
            turned = {colour: COLOURS[order[at]] for at, colour in enumerate(COLOURS)}
            other = " ".join(turned.get(word, word) for word in text.split())
            pairs = {(shape, colour) for colour, shape in re.findall(r"a (\w+) (\w+)", other)}
            if into_held or not pairs & held:
                break
        else:
            return matrix, text
        changed = matrix.copy()
        for start in range(first, matrix.shape[1], SLOT_LENGTH):
            block = matrix[:, start : start + len(NAMES)]
            changed[:, start + places[order]] = block[:, places]
        return changed, other

    recoloured.__name__ = "recoloured" + ("+" if into_held else "")
    return recoloured


class StronglyMarked(Captioning):
    """Trains a net that is told loudly which thing is which."""

    def net(self):
        """A fresh captioner."""
        made = super().net()
        torch.nn.init.normal_(made.whose.weight, std=1.0)
        return made


STRONG = {"in turn, strong mark", "transformer, strong mark"}
ARMS = {
    "grid": ("grid", {}, {}, None),
    "grid+things": ("beside", {}, {}, None),
    "things": ("things", {"things": 1}, {}, None),
    "in turn": ("things", IN_TURN, {}, None),
    "in turn, strong mark": ("things", IN_TURN, {}, None),
    "attention": ("things", {"architecture": "s2vt-attention", **IN_TURN}, {}, None),
    "transformer": (
        *("things", {"architecture": "transformer", "dropout": 0.1, **IN_TURN}),
        *({"lr": 1e-3}, None),
    ),
    "transformer, strong mark": (
        *("things", {"architecture": "transformer", "dropout": 0.1, **IN_TURN}),
        *({"lr": 1e-3}, None),
    ),
    "transformer, side by side": (
        *("things", {"architecture": "transformer", "dropout": 0.1, "things": 1}),
        *({"lr": 1e-3}, None),
    ),
    "recoloured": ("things", IN_TURN, {}, recolouring(into_held=False)),
    "recoloured+": ("things", IN_TURN, {}, recolouring(into_held=True)),
}


def probe(made, features):
    """Shape by ridge regression from the mean of a clip's vectors: seen pairs, unseen pairs."""

    def one(split):
        clips = [clip for clip in made.of(split) if clip.category == "one"]
        things = [scene(clip.source).things[0] for clip in clips]
        matrix = np.array(
            [features.get(clip.clip_id)[1].astype(np.float64).mean(0) for clip in clips]
        )
        pairs = [(thing.shape, thing.colour) in held_pairs(FOLD) for thing in things]
        return matrix, np.array([SHAPES.index(thing.shape) for thing in things]), np.array(pairs)

    known, shapes, _ = one("train")
    mean, std = known.mean(0), known.std(0) + STD_FLOOR
    design = np.c_[(known - mean) / std, np.ones(len(known))]
    targets = np.eye(len(SHAPES))[shapes]
    strength = 10.0 * np.eye(design.shape[1])
    weights = np.linalg.solve(design.T @ design + strength, design.T @ targets)
    shares = {}
    for split in ("validation", "unseen"):
        matrix, shapes, pairs = one(split)
        told = (np.c_[(matrix - mean) / std, np.ones(len(matrix))] @ weights).argmax(1)
        right = told == shapes
        shares[split] = float(right[pairs].mean() if split == "unseen" else right.mean())
    return shares


def said_after(run, made, features):
    """Which shape is likeliest after "a COLOUR", for clips of one thing of an unseen pair.

    Once after the true colour's word, once after the word of a colour that training showed with
    that shape.
    """
    words, net = run.task.vocabulary, run.net
    numbers = torch.tensor([words.encode(shape)[0] for shape in SHAPES])
    hits = {"true word": [], "another word": []}
    for clip in made.of("unseen"):
        thing = scene(clip.source).things[0]
        if clip.category != "one" or (thing.shape, thing.colour) not in held_pairs(FOLD):
            continue
        seen = run.normalised(features.get(clip.clip_id)[1])
        other = next(
            colour
            for colour in COLOURS
            if colour != thing.colour and (thing.shape, colour) not in held_pairs(FOLD)
        )
        for name, colour in (("true word", thing.colour), ("another word", other)):
            with torch.no_grad():
                state = net.encode(torch.from_numpy(seen)[None], torch.tensor([len(seen)]))
                for word in (BOS, words.encode("a")[0], words.encode(colour)[0]):
                    logits, state = net.step(torch.tensor([word]), state)
            told = SHAPES[int(logits[0, numbers].argmax())]
            hits[name].append(told == thing.shape)
    return {name: float(np.mean(values)) for name, values in hits.items()}


def main():
    """Run what is asked for; what the folder has already is only printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default=None)
    parser.add_argument("--cpu-s", type=float, default=60.0)
    parser.add_argument("--only", action="append", choices=list(ARMS))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(given.folder or spare)
        made, found = prepared(folder, fold=FOLD, sizes=SIZES, encoders=("things", "grid"))
        found["beside"] = beside(found["grid"], found["things"])
        for name in ("grid", "things"):
            shares = probe(made, found[name])
            print(
                f"shape by a linear probe of {name}: {shares['validation']:.3f} of seen pairs,"
                f" {shares['unseen']:.3f} of unseen"
            )
        print(HEAD)
        for name in given.only or ARMS:
            rows = _arm(name, made, found, folder, given)
            for split in ("validation", "unseen"):
                print(line(f"{name}, {split}", rows[split]), flush=True)
            after = rows["after"]
            print(
                f"    {rows['epochs']} epochs; shape of an unseen pair after the true colour's"
                f" word {after['true word']:.3f}, after another's {after['another word']:.3f}"
            )


def _arm(name, made, found, folder, given):
    """One way of doing it: its figures, read from the folder where they are there."""
    which, net, options, augment = ARMS[name]
    kept = (
        folder
        / f"why-{name.replace(', ', '-').replace(' ', '-')}-{given.cpu_s:g}-{given.seed}.json"
    )
    if kept.exists():
        return json.loads(kept.read_text("utf-8"))
    run = trained(
        made,
        found[which],
        folder / f"run-{kept.stem}",
        cpu_s=given.cpu_s,
        net=net,
        train_options=options,
        augment=augment,
        seed=given.seed,
        evaluate_every=15,
        task_of=StronglyMarked if name in STRONG else Captioning,
    )
    rows = {
        split: figures(made.of(split), run.sentences(found[which], made.of(split)))
        for split in ("validation", "unseen")
    }
    rows |= {"after": said_after(run, made, found[which]), "epochs": run.outcome.epochs}
    kept.write_text(json.dumps(rows), encoding="utf-8")
    return rows


if __name__ == "__main__":
    main()
