from __future__ import annotations

import hashlib

import pytest

from loquitur.model.work import Record
from loquitur.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def key_of():
    return lambda name: hashlib.sha256(str(name).encode()).hexdigest()


@pytest.fixture
def record_of(key_of):
    def make(name, outputs, **fields):
        fields = {"stage": "words", "stage_version": 1, "started": "2026-11-21T08:00:00Z"} | fields
        return Record(key=key_of(name), outputs=tuple(outputs.items()), **fields)

    return make
