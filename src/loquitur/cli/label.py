"""`label`: what a video is about. Each verb is imported when it is chosen."""

from __future__ import annotations

import click

from loquitur.cli.groups import LazyVerbs

# verb -> (where its command is, its line in --help)
VERBS: dict[str, tuple[str, str]] = {
    "data": (
        "loquitur.cli.label_data:data",
        "Labelled videos as files: YouTube-8M fetched, a set generated, shards looked into.",
    ),
    "features": (
        "loquitur.cli.label_features:features",
        "The same files of your own videos: pictures, sound, words.",
    ),
    "train": ("loquitur.cli.label_train:train", "Train a net on labelled videos."),
    "eval": (
        "loquitur.cli.label_eval:evaluate",
        "GAP, Hit@1, PERR, MAP of a run, or of any tool's predictions.",
    ),
    "infer": (
        "loquitur.cli.label_infer:infer",
        "What models say of a whole data set: the challenge's file, or arrays.",
    ),
    "compare": (
        "loquitur.cli.label_compare:compare",
        "Runs side by side: figures, time, memory; Markdown, HTML, a plot.",
    ),
    "predict": (
        "loquitur.cli.label_predict:predict",
        "What a video is about, and what speaks for it.",
    ),
    "export": ("loquitur.cli.label_export:export", "A trained net as ONNX, without torch."),
}


class _Label(LazyVerbs):
    """The verbs of labelling, by name."""

    table = VERBS


@click.group(cls=_Label, help="What a video is about: labels and genres, at YouTube-8M's scale.")
def label() -> None:
    """Labels."""
