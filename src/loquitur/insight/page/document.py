"""A page: head, contents, summary, accounts, methods and limits, data, where it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur import __version__
from loquitur.insight.page.content import KINDS, Content, Pictures, sentences
from loquitur.insight.page.detail import LEVELS, Detail, first_level, most_bytes
from loquitur.insight.page.drawing import WIDE
from loquitur.insight.page.markup import escaped
from loquitur.insight.page.shell import asset, shell_html
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from loquitur.insight.account import Account

_MOST_TITLE = 200
_MOST_SUMMARY = 3
_MOST_LISTED = 12
"""In the contents; the summary leads to all of them."""


def page_html(
    accounts: Sequence[Account],
    *,
    title: str,
    folder: str,
    made: datetime,
    problems: Sequence[str] = (),
) -> str:
    """The whole page, with as much detail as fits (see `detail`)."""
    pictures: Pictures = {}
    most = most_bytes(accounts)
    html = ""
    for detail in LEVELS[first_level(accounts, most) :]:
        html = _page(accounts, title, (folder, made), problems, detail, pictures)
        if len(html.encode("utf-8", "replace")) <= most:
            break
    return html


def fragment_html(account: Account) -> str:
    """One account with its own style, no script and no ids."""
    detail = Detail(sizes=(WIDE,), rows=20, moments=10, data_rows=0, points=0)
    content = Content(detail, ids=False).account(account, 1, level=3)
    notes = _ends([account], level=4)
    style = asset("figures.css") + asset("cell.css")
    return f'<div class="lq lq-cell"><style>{style}</style>{content}{notes}</div>'


def _page(
    accounts: Sequence[Account],
    title: str,
    place: tuple[str, datetime],
    problems: Sequence[str],
    detail: Detail,
    pictures: Pictures,
) -> str:
    folder, made = place
    content = Content(detail, folder=folder, pictures=pictures)
    shown = accounts[: detail.accounts]
    articles = "".join(
        content.account(one, at, alone=len(accounts) == 1) for at, one in enumerate(shown, 1)
    )
    if len(shown) < len(accounts):
        articles += (
            f'<p class="note">The first {len(shown):,} of {len(accounts):,} are shown, to keep the '
            "page small.</p>"
        )
    name = escaped(title or _title(accounts), _MOST_TITLE)
    stamp = f"{made:%Y-%m-%d %H:%M} UTC"
    body = (
        '<a class="skip" href="#main">Skip to the content</a>\n'
        f'<header><h1 dir="auto">{name}</h1><p class="note">Made by loquitur {__version__} on '
        f"{stamp} from {counted(len(accounts), 'analysis', 'analyses')}."
        f"</p></header>\n{_contents(shown)}\n"
        f'<main id="main">\n{_summary(shown, problems)}\n{articles}\n{_ends(accounts, level=2)}\n'
        f"</main>\n<footer>{_provenance(accounts, stamp)}</footer>"
    )
    return shell_html(
        body,
        title=name,
        style=asset("figures.css") + asset("page.css"),
        script=asset("page.js"),
        data=content.data,
    )


def _title(accounts: Sequence[Account]) -> str:
    if not accounts:
        return "Report"
    subjects = list(dict.fromkeys(one.subject for one in accounts))
    return subjects[0] if len(subjects) == 1 else f"Report on {len(subjects):,} subjects"


def _contents(accounts: Sequence[Account]) -> str:
    items = ['<li><a href="#summary">Summary</a></li>']
    for at, one in enumerate(accounts if len(accounts) <= _MOST_LISTED else (), 1):
        name = f"{KINDS.get(one.kind, one.kind)}: {one.subject}" if len(accounts) > 1 else ""
        name = name or KINDS.get(one.kind, one.kind)
        items.append(f'<li><a href="#a{at}"><bdi>{escaped(name, 60)}</bdi></a></li>')
    items.append('<li><a href="#methods">Methods and limits</a></li>')
    return f'<nav aria-label="Contents"><ul>{"".join(items)}</ul></nav>'


def _summary(accounts: Sequence[Account], problems: Sequence[str]) -> str:
    """The most important sentences of all, and what could not be read."""
    parts = []
    most = _MOST_SUMMARY if len(accounts) <= 12 else 1
    if len(accounts) == 1:
        parts.append(f'<div class="says">{sentences(accounts[0].says)}</div>')
    else:
        for at, one in enumerate(accounts, 1):
            kind = escaped(KINDS.get(one.kind, one.kind), 40)
            parts.append(
                f'<h3><a href="#a{at}"><bdi>{escaped(one.subject, 120)}</bdi></a> '
                f"<small>{kind}</small></h3>{sentences(one.says, most)}"
            )
    if not accounts:
        parts.append("<p>There is nothing to report.</p>")
    if problems:
        items = "".join(f"<li>{escaped(text, 400)}</li>" for text in problems[:200])
        parts.append(f'<div class="bad"><h3>Not in this report</h3><ul>{items}</ul></div>')
    return f'<section id="summary"><h2>Summary</h2>{"".join(parts)}</section>'


def _ends(accounts: Sequence[Account], *, level: int) -> str:
    """Methods and limits, each sentence once."""
    name = ' id="methods"' if level == 2 else ""
    parts = []
    for title, found in (
        ("Methods", _once(one.methods for one in accounts)),
        ("Limits", _once(one.limits for one in accounts)),
    ):
        if found:
            items = "".join(f"<li>{escaped(text, 1_200)}</li>" for text in found)
            parts.append(f"<h{level + 1}>{title}</h{level + 1}><ul>{items}</ul>")
    if not parts:
        parts.append("<p>Nothing is said of them.</p>")
    return f"<section{name}><h{level}>Methods and limits</h{level}>{''.join(parts)}</section>"


def _once(groups: Iterable[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(text for group in groups for text in group))[:300]


def _provenance(accounts: Sequence[Account], stamp: str) -> str:
    sources = _once([one.source] for one in accounts if one.source)
    listed = ", ".join(f"<bdi>{escaped(source, 120)}</bdi>" for source in sources[:60])
    more = f" and {len(sources) - 60} more" if len(sources) > 60 else ""
    inputs = f" Inputs: {listed}{more}." if listed else ""
    return (
        f"<p>loquitur {__version__}, {stamp}.{inputs} This file is whole: it loads nothing from "
        "any network, and its data can be saved from it.</p>"
    )
