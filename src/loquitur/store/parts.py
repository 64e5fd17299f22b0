"""Resumable pieces of one task: a long stage stores each chunk, and asks before making it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur import codec
from loquitur.errors import CorruptError
from loquitur.model.work import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.store.folder import Store


class StoredParts:
    """`protocols.Parts` on a store: each piece is a record with `part_of` the task.

    Args:
        store: Where they lie.
        task: The key of the task they are pieces of.
        stage: The task's stage, for listings.
        media_id: The medium, for listings.
    """

    def __init__(self, store: Store, task: str, *, stage: str = "", media_id: str = "") -> None:
        self._store = store
        self._task = task
        self._stage = stage
        self._media_id = media_id
        self.made = 0
        self.found = 0

    def fetch(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The bytes of a piece: those stored, else those of `make`, stored before they are given.

        Where two processes make a piece at once, both get the bytes of the first.
        """
        key = codec.stage_key(
            stage=f"{self._stage}/part", stage_version=1, inputs=((name, self._task),)
        )
        record = self._store.record(key)
        if record is not None:
            try:
                data = self._store.read(dict(record.outputs)["part"])
            except CorruptError:  # it is in quarantine by now, and made anew
                record = None
            else:
                self.found += 1
                return data
        data = make()
        self.made += 1
        mine = Record(
            key=key,
            stage=self._stage,
            stage_version=1,
            outputs=(("part", self._store.put(data)),),
            part_of=self._task,
            media_id=self._media_id,
            title=name,
        )
        winner = self._store.publish(mine)
        return data if winner == mine else self._store.read(dict(winner.outputs)["part"])
