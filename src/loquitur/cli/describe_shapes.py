"""`describe data shapes`: a generated corpus of described clips, as a file and as films."""

from __future__ import annotations

import dataclasses
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.options import everywhere, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.vision.clips import Clip, Corpus

_SIZES = (("train", 3000), ("validation", 400), ("test", 400), ("unseen", 400))
"""As `vision.shapes.SIZES`, written out: help needs no numpy."""
_MOST = 1_000_000


def _sizes(command: Callable[..., Any]) -> Callable[..., Any]:
    """One option for the size of each split."""
    for split, many in reversed(_SIZES):
        command = click.option(
            f"--{split}",
            type=click.IntRange(0, _MOST),
            default=many,
            show_default=True,
            metavar="N",
            help=f"Clips of the split {split}.",
        )(command)
    return command


@click.command(
    "shapes",
    help="Generated clips: moving things of a colour and a shape, five sentences each. Test shows"
    " combinations as training does; unseen shows some that training never has. Writes"
    " DIR/clips.jsonl; features are made of the clips' names alone, with --mp4 of films.",
)
@click.option("-o", "folder", required=True, metavar="DIR", help="Where the corpus is written.")
@_sizes
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option(
    "--fold",
    type=click.IntRange(0, 3),
    default=0,
    show_default=True,
    help="Which combinations are unseen: choose by 1 to 3, report on 0.",
)
@click.option(
    "--variety",
    type=click.Choice(["plain", "rich"]),
    default="plain",
    show_default=True,
    help="rich: also things that follow and meet, and distractors.",
)
@click.option("--size", type=click.IntRange(16, 4096), help="Pixels of a side: 64, of films 128.")
@click.option("--frames", type=click.IntRange(2, 4096), default=16, show_default=True)
@click.option("--rate", type=click.IntRange(1, 240), default=8, show_default=True)
@click.option(
    "--sentences", type=click.IntRange(1, 100), default=5, show_default=True, help="Of each clip."
)
@click.option("--mp4", is_flag=True, help="Also films, DIR/videos/*.mp4, which the clips name.")
@everywhere
@click.pass_context
def shapes(ctx: click.Context, /, **given: Any) -> None:
    """Write a generated corpus."""
    quiet = bool(take_globals(ctx, given)["quiet"])
    from loquitur.vision.corpora import write
    from loquitur.vision.shapes.data import corpus

    folder = Path(given["folder"])
    size = given["size"] or (128 if given["mp4"] else 64)
    if given["mp4"] and size % 2:
        raise UsageError(f"no film of {size} pixels a side", hint="an even --size")
    made = corpus(
        seed=given["seed"],
        sizes={split: given[split] for split, _ in _SIZES},
        fold=given["fold"],
        variety=given["variety"],
        size=size,
        frames=given["frames"],
        rate=given["rate"],
        count=given["sentences"],
    )
    if given["mp4"]:
        made = _filmed(made, folder, quiet=quiet)
    path = folder / "clips.jsonl"
    write(made, path)
    words = {word for clip in made.clips for text in clip.texts() for word in text.split()}
    if given["as_json"]:
        print_json({"clips": str(path), "sizes": made.sizes(), "words": len(words)})
    elif not quiet:
        split = ", ".join(f"{name} {many}" for name, many in made.sizes().items())
        tell(f"wrote {path}: {counted(len(made.clips), 'clip')} ({split}), {len(words)} words")


def _filmed(made: Corpus, folder: Path, *, quiet: bool) -> Corpus:
    """Films of all clips, named after all they show: one that stands there is kept."""
    from loquitur.vision.shapes.film import write_film

    clips: list[Clip] = []
    for clip in made.clips:
        name = f"videos/{clip.clip_id}-{zlib.crc32(clip.source.encode()):08x}.mp4"
        if not (folder / name).exists():
            write_film(clip.source, folder / name)
        clips.append(dataclasses.replace(clip, source=name))
        if not quiet and len(clips) % 500 == 0:
            tell(f"{len(clips)} of {len(made.clips)} films")
    return dataclasses.replace(made, clips=tuple(clips))
