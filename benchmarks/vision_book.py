"""The chapter's procedure in miniature beside ours, on generated shapes: what each mistake costs.

    python benchmarks/vision_book.py [--folder DIR] [--cpu-s 30] [--seed N] [--only NAME]...

The book's chapter 5 trains S2VT with Adam at 1e-4, batches of 32, a hidden size of 512; splits by
sentence, feeds its encoder BGR pictures without their mean, drops the last batch, calls the
training loss a validation loss, and cuts a sentence at its first `<eos>`: where there is none, the
place of the first is 0, and one word is left. Each mistake is made alone, everything else as
ours: 1,000 training clips, `--cpu-s` of processor time on one thread, figures of 400 clips that
training never saw.

    ours                the state net on features of things, preset `small`
    book's net          the chapter's net, sizes and rates, the same time
    by sentence         sentences shared out: what the split says, and what new clips say
    bgr                 pictures with red and blue changed, in training and afterwards
    bgr afterwards      trained on RGB, then shown BGR: a checkpoint fed through another reader
    no mean             features as they are: no mean taken off, no deviation divided by
    last batch          the last batch of each epoch dropped: the same clips each time, since the
                        chapter groups its shuffled sentences by clip, which sorts them again
    the chapter         all of it together: its net and rates, by sentence, BGR, no mean, the last
                        batch dropped

The last lines say what each costs in CIDEr-D and in whole captions right. Needs torch; about 5
minutes of one core.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from pathlib import Path

import numpy as np

from loquitur.vision.clips import Corpus
from loquitur.vision.descriptor.things import thing_numbers
from loquitur.vision.splits import by_sentence
from vision_shapes_trial import HEAD, Held, figures, line, looked_at, prepared, trained

SIZES = {"train": 1000, "validation": 200, "test": 400}
OURS = {"things": 2}
BOOK = {"architecture": "s2vt", "hidden": 512, "embedding": 512, "dropout": 0.0, "things": 2}
BOOK_RATES = {"lr": 1e-4, "batch": 32, "schedule": "constant", "clip": 0.0}


def in_bgr(made):
    """Features of pictures with red and blue changed."""
    found = {
        clip.clip_id: thing_numbers(looked_at(clip)[..., ::-1]).astype(np.float16)
        for clip in made.clips
    }
    return Held(found, "bgr")


class Trials:
    """Trainings, each kept in the folder, and the figures that are told of them."""

    def __init__(self, folder, cpu_s, seed):
        self.folder, self.cpu_s, self.seed = folder, cpu_s, seed
        self.told = {}

    def tell(self, name, clips, sentences):
        """Print a row, and remember it."""
        self.told[name] = figures(clips, sentences)
        print(line(name, self.told[name]), flush=True)

    def costs(self):
        """Print what each way costs beside ours."""
        ours = self.told.get("ours")
        for name, row in self.told.items():
            if ours is None or name.startswith("ours"):
                continue
            known = self.told["ours, one reference"] if "by sentence" in name else ours
            lost = [known[key] - row[key] for key in ("cider_d", "whole")]
            print(f"{name}: costs {lost[0]:+.3f} CIDEr-D, {lost[1]:+.3f} of the captions")

    def train(self, name, made, features, *, net=None, rates=None, caption=None):
        """Train one way."""
        return trained(
            made,
            features,
            self.folder / f"book-{name.replace(' ', '-')}-{self.cpu_s:g}-{self.seed}",
            cpu_s=self.cpu_s,
            net=net or OURS,
            train_options=rates,
            caption=caption,
            seed=self.seed,
            evaluate_every=5,
        )


def told_losses(run):
    """The last epoch's training loss, which the chapter calls validation, and the true one."""
    last = run.rows[-1]
    return last["loss"], last["validation_loss"]


def cut_as_the_chapter(run, features, clips, most):
    """Sentences of `most` words at most; one without `<eos>` becomes its first word."""
    from loquitur.vision.decoding.options import Decoding

    said = run.hypotheses(features, clips, Decoding(most=most))
    words = run.task.vocabulary
    whole = {name: words.decode(one.words) for name, one in said.items()}
    cut = {
        name: whole[name] if one.finished else whole[name].split(" ")[0]
        for name, one in said.items()
    }
    return whole, cut, sum(not one.finished for one in said.values())


def main():
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default=None)
    parser.add_argument("--cpu-s", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(given.folder or spare)
        made, found = prepared(folder, sizes=SIZES)
        features, clips = found["things"], made.of("test")
        trials = Trials(folder, given.cpu_s, given.seed)
        parts = {
            "ours": lambda: _ours(trials, made, features, clips),
            "book's net": lambda: _book(trials, made, features, clips),
            "by sentence": lambda: _by_sentence(trials, made, features, clips),
            "bgr": lambda: _bgr(trials, made, clips),
            "no mean": lambda: _no_mean(trials, made, features, clips),
            "last batch": lambda: _last_batch(trials, made, features, clips),
            "the chapter": lambda: _chapter(trials, made, clips),
        }
        print(HEAD)
        for name, run in parts.items():
            if not given.only or name in given.only:
                run()
        trials.costs()


def _ours(trials, made, features, clips):
    run = trials.train("ours", made, features)
    said = run.sentences(features, clips)
    trials.tell("ours", clips, said)
    trials.tell("ours, one reference", alone(clips), said)
    plain, true = told_losses(run)
    print(
        f"    loss a word: {plain:.3f} in training (with dropout), {true:.3f} on validation clips"
    )
    swapped = in_bgr(dataclasses.replace(made, clips=clips))
    trials.tell("bgr afterwards", clips, run.sentences(swapped, clips))
    for most in (20, 10, 7):
        whole, cut, many = cut_as_the_chapter(run, features, clips, most)
        there, left = (figures(clips, one)["cider_d"] for one in (whole, cut))
        print(
            f"    at most {most} words: {many} of 400 sentences have no end; CIDEr-D {there:.3f}"
            f" of them whole, {left:.3f} with one word left",
            flush=True,
        )


def _book(trials, made, features, clips):
    run = trials.train("book", made, features, net=BOOK, rates=BOOK_RATES)
    trials.tell("book's net", clips, run.sentences(features, clips))
    _tell_book(run, features, clips)


def _tell_book(run, features, clips):
    """Its epochs and losses, and what cutting costs it."""
    plain, true = told_losses(run)
    whole, cut, many = cut_as_the_chapter(run, features, clips, 20)
    there, left = (figures(clips, one)["cider_d"] for one in (whole, cut))
    print(
        f"    {run.outcome.epochs} epochs; loss a word {plain:.3f} in training, {true:.3f} on"
        f" validation; {many} of {len(clips)} sentences without an end, CIDEr-D {there:.3f}, cut"
        f" {left:.3f}",
        flush=True,
    )


def shared_out(made):
    """A corpus split by sentence: 4 of 5 of each clip to train, the rest to test; what is asked."""
    leaking = by_sentence(
        Corpus(name="shapes", clips=made.of("train")), shares={"train": 0.8, "test": 0.2}
    )
    kept = [clip for clip in leaking.clips if clip.split == "train"]
    asked = [clip for clip in leaking.clips if clip.split == "test"]
    return Corpus(name="shapes", clips=(*kept, *made.of("validation"))), asked


def alone(clips):
    """Clips with their first reference only: a split by sentence has one or two of most."""
    return [dataclasses.replace(clip, sentences=clip.sentences[:1]) for clip in clips]


def without_last(made, batch):
    """A corpus whose training clips fill whole batches."""
    train = made.of("train")
    kept = train[: len(train) - len(train) % batch]
    return Corpus(name="shapes", clips=(*kept, *made.of("validation")))


def _by_sentence(trials, made, features, clips):
    """What the split says of itself and what is so, both by as many clips of one reference each."""
    mixed, asked = shared_out(made)
    run = trials.train("by-sentence", mixed, features)
    some = alone(asked[: len(clips)])
    trials.tell("by sentence, as its split says", some, run.sentences(features, some))
    new = alone(clips)
    trials.tell("by sentence, on new clips", new, run.sentences(features, new))
    both = {clip.clip_id for clip in mixed.of("train")}
    print(
        f"    {sum(clip.clip_id in both for clip in asked)} of {len(asked)} test clips stand in"
        " training too",
        flush=True,
    )


def _bgr(trials, made, clips):
    features = in_bgr(made)
    run = trials.train("bgr", made, features)
    trials.tell("bgr", clips, run.sentences(features, clips))


def _no_mean(trials, made, features, clips):
    run = trials.train("no-mean", made, features, caption={"normalise": False})
    trials.tell("no mean", clips, run.sentences(features, clips))


def _last_batch(trials, made, features, clips):
    batch = 64  # of the preset `small`
    run = trials.train("last-batch", without_last(made, batch), features)
    trials.tell("last batch dropped", clips, run.sentences(features, clips))
    print(f"    {SIZES['train'] % batch} of {SIZES['train']} clips are never seen", flush=True)


def _chapter(trials, made, clips):
    """All its mistakes together; its own test split asks of clips that it was trained on."""
    features = in_bgr(made)
    mixed, asked = shared_out(made)
    run = trials.train(
        "chapter",
        without_last(mixed, BOOK_RATES["batch"]),
        features,
        net=BOOK,
        rates=BOOK_RATES,
        caption={"normalise": False},
    )
    some = alone(asked[: len(clips)])
    trials.tell("the chapter, by sentence, as it says", some, run.sentences(features, some))
    trials.tell("the chapter, on new clips", clips, run.sentences(features, clips))
    _tell_book(run, features, clips)


if __name__ == "__main__":
    main()
