"""What `captions upload`, `update`, `restore` and `run --publish` share: show, ask, do, report."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.options import everywhere, settings_of, take_globals, with_options
from loquitur.cli.output import print_json, tell
from loquitur.errors import QuotaError, RemoteError, UsageError
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.delivery import Result
    from loquitur.settings import Settings
    from loquitur.youtube.captions import Track
    from loquitur.youtube.client import Client
    from loquitur.youtube.publications import Publications
    from loquitur.youtube.publishing import Listing, Publication, Published

_DOING = {"insert": "insert", "update": "update", "state": "change the draft state"}
_DONE = {"insert": "inserted", "update": "updated", "state": "draft state changed"}

_AGREEING = (
    click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing."),
    click.option("--yes", is_flag=True, help="Do it without asking."),
)
_SPENDING = (
    *_AGREEING,
    click.option(
        "--wait", is_flag=True,
        help="Look after 3, 10 and 30 s whether the text is served (50 units each).",
    ),
    click.option("--diff", "whole_diff", is_flag=True, help="The whole diff, a line for each cue."),
)  # fmt: skip


def agreeing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say whether it shall be done, with those of every verb."""
    return with_options(everywhere(command), _AGREEING)


def spending(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of verbs that change tracks, with those of every verb."""
    return with_options(everywhere(command), _SPENDING)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What a verb on caption tracks works with: settings, options, talk.

    Args:
        settings: Where the service and the store are.
        as_json: Whether stdout gets one JSON document and nothing else.
        quiet: Whether nothing is told on stderr.
        dry_run: Whether nothing is changed.
        yes: Whether nobody is asked.
        wait: Whether it is waited for that a text is served.
        whole_diff: Whether the diff is shown line by line.
    """

    settings: Settings
    as_json: bool = False
    quiet: bool = False
    dry_run: bool = False
    yes: bool = False
    wait: bool = False
    whole_diff: bool = False

    @classmethod
    def of(cls, ctx: click.Context, given: dict[str, Any]) -> Counter:
        """From a verb's options; those that all such verbs share are taken out.

        Raises:
            UsageError: They contradict each other.
        """
        globals_ = take_globals(ctx, given)
        chosen = {
            name: bool(given.pop(name, False))
            for name in ("as_json", "dry_run", "yes", "wait", "whole_diff")
        }
        check_dry_run(dry_run=chosen["dry_run"], yes=chosen["yes"])
        return cls(settings=settings_of(globals_), quiet=bool(globals_["quiet"]), **chosen)

    @property
    def publications(self) -> Publications:
        """What was published from this store."""
        from loquitur.youtube.publications import Publications

        return Publications(self.settings.store)

    def client(self) -> Client:
        """A client; close it, or use it in a `with`."""
        from loquitur.youtube.sessions import open_client

        return open_client(self.settings)

    def say(self, line: str) -> None:
        """A line of the answer on stdout, where that is no JSON."""
        if not self.as_json:
            click.echo(display(line))

    def tell(self, line: str) -> None:
        """A line of talk on stderr."""
        if not self.quiet and not self.as_json:
            tell(line)

    def agreed(self, question: str) -> bool:
        """Whether it shall be done: `--yes`, or somebody at a terminal says so."""
        if self.yes or self.dry_run:
            return self.yes
        return self._asks and click.confirm(question, default=False, err=True)

    @property
    def _asks(self) -> bool:
        """Whether there is somebody to ask."""
        return not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()

    def not_done(self) -> None:
        """Say that nothing was changed, and what would change it."""
        hint = "" if self.dry_run or self._asks else ": --yes does it"
        self.tell(f"nothing was changed{hint}")

    def publish(self, client: Client, plan: Publication) -> dict[str, Any]:
        """Show a plan, carry it out where that is agreed, and report it.

        Raises:
            RemoteError: YouTube took the file and could not read it.
        """
        from loquitur.youtube.publishing import WAITS_S, carry_out

        left = self._left(client, plan)
        self._show(plan, left)
        question = f"{_DOING.get(plan.action, '')} for {plan.units} units?"
        done: Published | None = None
        if plan.action == "nothing" or self.agreed(question):
            done = carry_out(
                client, plan, publications=self.publications,
                waits_s=WAITS_S if self.wait else (), tell=self.tell,
            )  # fmt: skip
            self._report(done)
        else:
            self.not_done()
        document = _document(plan, done, whole=self.whole_diff, dry_run=done is None)
        if done is not None and done.status == "failed":
            self._failed(done, document)
        return document

    def _left(self, client: Client, plan: Publication) -> str:
        """What is left of the day's units, in words.

        Raises:
            QuotaError: Not enough for what is planned; nothing more is spent.
        """
        from loquitur.youtube.pricing import told
        from loquitur.youtube.publishing import METHODS

        if plan.action == "nothing":
            return ""
        price = client.price({METHODS[plan.action]: 1})
        if not price.enough_today:
            raise QuotaError(
                f"{plan.video_id}: to {_DOING[plan.action]} the {plan.language} track takes "
                f"{plan.units} units, which are not left today",
                hint=told(price, time.time()),
                code="LQ-YOUTUBE-BUCKET",
            )
        (bucket,) = price.buckets
        return f" of {bucket.left:,} that are left today"

    def _show(self, plan: Publication, left_today: str) -> None:
        from loquitur.youtube.captions import called

        shown = called(plan.language, plan.name)
        draft = {True: ", as a draft", False: ", for viewers", None: ""}[plan.draft]
        file = plan.file
        cues = counted(len(file.track.cues), "cue")
        size = f"{cues}, {file.form}, {len(file.content):,} bytes"
        deed = _DOING.get(plan.action, "nothing to do")
        self.say(f"{plan.video_id}: {shown}: {deed} ({size}{draft})")
        if plan.difference is not None:
            self.say(str(plan.difference))
            for line in plan.difference.lines if self.whole_diff else ():
                self._show_change(line)
        left = "" if plan.action == "nothing" else f", {plan.units} to {deed}{left_today}"
        self.say(f"units: {plan.spent} spent on looking{left}")
        for notice in plan.notices if plan.action != "nothing" else ():
            self.tell(notice)

    def _show_change(self, line: str) -> None:
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        if not self.as_json:
            click.echo(click.style(line, fg=colour) if colour else line)

    def _report(self, done: Published) -> None:
        if not done.changed:
            self.say(f"unchanged: track {done.track.id} has this text")
            return
        kept = f", what was there is backup {done.backup}" if done.backup else ""
        self.say(
            f"{_DONE[done.plan.action]}: track {done.track.id} is {done.status}{kept}; "
            f"{done.plan.spent + done.units} units in all"
        )

    def _failed(self, done: Published, document: dict[str, Any]) -> None:
        if self.as_json:
            print_json(document)
        reason = done.track.failure_reason or "no reason given"
        restore = (
            f"`loquitur youtube captions restore {done.plan.video_id} --language "
            f"{done.plan.language}` puts the text before it back"
        )
        raise RemoteError(
            f"{done.plan.video_id}: YouTube took the {done.track.label} captions and could not "
            f"read them: {reason}",
            hint=restore if done.backup else "send them in another --format",
            code="LQ-YOUTUBE-CAPTIONS-FAILED",
        )


class RunPublisher:
    """`run --publish`: looks at the tracks before the work begins, publishes when it is done.

    Args:
        counter: Settings, options, talk.
        video: The id or address of the video.
        draft: Whether the tracks become drafts; None to leave them as they are.

    Raises:
        InputError: That is no video.
    """

    def __init__(self, counter: Counter, video: str, *, draft: bool | None) -> None:
        from loquitur.youtube.references import video_id

        self._counter = counter
        self._video_id = video_id(video)
        self._draft = draft
        self._listing: Listing | None = None

    def look(self) -> None:
        """Hold that the video is there and may be written to, before hours of work (50 units)."""
        from loquitur.youtube.publishing import look

        with self._counter.client() as client:
            self._listing = look(client, self._video_id)

    def publish(self, result: Result) -> list[dict[str, Any]]:
        """Publish the captions of a run and of its translations; what `--json` says of each."""
        from loquitur.youtube.runs import files_of, plans

        files, publications = list(files_of(result)), self._counter.publications
        listed, self._listing = self._listing, None
        with self._counter.client() as client:
            planned = plans(
                client, self._video_id, files, publications=publications, draft=self._draft,
                listing=listed,
            )  # fmt: skip
            return [self._counter.publish(client, plan) for plan in planned]


def check_publishing(inputs: Sequence[str], given: dict[str, Any]) -> None:
    """Hold that what is to be published is the captions of one whole medium.

    Raises:
        UsageError: It is not.
    """
    check_dry_run(dry_run=bool(given["dry_run"]), yes=bool(given["yes"]))
    if len(inputs) != 1 or inputs[0] == "-" or Path(inputs[0]).is_dir():
        raise UsageError(
            "--publish takes one input: one video has the captions of one medium",
            hint="run the others without it",
        )
    if given["section"]:
        raise UsageError("--publish takes the whole medium: --section would leave the rest out")


def check_dry_run(*, dry_run: bool, yes: bool) -> None:
    """Hold that only one of two options is given.

    Raises:
        UsageError: Both are.
    """
    if dry_run and yes:
        raise UsageError("--dry-run and --yes contradict each other")


def track_json(track: Track) -> dict[str, Any]:
    """A track as JSON."""
    return dataclasses.asdict(track)


def _document(
    plan: Publication, done: Published | None, *, whole: bool, dry_run: bool
) -> dict[str, Any]:
    changes = plan.difference
    return {
        "video_id": plan.video_id,
        "language": plan.language,
        "name": plan.name,
        "action": plan.action,
        "dry_run": dry_run,
        "file": {
            "format": plan.file.form,
            "bytes": len(plan.file.content),
            "cues": len(plan.file.track.cues),
            "sha256": plan.file.digest,
        },
        "draft": plan.draft,
        "present": None if plan.present is None else track_json(plan.present),
        "difference": None if changes is None else _changes(changes, whole=whole),
        "units": {"spent": plan.spent + (done.units if done else 0), "planned": plan.units},
        "notices": list(plan.notices),
        "result": None if done is None else {
            "changed": done.changed,
            "status": done.status,
            "backup": done.backup,
            "track": track_json(done.track),
        },
    }  # fmt: skip


def _changes(changes: Any, *, whole: bool) -> dict[str, Any]:
    found = dataclasses.asdict(changes)
    lines = found.pop("lines")
    return found | ({"lines": list(lines)} if whole else {})
