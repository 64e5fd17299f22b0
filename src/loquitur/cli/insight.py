"""`insight`: what numbers, chats and transcripts tell. Each verb is imported when it is chosen."""

from __future__ import annotations

import click

from loquitur.cli.groups import LazyVerbs

# verb -> (where its command is, its line in --help)
VERBS: dict[str, tuple[str, str]] = {
    "stats": (
        "loquitur.cli.insight_stats:stats",
        "A table: distributions, heavy tails, correlations, outliers.",
    ),
    "chat": ("loquitur.cli.insight_chat:chat", "A chat: rate, bursts, authors, money, sentiment."),
    "transcript": (
        "loquitur.cli.insight_transcript:transcript",
        "Transcripts: windows, sentiment, novelty, chapters.",
    ),
    "keywords": (
        "loquitur.cli.insight_keywords:keywords",
        "What a term does to polarity and subjectivity.",
    ),
    "reviews": (
        "loquitur.cli.insight_reviews:reviews",
        "What is liked and what is complained of, with quotes and times.",
    ),
    "voices": (
        "loquitur.cli.insight_voices:voices",
        "Speaking time, turns, interruptions, moods, who answers whom.",
    ),
    "sentiment": (
        "loquitur.cli.insight_sentiment:sentiment",
        "Polarity and subjectivity of texts.",
    ),
    "report": (
        "loquitur.cli.insight_report:report",
        "All that is known, as one page that needs no network.",
    ),
}


class _Insight(LazyVerbs):
    """The verbs of insight, by name."""

    table = VERBS


@click.group(
    cls=_Insight, help="Insight: numbers and pictures from videos, chats, comments, transcripts."
)
def insight() -> None:
    """Insight."""
