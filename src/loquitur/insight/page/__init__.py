"""One page of HTML for people: accounts with their figures and tables, in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loquitur.insight.account import Account


def write(accounts: Sequence[Account], path: Path, *, title: str = "") -> None:
    """Write a self-contained page, replaced in one step.

    Raises:
        FullError: No space, or no right to write there.
        MissingError: matplotlib is not installed.
    """
    raise NotImplementedError


def fragment(account: Account) -> str:
    """One account as HTML for a notebook: its own style, no script."""
    raise NotImplementedError
