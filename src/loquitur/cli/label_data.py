"""`label data`: data sets of labelled videos. Each verb is imported when it is chosen."""

from __future__ import annotations

import click

from loquitur.cli.groups import LazyVerbs

# verb -> (where its command is, its line in --help)
VERBS: dict[str, tuple[str, str]] = {
    "fetch": (
        "loquitur.cli.label_data_fetch:fetch",
        "YouTube-8M: shards by part, mirror and share, resumed and verified.",
    ),
    "sample": (
        "loquitur.cli.label_data_sample:sample",
        "A generated data set in the same files, of any size.",
    ),
    "videos": (
        "loquitur.cli.label_data_videos:videos",
        "A table of ids and labels, with titles from YouTube: what `label features` takes.",
    ),
    "inspect": (
        "loquitur.cli.label_data_inspect:inspect",
        "What shards hold, whether they are whole, how labels are spread.",
    ),
    "convert": (
        "loquitur.cli.label_data_convert:convert",
        "Shards into other forms: compressed or not, means, columns.",
    ),
}


class _Data(LazyVerbs):
    """The verbs of data sets, by name."""

    table = VERBS


@click.group("data", cls=_Data, help="Labelled videos as files: fetched, generated, looked into.")
def data() -> None:
    """Data sets."""
