"""One page of HTML for people: accounts with their figures and tables, in a file of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.account import Account


def write(
    accounts: Sequence[Account],
    path: str | Path,
    *,
    title: str = "",
    made: datetime | None = None,
    problems: Sequence[str] = (),
) -> None:
    """Write a self-contained page, replaced in one step.

    Args:
        accounts: In the order of reading.
        path: The file; relative links in the accounts are taken from the folder the program runs
            in, and lead there from the page.
        title: Of the page; the accounts' subject by default.
        made: When; now by default.
        problems: Inputs that could not be read, a sentence each, which the page names.

    Raises:
        FullError: No space, or no right to write there.
        MissingError: matplotlib is not installed.
    """
    from loquitur.insight.page.document import page_html
    from loquitur.tables.writing import replacing

    target = Path(path)
    html = page_html(
        accounts,
        title=title,
        folder=str(target.resolve().parent),
        made=(made or datetime.now(UTC)).astimezone(UTC),
        problems=problems,
    )
    with replacing(target) as beside:
        beside.write_text(html, encoding="utf-8", errors="replace", newline="")


def fragment(account: Account) -> str:
    """One account as HTML for a notebook: its own style, no script.

    Raises:
        MissingError: matplotlib is not installed.
    """
    from loquitur.insight.page.document import fragment_html

    return fragment_html(account)
