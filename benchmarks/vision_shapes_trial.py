"""What the trials on generated shapes share: features in memory, a training, figures of sentences.

No benchmark itself: `vision_shapes.py`, `vision_shapes_why.py` and `vision_book.py` use it.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from loquitur.evaluation.sentences import score
from loquitur.media.frames import uniform_indices
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Sampling
from loquitur.protocols import Resources
from loquitur.vision.clip_frames import frames_of
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.decoding.search import decode
from loquitur.vision.descriptor.frames import describe_frames
from loquitur.vision.descriptor.things import thing_numbers
from loquitur.vision.encoders import encode_frames, open_encoder
from loquitur.vision.features.sets import SetInfo
from loquitur.vision.modelcard import STD_FLOOR
from loquitur.vision.nets.stepping import TorchStepper
from loquitur.vision.shapes import corpus, render, slot_figures, source_of
from loquitur.vision.shapes.film import write_film
from loquitur.vision.training.captioning import Captioning
from loquitur.vision.training.loop import train
from loquitur.vision.training.options import TrainingOptions
from loquitur.vision.training.presets import CaptionOptions, NetOptions

ENCODERS = {"things": thing_numbers, "grid": describe_frames}
FRAMES = 8
"""Of the 16 frames of a clip these many are looked at, by the rule of uniform sampling."""
COLUMNS = ("cider_d", "meteor", "bleu4", "rouge_l")


class Held:
    """Features of a corpus in memory."""

    def __init__(self, matrices, name):
        self._matrices = matrices
        self.clip_ids = tuple(matrices)
        dimension = next(iter(matrices.values())).shape[1]
        stamp = EngineStamp(name=name, version="1")
        self.info = SetInfo(encoder=stamp, dimension=dimension)

    def get(self, clip_id, /):
        """Times in ms, and vectors."""
        matrix = self._matrices[clip_id]
        return np.arange(len(matrix), dtype=np.int64) * 125, matrix

    def lacking(self, clip_ids, /):
        """Which of these clips have none."""
        return tuple(one for one in clip_ids if one not in self._matrices)

    def statistics(self, clip_ids, /):
        """Mean and deviation over the frames of some clips."""
        rows = np.concatenate([self._matrices[one].astype(np.float32) for one in clip_ids])
        return rows.mean(axis=0), rows.std(axis=0)


def beside(first, second):
    """Two sets of features side by side."""
    both = {
        one: np.concatenate((first.get(one)[1], second.get(one)[1]), 1) for one in first.clip_ids
    }
    return Held(both, "beside")


def prepared(
    folder, *, fold=0, sizes, encoders=("things",), seed=0, frames=FRAMES, variety="plain"
):
    """The corpus, and its features by encoder; kept in a folder, made where they are not there."""
    made = corpus(fold=fold, sizes=sizes, seed=seed, variety=variety)
    found = {}
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    many = "-".join(f"{split}{count}" for split, count in sizes.items())
    for name in encoders:
        path = folder / f"{name}-{variety}-{seed}-{fold}-{frames}-{many}.npz"
        if not path.exists():
            began = time.process_time()
            see = ENCODERS[name]
            stack = np.array(
                [see(looked_at(clip, frames)).astype(np.float16) for clip in made.clips]
            )
            np.savez(path, stack=stack)
            spent = (time.process_time() - began) / len(made.clips)
            print(
                f"features {name}: {1000 * spent:.1f} ms CPU a clip, drawing included", flush=True
            )
        stack = np.load(path)["stack"]
        found[name] = Held(
            {clip.clip_id: matrix for clip, matrix in zip(made.clips, stack, strict=True)}, name
        )
    return made, found


def filmed(clips, folder, *, size=128, frames=FRAMES):
    """Features of things of real films of clips: written as mp4, decoded, scaled, measured."""
    engine = open_encoder("things", Resources(models=Path(folder))).engine
    found = {}
    for clip in clips:
        path = Path(folder) / f"{clip.clip_id}-{size}.mp4"
        write_film(dataclasses.replace(source_of(clip.source), size=size), path)
        shown = frames_of(
            dataclasses.replace(clip, source=str(path)),
            Sampling(count=frames),
        )
        parts = [vectors for _, vectors in encode_frames(engine, shown)]
        found[clip.clip_id] = np.concatenate(parts).astype(np.float16)
        path.unlink()
    return Held(found, "films")


def looked_at(clip, frames=FRAMES):
    """The pictures of a clip that are looked at, as drawn."""
    pixels = render(clip.source).pixels
    return pixels[uniform_indices(len(pixels), frames)]


@dataclass(frozen=True)
class Trained:
    """A net after its training, and what it was trained on."""

    task: Captioning
    net: torch.nn.Module
    outcome: object
    rows: list

    def hypotheses(self, features, clips, decoding=None):
        """What it says of clips: the best hypothesis of each."""
        seen = [self.normalised(features.get(clip.clip_id)[1]) for clip in clips]
        found = decode(TorchStepper(self.net), seen, decoding or Decoding())
        return {clip.clip_id: one[0] for clip, one in zip(clips, found, strict=True)}

    def normalised(self, matrix):
        """Features as the net reads them."""
        matrix = matrix.astype(np.float32)
        if self.task.statistics is None:
            return matrix
        mean, std = self.task.statistics
        return (matrix - mean) / (std + STD_FLOOR)

    def sentences(self, features, clips, decoding=None):
        """The same in words."""
        found = self.hypotheses(features, clips, decoding)
        return {name: self.task.vocabulary.decode(one.words) for name, one in found.items()}


def trained(
    made,
    features,
    folder,
    *,
    cpu_s,
    net=None,
    train_options=None,
    caption=None,
    augment=None,
    seed=0,
    evaluate_every=10,
    task_of=Captioning,
):
    """Train with the preset `small` and what is given over it, on one thread."""
    from loquitur.vision.training.presets import preset

    values = {**preset("small").train, "epochs": None, "cpu_s": cpu_s, "threads": 1, "seed": seed}
    values |= {"evaluate_every": evaluate_every, "plots": "no", "tensorboard": "no"}
    values |= train_options or {}
    task = task_of(
        made,
        features,
        net=NetOptions(**{**preset("small").net, **(net or {})}),
        options=CaptionOptions(**(caption or {})),
        batch=values["batch"],
        seed=seed,
        augment=augment,
        augment_name=getattr(augment, "__name__", ""),
    )
    outcome = train(task, folder, TrainingOptions(**values))
    best = task.net()
    (weights,) = sorted((Path(folder) / "best").glob("model*.safetensors"))
    best.load_state_dict(load_file(weights))
    rows = [
        row for row in _json_lines(Path(folder) / "metrics.jsonl") if row.get("cider_d") is not None
    ]
    return Trained(task=task, net=best.eval(), outcome=outcome, rows=rows)


def _json_lines(path):
    import json

    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [{**row, **row.get("validation", {})} for row in rows]


def figures(clips, sentences):
    """Measures and slots of sentences, by clip."""
    scores = score(
        {clip.clip_id: clip.texts() for clip in clips}, sentences, measures=COLUMNS, language="en"
    )
    slots = slot_figures({clip.clip_id: clip.video_id for clip in clips}, sentences)
    return {
        **scores.values,
        **{
            name: getattr(slots, name)
            for name in (
                *("whole", "colour", "shape", "action", "shape_on_unseen_pairs"),
                *("one", "two", "together", "distinct"),
            )
        },
    }


HEAD = (
    f"{'':34s} CIDEr-D METEOR BLEU-4 ROUGE-L | whole colour shape action unseen-pair"
    " |  one   two  together | distinct"
)


def line(name, row):
    """A row of the table."""

    def shown(value, digits=3):
        return "  -  " if value is None else f"{value:.{digits}f}"

    measures = (
        f"{row['cider_d']:7.3f} {row['meteor']:6.3f} {row['bleu4']:6.3f} {row['rouge_l']:7.3f}"
    )
    told = [shown(row[name]) for name in ("whole", "colour", "shape", "action")]
    slots = f"{told[0]}  {told[1]} {told[2]}  {told[3]}"
    kinds = f"{shown(row['one'])} {shown(row['two'])}  {shown(row['together'])}"
    pairs = shown(row["shape_on_unseen_pairs"])
    return f"{name:34s} {measures} | {slots}    {pairs}    | {kinds}    | {row['distinct']}"
