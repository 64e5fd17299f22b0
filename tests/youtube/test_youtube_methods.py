"""The table of the API's methods, as it lies in the package."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from loquitur.youtube.methods import document

TOOL = Path(__file__).parents[2] / "tools" / "make_methods.py"


def test_the_table_is_that_of_the_pinned_clients_document():
    pytest.importorskip("googleapiclient")
    tool = runpy.run_path(str(TOOL))
    assert tool["table"](tool["discovered"]()) == document()
