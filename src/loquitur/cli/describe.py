"""`describe`: sentences for clips. Each verb is imported when it is chosen."""

from __future__ import annotations

import click

from loquitur.cli.groups import LazyVerbs

# verb -> (where its command is, its line in --help)
VERBS: dict[str, tuple[str, str]] = {
    "data": (
        "loquitur.cli.describe_data:data",
        "Corpora of described clips: MSVD, MSR-VTT, VATEX, your own, and generated shapes.",
    ),
    "frames": (
        "loquitur.cli.describe_frames:frames",
        "Frames of a video: thumbnails, a contact sheet.",
    ),
    "features": (
        "loquitur.cli.describe_features:features",
        "Features of the frames of videos, or of a whole corpus.",
    ),
    "train": ("loquitur.cli.describe_train:train", "Train a net on clips with sentences."),
    "eval": (
        "loquitur.cli.describe_eval:evaluate",
        "BLEU, METEOR, ROUGE-L, CIDEr-D of a run, or of any tool's sentences.",
    ),
    "predict": ("loquitur.cli.describe_predict:predict", "Sentences for a video, with times."),
    "export": (
        "loquitur.cli.describe_export:export",
        "A trained net as ONNX, without torch.",
    ),
}


class _Describe(LazyVerbs):
    """The verbs of describing, by name."""

    table = VERBS


@click.group(cls=_Describe, help="Sentences for clips: what is seen, in words.")
def describe() -> None:
    """Descriptions."""
