"""The generated corpus: clips of the four splits, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.vision.clips import Clip, Corpus, Sentence
from loquitur.vision.shapes.casting import scene
from loquitur.vision.shapes.grammar import references
from loquitur.vision.shapes.scene import Source, Variety

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZES = {"train": 3000, "validation": 400, "test": 400, "unseen": 400}


def corpus(
    *,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
    fold: int = 0,
    variety: Variety = "plain",
    size: int = 64,
    frames: int = 16,
    rate: int = 8,
    count: int = 5,
) -> Corpus:
    """Clips with `count` references each, none rendered yet: `render(clip.source)` does that.

    A clip's video is its name, whatever file its pictures are brought into; its category the kind
    of its scene.

    Args:
        seed: Which drawing; another seed shares no clip with this one.
        sizes: Clips of each split (`SIZES`); a split that is not named has none.
        fold: Which combinations stand only in `unseen`; see `Source`.
        variety: `plain`, or `rich` with more kinds of scene and distractors.
        size: Pixels of a side.
        frames: Pictures a clip.
        rate: Pictures a second.
        count: References a clip.

    Raises:
        InputError: A split is unknown, or a figure out of its bounds.
    """
    wanted = SIZES if sizes is None else sizes

    def named() -> Iterator[Source]:
        for split, many in wanted.items():
            for number in range(many):
                yield Source(
                    split=split,
                    number=number,
                    seed=seed,
                    fold=fold,
                    variety=variety,
                    size=size,
                    frames=frames,
                    rate=rate,
                )

    return Corpus(name="shapes", clips=tuple(_clip(one, count) for one in named()))


def _clip(source: Source, count: int) -> Clip:
    name = f"{source.split}-{source.number:05d}"
    return Clip(
        clip_id=name,
        video_id=str(source),
        source=str(source),
        sentences=tuple(Sentence(text=text, language="en") for text in references(source, count)),
        split=source.split,
        category=scene(source).kind,
    )
