"""`subs check`: captions held against a guideline, and put right where that is safe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.completing import names
from loquitur.cli.failures import exit_code_of, tell_failure
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.errors import InputError, LoquiturError, UsageError
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import CaptionTrack
    from loquitur.subtitles.check import Finding
    from loquitur.subtitles.fix import Repair
    from loquitur.subtitles.rules import Rules

_DEFAULT = "netflix"
_BAD = InputError.exit_code
_SLOWEST, _FASTEST = 5.0, 240.0
"""Frame rates of pictures; other ones are slides, or a damaged header."""
_RANKS = ("info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What was asked of each file. `known` is what check and fix are told of the medium."""

    rules: Rules
    language: str
    audience: str
    encoding: str
    known: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """One file: what is (still) found in it, and what was put right where it was written."""

    name: str
    language: str
    cues: int
    findings: tuple[Finding, ...]
    repairs: tuple[Repair, ...] = ()
    written: Path | None = None
    losses: tuple[str, ...] = ()


@click.command(
    "check",
    help="Hold caption files against a guideline: what is found has a code, a severity, the cue, "
    "its time, the value found and allowed, and what --fix would do. Exit code 4 while an error "
    "remains.",
)
@click.argument("files", nargs=-1, metavar="FILE|FOLDER...", shell_complete=completing.files)
@click.option(
    "--rules",
    "name",
    default=_DEFAULT,
    show_default=True,
    metavar="NAME",
    shell_complete=names(completing.rules),
    help="The guideline, or a TOML file of your own.",
)
@click.option("--audience", default="", metavar="NAME", help="adult, children, sdh ... as it has.")
@click.option("--language", default="", metavar="CODE", help="BCP 47 tag of the text.")
@click.option(
    "--media",
    metavar="FILE",
    shell_complete=completing.files,
    help="The medium: its end and frame rate count.",
)
@click.option(
    "--shots", is_flag=True, help="The cuts of the medium's pictures count too (they are decoded)."
)
@click.option("--fps", type=float, metavar="F", help="Frames per second; the medium's, else 24.")
@click.option("--encoding", default="", metavar="NAME", help="Of the files; found out if not said.")
@click.option(
    "--severity",
    "least",
    type=click.Choice(_RANKS),
    default="info",
    help="Leave out what is less grave.",
)
@click.option("--sarif", metavar="FILE", help="A SARIF 2.1.0 log for CI.")
@click.option(
    "--fix",
    "out",
    metavar="OUT",
    help="Put right what is safe, into this file (a folder for several); what remains is listed.",
)
@click.option("--list-rules", is_flag=True, help="The guidelines and their sources.")
@everywhere
@click.pass_context
def check(ctx: click.Context, /, **given: Any) -> None:
    """Print the findings of each file."""
    given["globals"] = take_globals(ctx, given)
    quiet = bool(given["globals"]["quiet"])
    as_json = bool(given["as_json"])
    if given["list_rules"]:
        _list_rules(as_json=as_json)
        return
    from loquitur.captions import caption_files

    files = caption_files(given["files"])
    if not files:
        raise UsageError("no file to check", hint="give one or more caption files, or --list-rules")
    request = _request(given)
    checked: list[_Checked] = []
    codes: list[int] = []
    for path in files:
        try:
            checked.append(_check(path, request, _target(given["out"], path, len(files))))
        except LoquiturError as exc:
            if len(files) == 1:
                raise
            tell_failure(exc, as_json=as_json)
            codes.append(exc.exit_code)
    if given["sarif"]:
        _write_sarif(Path(given["sarif"]), checked, request.rules)
    _print(checked, request, as_json=as_json, least=given["least"], quiet=quiet)
    if any(one.severity == "error" for each in checked for one in each.findings):
        codes = [_BAD]
    ctx.exit(exit_code_of(codes))


def _request(given: dict[str, Any]) -> _Request:
    from loquitur.subtitles.rules import load_rules

    rules = load_rules(given["name"])
    rules.limits(given["language"], given["audience"])  # a slip is told before files are read
    known: dict[str, Any] = {}
    fps = given["fps"]
    if given["media"]:
        from loquitur.media.probe import probe

        found = probe(Path(given["media"]))
        known["duration_ms"] = found.duration_ms
        rates = [track.frame_rate_hz for track in found.tracks if track.kind == "video"]
        rates = [rate for rate in rates if rate and _SLOWEST <= rate <= _FASTEST]
        fps = fps or (rates[0] if rates else None)
    if given["shots"]:
        known["cuts"] = _cuts(given)
    known["fps"] = fps or 24.0
    return _Request(
        rules=rules, language=given["language"], audience=given["audience"],
        encoding=given["encoding"], known=known,
    )  # fmt: skip


def _cuts(given: dict[str, Any]) -> Sequence[int]:
    if not given["media"]:
        raise UsageError("--shots needs the medium", hint="add --media FILE")
    from loquitur import artifacts

    return artifacts.cuts(given["media"], settings=settings_of(given["globals"])).cuts_ms


def _target(out: str | None, path: Path, count: int) -> Path | None:
    if not out:
        return None
    target = Path(out)
    return target / path.name if count > 1 or target.is_dir() else target


def _check(path: Path, request: _Request, target: Path | None) -> _Checked:
    from loquitur import formats
    from loquitur.subtitles.check import check as held
    from loquitur.subtitles.fix import fix
    from loquitur.subtitles.guessing import language_of

    track = formats.read(path, language=request.language, encoding=request.encoding)
    known = request.known | {
        "language": language_of(track, request.language),
        "audience": request.audience,
    }
    if target is None:
        return _Checked(
            name=str(path), language=known["language"], cues=len(track.cues),
            findings=held(track, request.rules, **known),
        )  # fmt: skip
    fixed = fix(track, request.rules, **known)
    losses = _write(target, path, fixed.track)
    return _Checked(
        name=str(path), language=known["language"], cues=len(fixed.track.cues),
        findings=held(fixed.track, request.rules, **known), repairs=fixed.done, written=target,
        losses=losses,
    )  # fmt: skip


def _write(target: Path, source: Path, track: CaptionTrack) -> tuple[str, ...]:
    from loquitur import formats
    from loquitur.delivery import write_file

    form = formats.format_of(target) or track.format or formats.format_of(source)
    written = formats.write_track(form, track)
    write_file(target, written.content)
    return written.losses


def _write_sarif(target: Path, checked: Sequence[_Checked], rules: Rules) -> None:
    import json

    from loquitur.delivery import write_file
    from loquitur.subtitles.check.reports import sarif_log

    log = sarif_log([(each.name, each.findings) for each in checked], rules)
    write_file(target, (json.dumps(log, ensure_ascii=False, indent=1) + "\n").encode())


def _print(
    checked: Sequence[_Checked], request: _Request, *, as_json: bool, least: str, quiet: bool
) -> None:
    shown = _RANKS[_RANKS.index(least) :]
    if as_json:
        print_json(_document(checked, request, shown))
        return
    for each in checked:
        findings = [one for one in each.findings if one.severity in shown]
        if len(checked) > 1:
            click.echo(each.name)
        if findings:
            _print_findings(findings)
        click.echo(_summary(each, request))
        if each.written is not None and not quiet:
            for loss in each.losses:
                tell(f"{each.written}: not carried over: {loss}")


def _print_findings(findings: Sequence[Finding]) -> None:
    from loquitur.subtitles.check.reports import at

    rows = [
        (one.severity, one.code, one.cue or "", at(one.start_ms), one.message, one.fix)
        for one in findings
    ]
    header = ("severity", "code", "cue", "time", "found", "fix")
    print_table(header, rows, fit=True, shrinkable=(4, 5))


def _summary(each: _Checked, request: _Request) -> str:
    from loquitur.subtitles.check.reports import counts

    audience = request.audience or request.rules.audiences[0]
    held = ", ".join(filter(None, (request.rules.name, audience, each.language)))
    found = ", ".join(counted(count, severity) for severity, count in counts(each.findings).items())
    if each.written is not None:
        return f"{len(each.repairs)} repairs, written to {each.written}; {held}: {found} remain"
    mendable = sum(bool(one.fix) for one in each.findings)
    return f"{each.cues} cues, {held}: {found}; --fix would mend {mendable}"


def _document(
    checked: Sequence[_Checked], request: _Request, shown: Sequence[str]
) -> dict[str, Any]:
    from loquitur.subtitles.check.reports import counts, report_json

    findings: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    for each in checked:
        kept = [one for one in each.findings if one.severity in shown]
        findings += [{"file": each.name, **one} for one in report_json(kept)]
        files.append(
            {
                "file": each.name,
                "language": each.language,
                "cues": each.cues,
                "counts": counts(each.findings),
                "fixed": None if each.written is None else str(each.written),
                "losses": list(each.losses),
                "repairs": [
                    {"code": one.code, "cue": one.cue, "start_ms": one.start_ms,
                     "message": one.message, "dropped": one.dropped}
                    for one in each.repairs
                ],
            }
        )  # fmt: skip
    return {
        "rules": request.rules.name,
        "audience": request.audience or request.rules.audiences[0],
        "files": files,
        "findings": findings,
    }


def _list_rules(*, as_json: bool) -> None:
    from loquitur.subtitles.rules import known_rules

    listed = known_rules()
    if as_json:
        print_json(
            [
                {"name": one.name, "title": one.title, "source": one.source,
                 "address": one.address, "read": one.read, "note": one.note,
                 "house": list(one.house), "audiences": list(one.audiences),
                 "checks": dict(one.severities)}
                for one in listed
            ]
        )  # fmt: skip
        return
    rows = [(one.name, " ".join(one.audiences), one.read, one.source) for one in listed]
    print_table(("name", "audiences", "read", "source"), rows, fit=True, shrinkable=(3,))
