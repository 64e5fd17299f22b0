import json

import pytest
from click.testing import CliRunner

from loquitur.cli.library_sheet import sheet
from loquitur.cli.main import cli
from loquitur.errors import InputError, UsageError
from loquitur.library.sheets.cards import USUAL
from loquitur.library.shelf import open_library
from loquitur.model.library import Part, Passage, Volume
from loquitur.settings import resolve

TEXT = (
    "A tensor is a table of numbers with any number of axes. "
    "Every tensor of the network has a shape that never changes while it learns."
)


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "course.library"
    with open_library(path, settings=resolve({"libraries": tmp_path}).settings) as library:
        for ident, title, text in (
            ("aaaaaaaaaaa", "Tensors\x1b[31m", TEXT),
            ("-bbbbbbbbbb", "Comments only", ""),
        ):
            volume = Volume(media_id=f"youtube:{ident}", title=title, language="en",
                            origin=f"https://youtu.be/{ident}")  # fmt: skip
            second = text.find("Every")
            passages = [
                Passage(
                    media_id=volume.media_id, part="speech:en", number=0, start_ms=0,
                    end_ms=20_000, text=text, language="en", sentences=(0, second),
                    offsets=(0, second), times_ms=(0, 10_000),
                )
            ] if text else []  # fmt: skip
            library.put(volume, Part(language="en"), passages)
    return str(path)


def run(*args):
    return CliRunner().invoke(cli, ["library", "sheet", *args], catch_exceptions=False)


def test_markdown_on_the_terminal_steers_nothing(place):
    done = run("aaaaaaaaaaa", "--library", place)
    assert done.exit_code == 0
    assert done.stdout.startswith("# Tensors\ufffd")
    assert "- **tensor**: A tensor is a table of numbers" in done.stdout
    assert "\x1b" not in done.stdout


def test_files_by_suffix(place, tmp_path):
    for name, starts in (("a.md", b"# Tensors"), ("a.txt", b"#separator:tab"), ("a.apkg", b"PK")):
        done = run("aaaaaaaaaaa", "--library", place, "-o", str(tmp_path / name), "--cards", "1")
        assert done.exit_code == 0
        assert done.stdout == ""
        assert (tmp_path / name).read_bytes().startswith(starts)
        assert ("1 card" in done.stderr) == (name != "a.md")


def test_of_all_videos_those_without_speech_stop_no_other(place):
    done = run("--all", "--library", place, "--json")
    (document,) = json.loads(done.stdout)
    assert document["media_id"] == "youtube:aaaaaaaaaaa"
    assert document["terms"][0]["url"] == "https://youtu.be/aaaaaaaaaaa?t=0"
    assert "nothing is said in 'Comments only'" in done.stderr


def test_as_many_cards_as_from_python():
    assert {one.name: one.default for one in sheet.params}["cards"] == USUAL


def test_of_a_subject(place):
    done = run("--query", "tensor axes", "--library", place)
    assert done.stdout.startswith("# tensor axes")


def test_what_there_is_no_sheet_of(place, tmp_path):
    with pytest.raises(UsageError, match="of what"):
        run("--library", place)
    with pytest.raises(UsageError, match="of what"):
        run("aaaaaaaaaaa", "--all", "--library", place)
    with pytest.raises(UsageError, match="not in the library"):
        run("ccccccccccc", "--library", place)
    with pytest.raises(UsageError, match="no such kind of sheet"):
        run("aaaaaaaaaaa", "--library", place, "-o", "x.pdf")
    with pytest.raises(InputError, match="nothing is said"):
        run("-bbbbbbbbbb", "--library", place)
    with pytest.raises(UsageError, match="there is no library"):
        run("aaaaaaaaaaa", "--library", str(tmp_path / "none.library"))
