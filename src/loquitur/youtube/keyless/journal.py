"""What became of each video of a folder: a line of JSON for each, by which a later run goes on.

The file lies beside the transcripts as `transcripts.jsonl`. A video whose last line says that it
was written as it is wanted now, and whose files are still there, is not asked for again; one that
failed is.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import FullError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.youtube.keyless.reading import Wanted

NAME = "transcripts.jsonl"


class Journal:
    """The journal of a folder.

    Args:
        folder: Where the transcripts go; it need not be there yet.
        wanted: Which transcripts; lines of other wishes are kept and not heeded.
        forms: In which formats.
    """

    def __init__(self, folder: Path, wanted: Wanted, forms: Sequence[str]) -> None:
        self._folder = folder
        self._wish = _digest(wanted, forms)
        self._done: dict[str, dict[str, str]] = {}
        for row in self._rows():
            if row.get("wish") != self._wish or not isinstance(row.get("video_id"), str):
                continue
            if row.get("status") == "done" and isinstance(row.get("outputs"), dict):
                named = {form: str(name) for form, name in row["outputs"].items()}
                self._done[row["video_id"]] = named
            else:
                self._done.pop(row["video_id"], None)

    def there(self, video_id: str) -> dict[str, str]:
        """The files of a video that lie there as they are wanted, by format; empty for none."""
        names = self._done.get(video_id, {})
        whole = all((self._folder / name).is_file() for name in names.values())
        return dict(names) if whole else {}

    def note(self, video_id: str, status: str, facts: Mapping[str, Any]) -> None:
        """Write down what became of a video.

        Args:
            video_id: Which.
            status: `done` or `failed`.
            facts: What else there is to say of it, as plain values.

        Raises:
            FullError: It cannot be written.
        """
        row = {"video_id": video_id, "status": status, "wish": self._wish, **facts}
        line = json.dumps(row, ensure_ascii=False) + "\n"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / NAME).open("a+b") as file:
                # what a run that was killed left half is a line of its own, and heeded by nobody
                if file.tell() and not self._ends_whole(file):
                    line = "\n" + line
                file.write(line.encode("utf-8", "backslashreplace"))
        except OSError as exc:
            place = display(str(self._folder / NAME))
            raise FullError(
                f"cannot write {place}: {exc.strerror}", hint="choose another folder with -o"
            ) from exc

    def _ends_whole(self, file: Any) -> bool:
        file.seek(-1, 2)
        whole: bool = file.read(1) == b"\n"
        return whole

    def _rows(self) -> list[dict[str, Any]]:
        try:
            text = (self._folder / NAME).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        rows = []
        for line in text.splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                rows.append(row)
        return rows


def _digest(wanted: Wanted, forms: Sequence[str]) -> str:
    """What makes a transcript another file: not by which way it comes."""
    told = [wanted.languages, wanted.kinds, wanted.translate, wanted.words, sorted(forms)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
