"""`youtube collections`: what was collected, how old it is, and what the terms ask of it."""

from __future__ import annotations

import re
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import youtube_kept_chats
from loquitur.cli.groups import Verbs
from loquitur.cli.options import everywhere
from loquitur.cli.output import print_json, print_table
from loquitur.cli.youtube_jobs import Errand, age, moment
from loquitur.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.shelf import Entry

_AGE = re.compile(r"(\d{1,5})\s*(h|d|w|)", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 168, "": 24}
_TERMS = "30d"
_OLDER = click.option(
    "--older-than", metavar="AGE", default=_TERMS, show_default=True, help="24h, 30d, 4w."
)
_NAMES = click.argument("names", nargs=-1, metavar="NAME...")


@click.group(cls=Verbs, help="What was collected: list, show, plan, refresh, purge, forget.")
def collections() -> None:
    """Collections."""


@collections.command("list", help="Every collection, with its age.")
@everywhere
@click.pass_context
def list_(ctx: click.Context, /, **given: Any) -> None:
    """List them."""
    from loquitur.youtube.collecting import shelf
    from loquitur.youtube.livechat import logs
    from loquitur.youtube.sessions import service_now

    errand = Errand(ctx, given)
    store, now = errand.settings.store, service_now(errand.settings)
    found = list(shelf.entries(store, now))
    chats = [logs.entry(store, name) for name in logs.names(store)]
    if errand.as_json:
        documents = [*map(_plain, found), *map(youtube_kept_chats.plain, chats)]
        print_json({"collections": documents})
        return
    rows = [
        (
            entry.name,
            "busy" if entry.busy else _what(entry),
            "" if entry.busy else " ".join(f"{n:,} {kind}" for kind, n in entry.rows.items()),
            "" if entry.busy else "done" if entry.done else "unfinished",
            age(entry.oldest_s, now() if _is_here(errand, entry.about) else time.time()),
        )
        for entry in found
    ]
    rows += map(youtube_kept_chats.line, chats)
    if rows:
        heads = ("name", "what", "rows", "state", "oldest row")
        print_table(heads, rows, fit=True, shrinkable=(1, 2))
    errand.tell(f"{len(rows)} collections in {store}")


@collections.command(help="One collection: runs, calls, files.")
@click.argument("name", metavar="NAME")
@everywhere
@click.pass_context
def show(ctx: click.Context, /, **given: Any) -> None:
    """Show one."""
    from loquitur.youtube.collecting import shelf
    from loquitur.youtube.gathering import order_of, spending

    errand = Errand(ctx, given)
    names, chats = youtube_kept_chats.chosen(errand.settings.store, (given["name"],))
    if chats:
        print_json(youtube_kept_chats.described(errand.settings.store, chats[0]))
        return
    (name,) = names
    with _opened(errand, name) as collection:
        document = _plain(shelf.described(collection))
        document["runs"] = [
            {
                "run": run.number,
                "started": moment(run.started_s),
                "finished": moment(run.finished_s),
                "facts": run.facts,
            }
            for run in collection.runs()
        ]
        document |= spending(collection)
        document["summary"] = order_of(collection.about, {}).summary(collection)
    print_json(document)


@collections.command(help="What is left of a collection, or what its refresh takes, in units.")
@_NAMES
@_OLDER
@everywhere
@click.pass_context
def plan(ctx: click.Context, /, **given: Any) -> None:
    """Price refreshes."""
    from loquitur.youtube import refreshing
    from loquitur.youtube.pricing import told
    from loquitur.youtube.sessions import open_client, service_now

    errand = Errand(ctx, given)
    now, age_s = service_now(errand.settings), _seconds(given["older_than"])
    calls: dict[str, int] = {}
    for name in _of_this_service(errand, given["names"]):
        with _opened(errand, name) as collection:
            before_s = now() - age_s
            for method, count in refreshing.calls(collection, before_s).items():
                calls[method] = calls.get(method, 0) + count
    with open_client(errand.settings) as client:
        price = client.price(calls)
        if errand.as_json:
            print_json({"calls": dict(price.calls), "units": price.units, "days": price.days})
        else:
            click.echo(told(price, client.purse.ledger.now()))


@collections.command(help="Ask again for rows that are too old; what is gone there goes here.")
@_NAMES
@_OLDER
@click.option("--files", is_flag=True, help="Write the files that hold them anew.")
@everywhere
@click.pass_context
def refresh(ctx: click.Context, /, **given: Any) -> None:
    """Refresh rows."""
    from loquitur.youtube import refreshing
    from loquitur.youtube.collecting import shelf
    from loquitur.youtube.collecting.tally import Tally
    from loquitur.youtube.sessions import open_client

    errand = Errand(ctx, given)
    age_s = _seconds(given["older_than"])
    done = []
    listener = errand.progress()
    with open_client(errand.settings) as client, closing(listener):
        now = client.purse.ledger.now
        client.look()
        for name in _of_this_service(errand, given["names"]):
            with _opened(errand, name, now) as collection:
                before_s = now() - age_s
                files = shelf.stale_files(collection, before_s)
                caller = Tally(client)
                counts = refreshing.refresh(caller, collection, before_s, listener=listener)
                written = _rewritten(collection, files) if given["files"] else []
            done.append({"collection": name, **counts, "files": files, "rewritten": written})
    _tell_done(errand, done, "renewed", "gone")


@collections.command(help="Forget rows that are older than the terms allow.")
@_NAMES
@_OLDER
@click.option("--files", is_flag=True, help="Write the files that hold them anew, without them.")
@click.option("--dry-run", is_flag=True, help="Say what would go.")
@everywhere
@click.pass_context
def purge(ctx: click.Context, /, **given: Any) -> None:
    """Purge rows."""
    from loquitur.youtube.collecting import shelf
    from loquitur.youtube.sessions import service_now

    errand = Errand(ctx, given)
    now, age_s = service_now(errand.settings), _seconds(given["older_than"])
    done = []
    store, is_trial = errand.settings.store, bool(given["dry_run"])
    names, chats = youtube_kept_chats.chosen(store, given["names"])
    for name in names:
        with _opened(errand, name) as collection:
            before_s = (now() if _is_here(errand, collection.about) else time.time()) - age_s
            files = shelf.stale_files(collection, before_s)
            if is_trial:
                gone = sum(collection.kinds(before_s=before_s).values())
                written = []
            else:
                gone = collection.purge(before_s)
                written = _rewritten(collection, files) if given["files"] else []
        done.append({"collection": name, "purged": gone, "files": files, "rewritten": written})
    before_s = time.time() - age_s  # a chat is stamped by the machine's clock
    done += [
        youtube_kept_chats.purged(store, name, before_s, dry_run=is_trial, files=given["files"])
        for name in chats
    ]
    _tell_done(errand, done, "purged")


@collections.command(help="Remove whole collections.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@everywhere
@click.pass_context
def forget(ctx: click.Context, /, **given: Any) -> None:
    """Forget collections."""
    from loquitur.youtube.collecting import shelf
    from loquitur.youtube.livechat import logs

    errand = Errand(ctx, given)
    store = errand.settings.store
    names, chats = youtube_kept_chats.chosen(store, given["names"])
    for name in names:
        shelf.forget(store, name)
    for name in chats:
        logs.forget(store, name)
    names += chats
    if errand.as_json:
        print_json({"forgotten": names})
    else:
        errand.tell(f"forgotten: {', '.join(names)}")


def _opened(errand: Errand, name: str, now: Callable[[], float] = time.time) -> Collection:
    from loquitur.youtube.collecting import shelf
    from loquitur.youtube.collecting.collection import Collection

    return Collection(shelf.path_of(errand.settings.store, name), now=now)


def _is_here(errand: Errand, about: dict[str, Any]) -> bool:
    """Whether a collection is of the service that is asked now."""
    return bool(about.get("endpoint", "") == errand.endpoint)


def _of_this_service(errand: Errand, names: tuple[str, ...]) -> list[str]:
    """The collections that are meant, those of another service left out and told.

    What that one has this one does not know: it would all be taken for deleted.
    """
    found = []
    for name in youtube_kept_chats.without_chats(errand.settings.store, names):
        with _opened(errand, name) as collection:
            endpoint = collection.about.get("endpoint", "")
            is_here = _is_here(errand, collection.about)
        if is_here:
            found.append(name)
        elif names:
            hint = f"set LOQUITUR_YOUTUBE_ENDPOINT to {endpoint}" if endpoint else "unset it"
            raise UsageError(f"{name}: is of another service than the one that is asked", hint=hint)
        else:
            errand.tell(f"{name}: is of another service ({endpoint or 'YouTube'}), left as it is")
    return found


def _rewritten(collection: Collection, files: list[str]) -> list[str]:
    """Write files again from what the collection holds now; those that are gone stay gone."""
    from loquitur.tables.writing import write
    from loquitur.youtube.columns import columns
    from loquitur.youtube.gathering import order_of

    done = []
    for path, _, _, options in collection.outputs():
        if path not in files or not Path(path).is_file():
            continue
        order = order_of(collection.about, options)
        heads, rows = columns(order.fields), order.rows(collection)
        count = write(Path(path), heads, rows, guard=options["guard"])
        collection.wrote(path, count, options)
        done.append(path)
    return done


def _tell_done(errand: Errand, done: list[dict[str, Any]], *counts: str) -> None:
    if errand.as_json:
        print_json({"collections": done})
        return
    for entry in done:
        said = ", ".join(f"{entry[name]:,} rows {name}" for name in counts)
        errand.tell(f"{entry['collection']}: {said}")
        for path in entry["files"]:
            state = (
                "written anew" if path in entry["rewritten"] else "still holds old rows (--files)"
            )
            errand.tell(f"  {path}: {state}")


def _plain(entry: Entry) -> dict[str, Any]:
    if entry.busy:
        return {"name": entry.name, "busy": True}
    return {
        "name": entry.name,
        "verb": entry.about.get("verb"),
        "arguments": entry.about.get("arguments"),
        "endpoint": entry.about.get("endpoint"),
        "rows": entry.rows,
        "runs": entry.runs,
        "done": entry.done,
        "oldest": moment(entry.oldest_s),
        "newest": moment(entry.newest_s),
        "outputs": list(entry.outputs),
        "size_bytes": entry.size_bytes,
    }


def _what(entry: Entry) -> str:
    """What a collection is of, in a few words."""
    arguments = entry.about.get("arguments", {})
    if "text" in arguments:
        return f"search for: {arguments['text']}"
    for name in ("channels", "playlists", "videos", "ids"):
        items = arguments.get(name)
        if isinstance(items, list) and items:
            rest = f" and {len(items) - 1:,} more" if len(items) > 1 else ""
            return f"{entry.about.get('verb')} {items[0]}{rest}"
    return str(entry.about.get("verb", ""))


def _seconds(text: str) -> float:
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"not an age: '{text}'", hint="expected 24h, 30d or 4w")
    return int(found[1]) * _HOURS[found[2]] * 3600.0
