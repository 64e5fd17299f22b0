"""`describe data`: corpora of described clips. Each verb is imported when it is chosen."""

from __future__ import annotations

import click

from loquitur.cli.groups import LazyVerbs

# verb -> (where its command is, its line in --help)
VERBS: dict[str, tuple[str, str]] = {
    "shapes": (
        "loquitur.cli.describe_shapes:shapes",
        "A generated corpus: moving shapes and what they do.",
    ),
    "msvd": (
        "loquitur.cli.describe_corpora:msvd",
        "MSVD: video_corpus.csv, AllVideoDescriptions.txt, MSVD-CN, the usual split.",
    ),
    "msrvtt": ("loquitur.cli.describe_corpora:msrvtt", "MSR-VTT: its JSON, its lists of splits."),
    "vatex": ("loquitur.cli.describe_corpora:vatex", "VATEX, in English and Chinese."),
    "activitynet": (
        "loquitur.cli.describe_corpora:activitynet",
        "ActivityNet Captions: spans of longer videos.",
    ),
    "clips": (
        "loquitur.cli.describe_corpora:clips",
        "Clips of your own: JSON Lines, a table, a folder of videos and texts.",
    ),
    "check": (
        "loquitur.cli.describe_check:check",
        "A corpus in figures, and what is wrong with it: leaks, empty splits, lost videos.",
    ),
}


class _Data(LazyVerbs):
    """The verbs of corpora, by name."""

    table = VERBS


@click.group(
    "data", cls=_Data, help="Corpora of described clips, into one form: JSON Lines of clips."
)
def data() -> None:
    """Corpora."""
