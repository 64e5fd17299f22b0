"""`search`: where something is said, to the second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.library_filters import filter_options, filters_of
from loquitur.cli.library_options import existing, library_option
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json
from loquitur.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.library.shelf import Library
    from loquitur.model.library import Found, Hit
    from loquitur.protocols import Reranker
    from loquitur.settings import Settings


@click.command(
    help='Find where something is said. QUERY: words (the more of them, the better), "phrases",'
    " AND OR NOT, -word, ( ), prefix*, and speaker: channel: lang: kind: emotion: in: after:"
    " before: longer: shorter: within it. Anything else is words.",
    epilog="A query that begins with a minus stands behind `--`.",
)
@click.argument("query", nargs=-1, metavar="QUERY")
@library_option
@click.option(
    "-k", "count", type=click.IntRange(1, 1_000), default=10, show_default=True, metavar="N",
    help="Hits of a page.",
)  # fmt: skip
@click.option(
    "--mode",
    type=click.Choice(("hybrid", "words", "meaning")),
    default="hybrid",
    show_default=True,
    help="By words, by meaning, or both.",
)
@click.option(
    "--fusion",
    type=click.Choice(("sum", "rrf")),
    default="sum",
    show_default=True,
    help="How both are joined: sums of scores, or reciprocal ranks.",
)
@click.option(
    "--rerank",
    default="",
    metavar="NAME[:MODEL]",
    shell_complete=completing.names(completing.engines("reranking")),
    help="An engine that reads the best 30 again.",
)
@click.option(
    "--like", "passage", type=int, metavar="NUMBER", help="More like this passage of a hit (#7)."
)
@click.option("--flat", is_flag=True, help="All hits, not the best of each video.")
@click.option("--exact", is_flag=True, help="No near words for those that nobody said.")
@click.option("--page", default="", metavar="CURSOR", help="What follows a page before.")
@filter_options
@everywhere
@click.pass_context
def search(ctx: click.Context, /, **given: Any) -> None:
    """Find where something is said."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    query = " ".join(given["query"])
    if not query.strip() and given["passage"] is None:
        raise UsageError("nothing to search for", hint='loquitur search "gauge symmetry"')
    if query.strip() and given["passage"] is not None:
        raise UsageError("a query and --like: one of them", hint="drop the query, or --like")
    with existing(settings, given) as library:
        found = _found(library, query, given, settings)
        if not found.hits and not library.index.counts().passages:
            from loquitur.library.asking import empty_error

            raise empty_error(library.name)
    if given["as_json"]:
        print_json(document(found))
        return
    from loquitur.cli.search_view import show

    show(found, library=given["library"], like=given["passage"])


def _found(library: Library, query: str, given: Mapping[str, Any], settings: Settings) -> Found:
    filters, group = filters_of(given), not given["flat"]
    if given["passage"] is not None:
        return library.like(
            given["passage"],
            k=given["count"],
            mode=given["mode"],
            filters=filters,
            fusion=given["fusion"],
            cursor=given["page"],
            group=group,
        )
    return library.search(
        query,
        k=given["count"],
        mode=given["mode"],
        filters=filters,
        fusion=given["fusion"],
        reranker=_reranker(given["rerank"], settings),
        cursor=given["page"],
        group=group,
        fuzzy=not given["exact"],
    )


def _reranker(name: str, settings: Settings) -> Reranker | None:
    from loquitur.library.encoding import reranker_for

    return reranker_for(name, settings) if name else None


def document(found: Found) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "query": found.query,
        "hits": [_plain(hit) for hit in found.hits],
        "mode": found.mode,
        "also": [{"typed": typed, "taken": taken} for typed, taken in found.also],
        "cursor": found.cursor or None,
    }


def _plain(hit: Hit) -> dict[str, Any]:
    passage, volume = hit.passage, hit.volume
    return {
        "rank": hit.rank,
        "score": hit.score,
        "media_id": passage.media_id,
        "title": volume.title,
        "speaker": passage.speaker or None,
        "start_ms": hit.start_ms if passage.timed else None,
        "end_ms": hit.end_ms if passage.timed else None,
        "text": hit.snippet,
        "url": hit.url or None,
        "marks": [list(mark) for mark in hit.marks],
        "more": hit.more,
        "channel": volume.channel or None,
        "published": volume.published or None,
        "chapter": passage.chapter or None,
        "kind": passage.kind,
        "language": passage.language,
        "emotion": passage.emotion or None,
        "passage": {
            "id": passage.id,
            "start_ms": passage.start_ms if passage.timed else None,
            "end_ms": passage.end_ms if passage.timed else None,
            "text": passage.text,
        },
    }
