"""Nets on generated shapes: four of them, with what a baseline reaches, and the curve of more time.

    python benchmarks/vision_shapes.py [--folder DIR] [--cpu-s 180] [--only NAME]... [--seed N]
                                       [--variety rich]

Each net is trained by `loquitur.vision.training` on 3,000 clips for at most 180 s of processor
time, one thread, features not counted (about 10 ms a clip); the epoch that is best on the
validation split is kept, and test ("seen") and unseen combinations are looked at once. Every choice
(encoder, frames, net sizes, rates) was made on fold 1, whose unseen combinations are others: see
`vision_shapes_why.py`. The state net, which saw drawn pictures alone, is also asked about the first
150 clips of both splits as films: 128 pixels of H.264 in mp4, decoded and scaled again. With
`--variety rich` the same is told of clips with following, meeting and distractors.

Names: state, pad, attention, transformer, curve (the state net for 600 s), baselines. Without
--only all of them, about 25 minutes of one core. Needs torch.

Bars: `state` has a CIDEr-D of 4.5 and more on test, on both splits 1.5 times the better nearest
neighbour by the trial's descriptor (by the net's own features the neighbour is so good that 1.5
times it lies above what a reference itself has: printed too); whole captions right .45 on test and
.15 on unseen; shape on unseen pairs .45; a beam's log-probability is below greedy's for no clip.
The last lines say which hold.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from loquitur.vision.decoding.options import Decoding
from loquitur.vision.judging import baselines as judging
from loquitur.vision.shapes import SIZES
from vision_shapes_trial import HEAD, figures, filmed, line, prepared, trained

SPLITS = ("test", "unseen")
FILMS = 150
THINGS = {"things": 2}
ARMS = {
    "state": ({"architecture": "s2vt-state", **THINGS}, {}),
    "pad": ({"architecture": "s2vt", **THINGS}, {}),
    "attention": ({"architecture": "s2vt-attention", **THINGS}, {}),
    "transformer": ({"architecture": "transformer", "dropout": 0.1, **THINGS}, {"lr": 1e-3}),
}
BEAM = Decoding(by="beam", width=5)


def trial(name, made, features, folder, *, cpu_s, seed, variety="plain"):
    """Train a net; its figures by split and search, and its curve."""
    net, options = ARMS["state" if name == "curve" else name]
    run = trained(
        made,
        features,
        Path(folder) / f"run-{variety}-{name}-{cpu_s:g}-{seed}",
        cpu_s=cpu_s,
        net=net,
        train_options=options,
        seed=seed,
        evaluate_every=10,
    )
    found = {
        "epochs": run.outcome.epochs,
        "best_epoch": run.outcome.best_epoch,
        "cpu_s": run.outcome.cpu_s,
        "parameters": sum(each.numel() for each in run.net.parameters()),
        "curve": [(row["spent_cpu_s"], row["cider_d"]) for row in run.rows],
        "rows": {},
        "below": 0,
    }
    for split in SPLITS:
        clips = made.of(split)
        greedy = run.hypotheses(features, clips)
        beam = run.hypotheses(features, clips, BEAM)
        words = run.task.vocabulary
        for search, said in (("greedy", greedy), ("beam", beam)):
            texts = {name: words.decode(one.words) for name, one in said.items()}
            found["rows"][f"{split} {search}"] = figures(clips, texts)
            if search == "greedy":
                found.setdefault("sentences", {})[split] = texts
        found["below"] += sum(
            beam[one].log_probability < greedy[one].log_probability - 1e-4 for one in greedy
        )
    if name == "state":
        for split in SPLITS:
            found["rows"] |= films(made.of(split)[:FILMS], run, features, folder, split)
    return found


def films(clips, run, features, folder, split):
    """What the net says of drawn pictures, and of the same clips as real films."""
    shot = filmed(clips, folder)
    drawn, seen = run.sentences(features, clips), run.sentences(shot, clips)
    alike = sum(drawn[one] == seen[one] for one in drawn) / len(drawn)
    return {
        f"{split} {len(clips)} as drawn": figures(clips, drawn),
        f"{split} {len(clips)} as films ({alike:.0%} same)": figures(clips, seen),
    }


def baselines(made, encoders, *, seed):
    """Sentences without a net: the nearest training clip's, the commonest, any, a reference."""
    voices = {}
    for name, features in encoders.items():
        common, anything, mean, sequence = judging.baselines(
            made.of("train"), features=features, seed=seed
        )
        voices |= {
            f"nearest clip of {name}, by mean": mean,
            f"nearest clip of {name}, by sequence": sequence,
        }
    voices |= {"commonest sentence": common, "any sentence": anything}
    rows = {}
    for split in SPLITS:
        clips = made.of(split)
        for way, voice in voices.items():
            rows[f"{way}, {split}"] = figures(clips, voice.say(clips)[0])
        rows[f"a reference against the rest, {split}"] = _ceiling(clips)
    return {"rows": rows}


def _ceiling(clips):
    """The first reference of each clip held against its other four."""
    import dataclasses

    rest = [dataclasses.replace(clip, sentences=clip.sentences[1:]) for clip in clips]
    return figures(rest, {clip.clip_id: clip.texts()[0] for clip in clips})


def report(found):
    """Print the tables, and whether the bars are reached."""
    print(HEAD)
    for name, one in found.items():
        for row, values in one["rows"].items():
            print(line(f"{name} {row}" if name != "baselines" else row, values))
    for name, one in found.items():
        if name != "baselines":
            curve = "  ".join(f"{at:.0f}s {value:.2f}" for at, value in one["curve"])
            print(
                f"{name}: {one['parameters']} parameters, {one['epochs']} epochs,"
                f" {one['cpu_s']:.0f} s CPU, kept epoch {one['best_epoch']};"
                f" validation CIDEr-D {curve}; beam below greedy {one['below']} of 800"
            )
    if "state" in found and "baselines" in found:
        _bars(found)


def _bars(found):
    rows, bare = found["state"]["rows"], found["baselines"]["rows"]
    test, unseen = rows["test greedy"], rows["unseen greedy"]
    near = {
        f"{split} {encoder}": max(
            bare[f"nearest clip of {encoder}, by {way}, {split}"]["cider_d"]
            for way in ("mean", "sequence")
        )
        for split in SPLITS
        for encoder in ("grid", "things")
    }
    checks = [
        ("CIDEr-D on test", test["cider_d"], 4.5),
        ("over the nearest clip, test", test["cider_d"] / near["test grid"], 1.5),
        ("over the nearest clip, unseen", unseen["cider_d"] / near["unseen grid"], 1.5),
        ("whole captions right, test", test["whole"], 0.45),
        ("whole captions right, unseen", unseen["whole"], 0.15),
        ("shape on unseen pairs", unseen["shape_on_unseen_pairs"], 0.45),
        ("films right as drawn ones are, test", _films_of(rows, "test"), -0.05),
        ("films right as drawn ones are, unseen", _films_of(rows, "unseen"), -0.05),
        ("beam never below greedy", -sum(found[one]["below"] for one in ARMS if one in found), 0),
    ]
    for what, value, bar in checks:
        print(f"{what}: {value:.3f}, bar {bar}: {'holds' if value >= bar else 'MISSED'}")
    for split, row in (("test", test), ("unseen", unseen)):
        known = near[f"{split} things"]
        ceiling = bare[f"a reference against the rest, {split}"]["cider_d"]
        print(
            f"over the nearest clip by the net's own features, {split}:"
            f" {row['cider_d'] / known:.2f}; a reference itself is {ceiling / known:.2f} times it"
        )


def _films_of(rows, split):
    """By how much more whole captions of films are right than of drawn pictures."""
    by = {
        way: row["whole"]
        for name, row in rows.items()
        for way in ("drawn", "films")
        if name.startswith(split) and f" as {way}" in name
    }
    return by["films"] - by["drawn"]


def main():
    """Run what is asked for; what the folder has already is only printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [*ARMS, "curve", "baselines"]
    parser.add_argument("--folder", default=None)
    parser.add_argument("--cpu-s", type=float, default=180.0)
    parser.add_argument("--only", action="append", choices=names)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--variety", choices=["plain", "rich"], default="plain")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(given.folder or spare)
        made, features = prepared(
            folder, sizes=SIZES, encoders=("things", "grid"), variety=given.variety
        )
        found = {}
        for name in names:
            kept = folder / f"{given.variety}-{name}-{given.cpu_s:g}-{given.seed}.json"
            if not kept.exists() and name in (given.only or names):
                if name == "baselines":
                    answer = baselines(made, features, seed=given.seed)
                else:
                    cpu_s = 600.0 if name == "curve" else given.cpu_s
                    answer = trial(
                        name,
                        made,
                        features["things"],
                        folder,
                        cpu_s=cpu_s,
                        seed=given.seed,
                        variety=given.variety,
                    )
                kept.write_text(json.dumps(answer), encoding="utf-8")
            if kept.exists():
                found[name] = json.loads(kept.read_text("utf-8"))
        report(found)


if __name__ == "__main__":
    main()
