"""An emulator per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loquitur.emulator import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=1) as running:
        yield running
