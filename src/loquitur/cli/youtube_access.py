"""`youtube auth` and `youtube quota`: who asks, and what was spent."""

from __future__ import annotations

import select
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.errors import MissingError, RemoteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.settings import Settings
    from loquitur.youtube.client import Client
    from loquitur.youtube.clocks import ServiceClock
    from loquitur.youtube.ledger import Spent
    from loquitur.youtube.logins import SavedLogin
    from loquitur.youtube.wire import Wire

_MOST_DAYS = 400
_TESTING_DAYS = 7


@click.command(
    help="Log in for calls on your own videos: a page opens in the browser, and the token is kept "
    "in your config folder, for you alone. Without a browser here, open the printed address "
    "anywhere and paste the code, or the address at which that browser ended."
)
@click.option("--status", is_flag=True, help="What is saved: scopes, until when; nothing is sent.")
@click.option("--refresh", is_flag=True, help="Get the next access token now.")
@click.option("--revoke", is_flag=True, help="Take the login back and delete it.")
@click.option("--channel", is_flag=True, help="Ask whose channel it is (1 unit).")
@click.option(
    "--client-secrets",
    metavar="FILE",
    shell_complete=completing.files,
    help="The desktop app that asks, as Google's console gives it.",
)
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1, max=86_400),
    default=300.0,
    show_default=True,
    metavar="S",
    help="How long to wait for an answer, seconds.",
)
@click.option("--read-only", is_flag=True, help="Ask for reading alone: no captions.")
@everywhere
@click.pass_context
def auth(ctx: click.Context, /, **given: Any) -> None:
    """Ask for a login, or say what there is of one."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    chosen = [name for name in ("status", "refresh", "revoke") if given[name]]
    if len(chosen) > 1:
        raise UsageError(f"--{chosen[0]} and --{chosen[1]}: one at a time")
    session = _Session.open(settings)
    try:
        if given["revoke"]:
            _revoke(session, as_json=given["as_json"])
            return
        if given["status"]:
            login = _saved(session)
        elif given["refresh"]:
            login = _refreshed(session)
        else:
            login = _log_in(session, given, quiet=bool(globals_["quiet"]))
        channel = _channel(settings) if given["channel"] else None
        _print_login(session, login, channel, as_json=given["as_json"])
    finally:
        session.wire.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """The endpoint of a login, and its clock."""

    settings: Settings
    wire: Wire
    clock: ServiceClock

    @classmethod
    def open(cls, settings: Settings) -> _Session:
        from loquitur.youtube.clocks import ServiceClock
        from loquitur.youtube.sessions import open_wire

        clock = ServiceClock()
        return cls(settings=settings, wire=open_wire(settings, clock), clock=clock)


def _log_in(session: _Session, given: dict[str, Any], *, quiet: bool) -> SavedLogin:
    from loquitur.youtube import consent, logins
    from loquitur.youtube.client_secrets import find_client_secrets
    from loquitur.youtube.wire import is_loopback

    settings = session.settings
    app = find_client_secrets(settings, session.wire, given["client_secrets"] or "")
    if settings.offline and not is_loopback(app.token_uri):
        raise RemoteError(
            "logging in needs the network, which is switched off",
            hint="run without the offline setting", code="LQ-REMOTE-OFFLINE",
        )  # fmt: skip
    logins.check_installed()
    scope = consent.READ_ONLY if given["read_only"] else consent.FORCE_SSL
    asking = consent.Asking(
        show=lambda address: tell(f"open this address to agree: {address}"),
        browse=None if given["no_browser"] else _browse,
        read_line=_read_line if given["no_browser"] or sys.stdin.isatty() else None,
        refuse=tell,
        timeout_s=given["timeout_s"],
    )
    login = consent.log_in(
        app, (scope,), asking,
        endpoint=session.wire.endpoint, clock=session.clock, proxy=settings.proxy,
    )  # fmt: skip
    path = logins.save(login)
    if not quiet:
        tell(f"saved for you alone: {path}")
    return login


def _browse(address: str) -> None:
    """Open a browser; the printed address is there where none comes."""
    import webbrowser

    if not webbrowser.open(address):
        tell("no browser could be opened here: open the address above anywhere")


def _read_line(within_s: float) -> str | None:
    """What is typed within so many seconds; a thread that waits longer would hang at the exit."""
    try:
        number = sys.stdin.fileno()
    except (OSError, ValueError):  # no file behind it: then it never waits
        return sys.stdin.readline()
    if not select.select([number], [], [], within_s)[0]:
        return None
    return sys.stdin.readline()


def _saved(session: _Session) -> SavedLogin:
    from loquitur.settings import secret
    from loquitur.youtube import logins
    from loquitur.youtube.credentials import TOKEN_NAME

    found = logins.load(session.wire.endpoint)
    if found is None:
        hint = "`loquitur youtube auth`"
        if secret(TOKEN_NAME):
            hint = f"none is needed while {TOKEN_NAME} is set: calls are made with that token"
        raise MissingError(
            f"no login is saved for {session.wire.endpoint}", hint=hint, code="LQ-YOUTUBE-NO-LOGIN"
        )
    return found


def _refreshed(session: _Session) -> SavedLogin:
    from loquitur.youtube.logins import StoredLogin

    login = StoredLogin(_saved(session), clock=session.clock, proxy=session.settings.proxy)
    login.renew()
    return login.saved


def _revoke(session: _Session, *, as_json: bool) -> None:
    """Tell the server first: without the file nothing could tell it any more."""
    from loquitur.youtube import consent, logins

    login = _saved(session)
    problem = consent.revoke(login, clock=session.clock, proxy=session.settings.proxy)
    logins.forget(session.wire.endpoint)
    if as_json:
        print_json({"revoked": not problem, "deleted": True, "problem": problem or None})
        return
    click.echo("the saved login is deleted" + ("" if problem else " and taken back"))
    if problem:
        tell(
            f"the server could not be told: {problem}; take the access back at "
            "myaccount.google.com/permissions"
        )


def _channel(settings: Settings) -> dict[str, str] | None:
    from loquitur.youtube.sessions import open_client

    with open_client(settings) as client:
        items = client.call("channels.list", part="id,snippet", mine=True).get("items", [])
    if not items:
        return None
    return {"id": str(items[0]["id"]), "title": str(items[0].get("snippet", {}).get("title", ""))}


def _print_login(
    session: _Session, login: SavedLogin, channel: dict[str, str] | None, *, as_json: bool
) -> None:
    from loquitur.settings import secret
    from loquitur.youtube import pacific
    from loquitur.youtube.credentials import TOKEN_NAME
    from loquitur.youtube.logins import place_of, skew_note

    now_s = time.time()
    testing_s = login.since + _TESTING_DAYS * 86_400
    notes = list(filter(None, (skew_note(session.clock),)))
    if secret(TOKEN_NAME):
        notes.append(f"{TOKEN_NAME} is set and is used instead of this login")
    if as_json:
        print_json(
            {
                "endpoint": login.endpoint,
                "file": str(place_of(login.endpoint)),
                "client_id": login.client_id,
                "scopes": list(login.scopes),
                "expires_at": pacific.utc_text(login.expires_at),
                "is_expired": login.expires_at <= now_s,
                "since": pacific.utc_text(login.since),
                "ends_if_testing": pacific.utc_text(testing_s),
                "channel": channel,
                "notes": notes,
            }
        )
        return
    until = pacific.local_text(login.expires_at)
    over = (
        "expired"
        if login.expires_at <= now_s
        else f"in {pacific.span_text(login.expires_at - now_s)}"
    )
    since, testing = pacific.local_text(login.since), pacific.local_text(testing_s)
    rows = [
        ("endpoint", login.endpoint),
        ("file", str(place_of(login.endpoint))),
        ("app", login.client_id),
        ("scopes", " ".join(scope.rpartition("/")[2] for scope in login.scopes)),
        ("access token", f"until {until} ({over}); the next one comes by itself"),
        ("logged in", f"{since}; an app in testing mode ends it at {testing}"),
    ]
    if channel is not None:
        rows.append(("channel", f"{channel['id']} {channel['title']}"))
    print_table(("login", ""), rows, fit=True, shrinkable=(1,))
    for note in notes:
        tell(note)


@click.command(
    help="Spent and left today, per bucket and key, and when it comes back (midnight Pacific "
    "time). Nothing is sent to YouTube."
)
@click.option("--costs", is_flag=True, help="What each method costs, with date and source.")
@click.option(
    "--days",
    type=click.IntRange(1, _MOST_DAYS),
    default=1,
    metavar="N",
    help="The last N Pacific days too.",
)
@everywhere
@click.pass_context
def quota(ctx: click.Context, /, **given: Any) -> None:
    """Print the ledger."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    if given["costs"]:
        _print_costs(as_json=given["as_json"])
        return
    from loquitur.youtube.sessions import open_client
    from loquitur.youtube.wire import is_loopback

    with open_client(settings) as client:
        if is_loopback(client.endpoint):
            client.look()  # an emulator's clock may have been moved
        _print_quota(client, days=given["days"], as_json=given["as_json"])


def _print_quota(client: Client, *, days: int, as_json: bool) -> None:
    from loquitur.youtube import costs, pacific

    ledger, payers = client.purse.ledger, client.purse.credentials.payers
    now_s = ledger.now()
    resets_s = pacific.reset_s(now_s)
    known = (row.project for row in ledger.spent())
    rows = ledger.spent(tuple(dict.fromkeys((*payers, *known))))
    past = ledger.history(days=days) if days > 1 else ()
    if as_json:
        print_json(
            {
                "endpoint": client.endpoint,
                "pacific_day": pacific.day_of(now_s).isoformat(),
                "resets_at": pacific.utc_text(resets_s),
                "resets_at_local": pacific.local_text(resets_s),
                "resets_in_s": round(resets_s - now_s),
                "buckets": [_row(item, payers) for item in rows],
                "days": [
                    {"day": item.day.isoformat(), "project": item.project,
                     "bucket": item.bucket, "spent": item.units, "full": item.full}
                    for item in past
                ],
                "limits": {name: item.limit for name, item in costs.BUCKETS.items()},
            }
        )  # fmt: skip
        return
    if rows:
        table = [
            (item.project, _whose(item.project, payers), item.bucket, f"{item.units:,}",
             "0 (says the service)" if item.full else f"{item.left:,}", f"{item.limit:,}")
            for item in rows
        ]  # fmt: skip
        print_table(("project", "whose", "bucket", "spent", "left", "limit"), table, fit=True)
    if not payers:
        tell("no key is set (LOQUITUR_YOUTUBE_API_KEY), and no login is saved")
    back = pacific.comes_back(resets_s, now_s)
    click.echo(f"filled again at {back} ({pacific.utc_text(resets_s)}, midnight Pacific time)")
    if past:
        click.echo()
        header = ("day", "project", "bucket", "spent")
        print_table(header, [(x.day, x.project, x.bucket, f"{x.units:,}") for x in past], fit=True)


def _row(item: Spent, payers: Sequence[str]) -> dict[str, Any]:
    return {
        "project": item.project,
        "whose": _whose(item.project, payers),
        "bucket": item.bucket,
        "spent": item.units,
        "left": item.left,
        "limit": item.limit,
        "full": item.full,
    }


def _whose(project: str, payers: Sequence[str]) -> str:
    if project not in payers:
        return "not set now"
    return f"key {payers.index(project) + 1}" if len(payers) > 1 else "this"


def _print_costs(*, as_json: bool) -> None:
    from loquitur.youtube import costs

    table = costs.costs()
    if as_json:
        print_json(
            {
                "buckets": {
                    name: {"limit": item.limit, "what": item.what}
                    for name, item in costs.BUCKETS.items()
                },
                "costs": [
                    {"method": method_id, "bucket": cost.bucket, "units": cost.units,
                     "source": cost.source.title, "address": cost.source.address,
                     "read": cost.source.read}
                    for method_id, cost in table.items()
                ],
            }
        )  # fmt: skip
        return
    rows = [
        (method_id, cost.bucket, cost.units, cost.source.read, cost.source.title)
        for method_id, cost in table.items()
    ]
    print_table(("method", "bucket", "units", "read", "source"), rows, fit=True, shrinkable=(4,))
