"""label: what a medium is about, by a net of one's own, from its pictures, sound and words."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.model.labels import Labels
from loquitur.model.speech import EngineStamp
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.protocols import Work
    from loquitur.vision.labels.modelfile import LabelModel

VERSION = 2
ENGINE = ""
RESULT = Labels
INPUTS = {
    "media": "media",
    "features": "features",
    "sounds": "hear",
    "spoken": "read",
}
LENIENT = True
SOURCES = {"rgb": "features", "audio": "hear", "words": "read"}
"""Which stage makes what each stream is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which net, what it may look at, and how much is told.

    Args:
        model: Its folder; in a key stands `digest` instead.
        digest: The sha256 of its card, which names the weights.
        streams: What it may look at, with commas between.
        top: How many labels are told.
        genres: How many genres.
        moments: How many spans of each label that speak for it.
        windows: Into how many spans a stream is cut to find them.
        device: `cpu`, `cuda` ...; of torch.
    """

    model: str = field(default="", metadata={"keyed": False})
    digest: str = ""
    streams: str = "rgb,audio,words"
    top: int = 10
    genres: int = 5
    moments: int = 3
    windows: int = 20
    device: str = field(default="cpu", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if min(self.top, self.genres, self.moments) < 0 or not 1 <= self.windows <= 1000:
            raise ValueError("top, genres and moments are 0 or more, windows 1 to 1000")
        strange = set(filter(None, self.streams.split(","))) - SOURCES.keys()
        if strange:
            raise ValueError(f"no stream is called {min(strange)!r}: {', '.join(SOURCES)}")

    def chosen(self) -> tuple[str, ...]:
        """The streams that it may look at."""
        return tuple(name for name in SOURCES if name in self.streams.split(","))

    def sources(self) -> tuple[str, ...]:
        """The stages that make them."""
        return tuple(SOURCES[name] for name in self.chosen())


def run(work: Work) -> Labels:
    """The likeliest labels, each with what speaks for it.

    Raises:
        InputError: The medium has nothing that the model reads, or the model is another than was
            asked for.
        UsageError: What was made of the medium is of another encoder than the model's.
    """
    from loquitur.vision.labels.artifacts import tracks_of
    from loquitur.vision.labels.evidence import Asked, explain
    from loquitur.vision.labels.published import notices_of

    options: Options = work.options
    model, stamp = _loaded(options.model, options.digest, options.device)
    if options.digest and stamp.model_digest != options.digest:
        raise InputError(
            f"{options.model}: the model was replaced since this run began", hint="run it again"
        )
    tracks = tracks_of(work, model, options.chosen())
    if not any(len(track.rows) for track in tracks.values()):
        names = ", ".join(one.name for one in model.card.net.inputs)
        raise InputError(
            f"{display(work.media.title)}: has nothing that the model reads ({names})",
            hint="loquitur label predict --without takes less; a model of other streams may do",
            code="LQ-NO-STREAMS",
        )
    told = explain(
        model,
        tracks,
        Asked(
            labels=options.top, genres=options.genres, moments=options.moments,
            windows=options.windows,
        ),
    )  # fmt: skip
    return Labels(
        media_id=work.media.media_id,
        source=stamp,
        labels=told.labels,
        genres=told.genres,
        streams=told.streams,
        warnings=(*told.warnings, *notices_of(model.card.streams, told.streams)),
    )


@lru_cache(maxsize=1)
def _loaded(folder: str, digest: str, device: str) -> tuple[LabelModel, EngineStamp]:
    """A model and its stamp, kept for the next medium of this process; `digest` is the one due."""
    from loquitur.vision.labels.modelfile import load

    del digest  # another one is another model, under the same name
    model = load(Path(folder), device=device)
    return model, stamp_of(model)


def stamp_of(model: LabelModel) -> EngineStamp:
    """By which a model's labels are known: its run's name and the digest of its card."""
    from loquitur.vision.labels.modelcard import digest_of

    place = model.folder.resolve()
    return EngineStamp(
        name="labeller",
        version=str(VERSION),
        model=place.parent.name if place.name in ("best", "last") else place.name,
        model_digest=digest_of(place),
    )
