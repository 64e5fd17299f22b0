import json
import sqlite3
import zipfile

import pytest

from loquitur.errors import LoquiturError
from loquitur.library.sheets import anki
from loquitur.library.sheets.cards import cards_of
from loquitur.library.sheets.sheet import sheet_of
from loquitur.library.trials.shelving import temporary_index
from loquitur.model.library import Part, Passage, Volume

TEXT = (
    "A <b>closure</b> is a function {{c2::that}} remembers [sound:a.mp3] its environment. "
    "Every closure keeps variables alive that its surrounding scope created long before."
)


@pytest.fixture
def sheet():
    volume = Volume(media_id="youtube:aaaaaaaaaaa", title="Lesson::one", language="en",
                    origin="https://youtu.be/aaaaaaaaaaa")  # fmt: skip
    second = TEXT.index("Every")
    passage = Passage(
        media_id=volume.media_id, part="speech:en", number=0, start_ms=0, end_ms=20_000, text=TEXT,
        language="en", sentences=(0, second), offsets=(0, second), times_ms=(0, 10_000),
        chapter="Closures & scope",
    )  # fmt: skip
    with temporary_index() as index:
        index.replace(volume, Part(language="en"), [passage])
        yield sheet_of(index, volume.media_id)


def notes_of(path, folder):
    with zipfile.ZipFile(path) as package:
        package.extract("collection.anki2", folder)
    with sqlite3.connect(folder / "collection.anki2") as db:
        notes = db.execute("SELECT guid, mod, flds, tags FROM notes ORDER BY guid").fetchall()
        (decks,) = db.execute("SELECT decks FROM col").fetchone()
    db.close()
    return notes, [one["name"] for one in json.loads(decks).values()]


def test_a_package_that_is_made_again_has_the_same_notes_newer(sheet, tmp_path):
    first, second = tmp_path / "a.apkg", tmp_path / "b.apkg"
    count = anki.write_package([sheet], first, most=30, parent="course", now_s=1_700_000_000.0)
    assert count == len(cards_of(sheet)) > 1
    anki.write_package([sheet], second, most=30, parent="course", now_s=1_700_000_900.0)
    before, decks = notes_of(first, tmp_path)
    after, _ = notes_of(second, tmp_path)
    assert [one[0] for one in before] == [one[0] for one in after]
    assert all(new[1] > old[1] for old, new in zip(before, after, strict=True))
    assert "course::Lesson:one" in decks


def test_what_was_said_is_shown_and_not_run(sheet, tmp_path):
    path = tmp_path / "a.apkg"
    anki.write_package([sheet], path, most=30)
    notes, _ = notes_of(path, tmp_path)
    fields = "".join(one[2] for one in notes)
    assert "<b>" not in fields
    assert "{{c2::" not in fields
    assert "[sound:" not in fields
    assert "Closures &amp; scope" in fields
    assert '<a href="https://youtu.be/aaaaaaaaaaa?t=0">0:00</a>' in fields
    assert all(" loquitur " in one[3] for one in notes)


def test_a_place_that_cannot_be_written_is_said(sheet, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(LoquiturError):
        anki.write_package([sheet], tmp_path / "file" / "a.apkg", most=3)
