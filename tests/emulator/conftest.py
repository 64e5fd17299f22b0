"""An emulator per test, with the real world or with handlers of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from answers import Shelf

from loquitur.emulator import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=1) as running:
        yield running


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def plain(shelf: Shelf) -> Iterator[Emulator]:
    """An emulator with few units less and nothing but the tests' handlers."""
    with Emulator(seed=1, plan={"quota": {"shared": 1_000_000}}, handlers=shelf.handlers()) as it:
        yield it
