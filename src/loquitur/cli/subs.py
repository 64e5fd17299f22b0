"""`subs`: caption files. Each verb is imported when it is chosen."""

from __future__ import annotations

import click

from loquitur.cli.groups import LazyVerbs

# verb -> (where its command is, its line in --help)
VERBS: dict[str, tuple[str, str]] = {
    "convert": ("loquitur.cli.subs_convert:convert", "From any caption format to any other."),
    "check": ("loquitur.cli.subs_check:check", "Held against a guideline; --fix mends."),
    "segment": ("loquitur.cli.subs_segment:segment", "Cut anew, from words or bad captions."),
    "extract": ("loquitur.cli.subs_tracks:extract", "Caption tracks inside media."),
    "clean": ("loquitur.cli.subs_files:clean", "Rolling lines to whole ones; remains taken out."),
    "shift": ("loquitur.cli.subs_files:shift", "Earlier or later."),
    "scale": ("loquitur.cli.subs_files:scale", "Another frame rate, or through two points."),
    "sync": ("loquitur.cli.subs_files:sync", "To the sound of a medium, or to another file."),
    "merge": ("loquitur.cli.subs_files:merge", "Two languages, two speakers, or end to end."),
    "split": ("loquitur.cli.subs_files:split", "At times, into parts, by chapters."),
    "label": ("loquitur.cli.subs_files:label", "Speakers as voices, dashes or prefixes."),
    "karaoke": ("loquitur.cli.subs_files:karaoke", "Each word with its moment."),
}


class _Files(LazyVerbs):
    """The verbs for caption files, by name."""

    table = VERBS


@click.group(cls=_Files, help="Caption files: convert, check, mend, cut anew, move, join.")
def subs() -> None:
    """Caption files."""
