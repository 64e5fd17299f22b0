"""Named sets of options for the task of describing."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.errors import UsageError
from loquitur.vision.training.layers import Preset, named
from loquitur.vision.training.options import require_ranges


@dataclass(frozen=True, slots=True, kw_only=True)
class NetOptions:
    """Which net, and how large; what follows from the data is not here.

    Args:
        architecture: A name of `loquitur.vision.nets.NETS`.
        hidden: Numbers of a state.
        embedding: Numbers of a word.
        projection: Numbers that a frame is brought to before an LSTM reads it; 0: as `hidden`.
        things: Features are of so many things side by side, read in turn (see `NetConfig`); None:
            of as many as their encoder says.
        layers: Of each LSTM, or of the transformer.
        heads: Of the transformer's attention.
        dropout: Share of numbers that training drops.
    """

    architecture: str = "s2vt-state"
    hidden: int = 128
    embedding: int = 64
    projection: int = 0
    things: int | None = None
    layers: int = 1
    heads: int = 4
    dropout: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionOptions:
    """How sentences are learnt.

    Args:
        language: Sentences of this language alone (BCP 47); all where empty.
        threshold: How often a word stands in training text to be known.
        most_frames: Of a longer clip so many frames are taken, spread evenly.
        most_words: Words of a sentence at most, `<eos>` among them.
        all_captions: Every sentence of a clip in each epoch, in the place of one.
        normalise: Take the mean off the features and divide by the deviation of the training clips.
        label_smoothing: Share of each target that is spread over all words (Szegedy et al. 2016,
            arXiv 1512.00567).
        sampling: Scheduled sampling (Bengio et al. 2015, arXiv 1506.03099): with what chance, at
            the end, a net hears its own word in the place of the right one; it rises along a line.
        validation_sentences: Of a validation clip so many sentences count in the loss.
        train_split: Clips to learn from.
        validation_split: Clips to judge by.
    """

    language: str = ""
    threshold: int = 1
    most_frames: int = 80
    most_words: int = 20
    all_captions: bool = False
    normalise: bool = True
    label_smoothing: float = 0.0
    sampling: float = 0.0
    validation_sentences: int = 5
    train_split: str = "train"
    validation_split: str = "validation"

    def __post_init__(self) -> None:
        require_ranges(self, _RANGES, what="captions")
        if self.train_split == self.validation_split:
            raise UsageError("training and validation are the same split")


MOST_WORDS = 1000
_RANGES = {
    "threshold": (1, 1_000_000), "most_frames": (1, 100_000), "most_words": (1, MOST_WORDS),
    "label_smoothing": (0, 0.99), "sampling": (0, 1), "validation_sentences": (1, 1000),
}  # fmt: skip


_ALONE = 1
"""Threads for nets this small: two of them on busy cores took five times as long as one."""
PRESETS: dict[str, Preset] = {
    "small": Preset(
        says="generated shapes and small corpora, minutes on a processor",
        train={
            "optimizer": "adam", "lr": 2e-3, "schedule": "linear", "lr_floor": 0.05, "batch": 64,
            "clip": 5.0, "epochs": 80, "threads": _ALONE,
        },
        net={"architecture": "s2vt-state", "hidden": 128, "embedding": 64, "dropout": 0.3},
    ),
    "things": Preset(
        says="features of several things side by side (the encoder things): a small transformer,"
        " which looks at each by itself",
        train={
            "optimizer": "adam", "lr": 1e-3, "schedule": "linear", "lr_floor": 0.05, "batch": 64,
            "clip": 5.0, "epochs": 80, "threads": _ALONE,
        },
        net={"architecture": "transformer", "hidden": 128, "embedding": 64, "dropout": 0.1},
    ),
    "book": Preset(
        says="the chapter's: Adam 1e-4, batch 32, 100 epochs, hidden 512, 80 frames, 20 words",
        train={"optimizer": "adam", "lr": 1e-4, "batch": 32, "clip": 0.0, "epochs": 100},
        net={"architecture": "s2vt", "hidden": 512, "embedding": 512, "dropout": 0.0},
        task={"most_frames": 80, "most_words": 20, "normalise": False},
    ),
    "paper": Preset(
        says="S2VT's sizes (arXiv 1505.00487): hidden 1000, frames and words 500, 80 frames, SGD;"
        " every sentence each epoch. The paper names no learning rate: 0.01 and momentum 0.9 are"
        " ours",
        train={
            "optimizer": "sgd", "lr": 0.01, "momentum": 0.9, "batch": 32, "clip": 10.0,
            "epochs": 30,
        },
        net={
            "architecture": "s2vt", "hidden": 1000, "embedding": 500, "projection": 500,
            "dropout": 0.5,
        },
        task={"most_frames": 80, "all_captions": True},
    ),
}  # fmt: skip


def usual(things: int) -> str:
    """The preset that is taken where none is named, for features of so many things a frame."""
    return "small" if things == 1 else "things"


def preset(name: str) -> Preset:
    """A preset by its name.

    Raises:
        UsageError: There is none of that name.
    """
    return named(PRESETS, name)
