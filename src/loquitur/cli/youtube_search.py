"""`youtube search`: all videos of a query, past the service's limit, on as many days as needed."""

from __future__ import annotations

from typing import Any

import click

from loquitur.cli.youtube_jobs import Errand, job_options
from loquitur.errors import UsageError

_HELP = (
    "All videos of QUERY, past the limit of about 500. One call brings 50 videos, a key has 100 "
    "calls a day: where they are spent, the same command goes on the next day."
)


@click.command(help=_HELP)
@click.argument("query", metavar="QUERY")
@click.option("--max", "most", type=click.IntRange(1), metavar="N", help="Stop at so many videos.")
@click.option("--after", metavar="DATE", help="Published on or after: 2026-03-01, or a time.")
@click.option("--before", metavar="DATE", help="Published before.")
@click.option(
    "--order",
    type=click.Choice(["date", "relevance", "viewCount", "rating", "title"]),
    default="date",
    help="date finds all; any other shows about the first 500.",
)
@click.option("--channel", metavar="ID", help="Only of this channel (UC...).")
@click.option("--region", metavar="CODE", help="Only what can be seen there, ISO 3166.")
@click.option("--language", metavar="CODE", help="Rather in this language; no filter.")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any parameter of search.list: videoDuration=long, videoCaption=closedCaption ...",
)
@click.option("--details", is_flag=True, help="Statistics and whole texts too, a unit for 50.")
@click.option(
    "--audit",
    metavar="PERCENT",
    help="Calls for checks of how much is missing, up to 10; else what is left of 5 % more calls "
    "than the fewest possible.",
)
@click.option(
    "--thorough", is_flag=True, help="Audit with 10 %; where much is missing, read again."
)
@click.option("--repeat", is_flag=True, help="The same as --fresh: one more run, compared.")
@job_options
@click.pass_context
def search(ctx: click.Context, /, **given: Any) -> None:
    """Collect a search."""
    from loquitur.youtube.searching.ordering import SearchOptions, SearchOrder
    from loquitur.youtube.searching.query import Query, given_time

    given["fresh"] = given.pop("repeat") or given["fresh"]
    errand = Errand(ctx, given)
    query = Query(
        text=given["query"],
        after=given_time(given["after"]) if given["after"] else None,
        before=given_time(given["before"]) if given["before"] else None,
        order=given["order"],
        filters=_filters(given),
    )
    options = SearchOptions(
        most=given["most"],
        audit=_share(given["audit"]) if given["audit"] else None,
        thorough=given["thorough"],
        details=given["details"],
    )
    errand.run(SearchOrder(query=query, options=options, endpoint=errand.endpoint))


def _filters(given: dict[str, Any]) -> dict[str, str]:
    found = {}
    for item in given["filters"]:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"not a filter: '{item}'", hint="expected --filter NAME=VALUE")
        found[name.strip()] = value.strip()
    for option, name in (("region", "regionCode"), ("language", "relevanceLanguage")):
        if given[option]:
            found[name] = given[option]
    if given["channel"]:
        from loquitur.youtube.references import channel_reference

        reference = channel_reference(given["channel"])
        if reference.kind != "id":
            raise UsageError(
                f"--channel takes an id (UC...), not '{given['channel']}'",
                hint="`loquitur youtube channel` lists all of a channel's videos, and is cheaper",
            )
        found["channelId"] = reference.value
    return found


def _share(text: str) -> float:
    """`7`, `7%` or `0.07` as 0.07."""
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError as exc:
        raise UsageError(f"not a share: '{text}'", hint="expected a percentage up to 10") from exc
    return value if value < 1 and not text.strip().endswith("%") else value / 100
