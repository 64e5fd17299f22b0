"""`loquitur describe frames`: pictures in a folder, contact sheets, times."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import pytest

from loquitur.media.frames import film, sampling

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from films import number_of, write_film


@pytest.fixture
def here(monkeypatch):
    """Decoding in this process: the child is tested where it is made."""
    look, sample = film.look, sampling.sample
    monkeypatch.setattr(
        "loquitur.media.frames.look", lambda path, **more: look(path, isolated=False, **more)
    )
    monkeypatch.setattr(
        "loquitur.media.frames.sample",
        lambda path, wanted, **more: sample(path, wanted, isolated=False, **more),
    )


@pytest.fixture
def clip_of(tmp_path):
    return write_film(tmp_path / "film.mp4", 50)


def pixels_of(path):
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_pictures_in_a_folder(loquitur, here, clip_of, tmp_path):
    answer = loquitur(
        "describe", "frames", clip_of, "--count", 3, "-o", tmp_path / "out", "--png", "--json"
    )
    assert answer.code == 0
    (video,) = answer.json["videos"]
    assert video["video"] == str(clip_of)
    assert (video["width_px"], video["height_px"], video["frame_count"]) == (64, 36, 50)
    assert video["duration_ms"] == 2000
    assert [row["time_ms"] for row in video["frames"]] == [0, 960, 1960]
    files = [Path(row["file"]) for row in video["frames"]]
    assert files[1].name == "film-00.00.00.960.png"
    assert [number_of(pixels_of(file)) for file in files] == [0, 24, 49]
    assert sorted(files) == sorted((tmp_path / "out").iterdir())
    assert answer.err == ""


def test_a_frame_that_is_due_twice_is_written_once(loquitur, here, tmp_path):
    still = write_film(tmp_path / "still.mp4", 1)
    answer = loquitur("describe", "frames", still, "-o", tmp_path / "out", "--json")
    rows = answer.json["videos"][0]["frames"]
    assert len(rows) == 20
    assert len({row["file"] for row in rows}) == len(list((tmp_path / "out").iterdir())) == 1


def test_a_frame_that_is_due_twice_stands_once_on_a_sheet(loquitur, here, tmp_path):
    still = write_film(tmp_path / "still.mp4", 1)
    answer = loquitur(
        "describe", "frames", still, "-o", tmp_path / "sheet.png", "--columns", 5, "--count", 12,
        "--width", 500, "--json",
    )  # fmt: skip
    assert len(answer.json["videos"][0]["frames"]) == 12
    assert pixels_of(tmp_path / "sheet.png").shape[0] < 2 * 100 * 36 / 64


def test_a_contact_sheet(loquitur, here, clip_of, tmp_path):
    target = tmp_path / "sheet.png"
    answer = loquitur(
        "describe", "frames", clip_of, "--by", "rate", "--rate", 4, "--columns", 4, "-o", target,
        "--width", 600,
    )  # fmt: skip
    assert answer.code == 0
    assert answer.out == ""
    assert answer.err == f"{clip_of}: 8 frames: wrote {target}\n"
    made = pixels_of(target)
    assert abs(made.shape[1] - 600) < 5
    assert made.shape[0] == 4 + 2 * (4 + round(144 * 36 / 64))
    answer = loquitur("describe", "frames", clip_of, "--sheet", "-o", tmp_path / "out", "-q")
    assert answer.err == ""
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["film.jpg"]


def test_times_alone(loquitur, here, clip_of):
    answer = loquitur("describe", "frames", clip_of, "--from", "0.5", "--to", "1.5", "--count", 2)
    assert answer.code == 0
    first, _, *rows = answer.out.splitlines()
    assert first.startswith(f"{clip_of}: 64x36, 25 fps, 50 frames, ")
    assert [row.split() for row in rows] == [["1", "0:00:00.520"], ["2", "0:00:01.480"]]


def test_two_films_of_one_name_stay_apart(loquitur, here, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_film(tmp_path / folder / "film.mp4", 2)
    answer = loquitur(
        "describe", "frames", tmp_path / "a", tmp_path / "b", "--sheet", "-o", tmp_path / "out"
    )
    assert answer.code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["film-2.jpg", "film.jpg"]


def test_what_cannot_be_read_stops_no_other(loquitur, here, clip_of, tmp_path):
    words = tmp_path / "words.mp4"
    words.write_text("no film")
    answer = loquitur("describe", "frames", words, clip_of, "--json")
    assert answer.code == 4
    assert [video["video"] for video in answer.json["videos"]] == [str(clip_of)]
    assert "is a text file, not a medium" in answer.error["message"]
    alone = loquitur("describe", "frames", words, "--json")
    assert (alone.code, alone.out) == (4, "")
    assert alone.error["code"] == "LQ-MEDIA-FORMAT"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--sheet",), "a contact sheet needs a place"),
        (("other.mp4", "-o", "sheet.jpg"), "several videos on one sheet"),
        (("--from", "soon"), "not a time: 'soon'"),
        (("--from", "5", "--to", "2"), "no span: 5000 to 2000 ms"),
        (("--columns", "90", "-o", "sheet.jpg"), "90 columns do not fit into 1280 pixels"),
    ],
)
def test_what_contradicts_itself_is_usage(loquitur, here, clip_of, more, said):
    answer = loquitur("describe", "frames", clip_of, *more)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_the_span_ends_where_the_film_does(loquitur, here, clip_of):
    answer = loquitur("describe", "frames", clip_of, "--from", "1:00")
    assert answer.code == 4
    assert "nothing is shown from 1:00 on: the pictures end at 0:02" in answer.err


def test_shots(loquitur, here, tmp_path, monkeypatch):
    from loquitur.media import shots

    monkeypatch.setattr(shots, "find_shots", lambda path: shots.Looked(cuts_ms=(400,)))
    path = write_film(tmp_path / "film.mp4", 20)
    answer = loquitur("describe", "frames", path, "--by", "shots", "--json")
    assert [row["time_ms"] for row in answer.json["videos"][0]["frames"]] == [200, 600]
    assert answer.json["videos"][0]["sheet"] is None


@pytest.mark.slow
def test_an_address_is_fetched_once_with_its_pictures(loquitur, here, clip_of, monkeypatch):
    import functools
    import http.server
    import threading

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    asked = []
    handler = functools.partial(Quiet, directory=str(clip_of.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/film.mp4"
        monkeypatch.setenv("LOQUITUR_ALLOW_PRIVATE", "true")
        monkeypatch.setenv("LOQUITUR_OFFLINE", "false")
        answer = loquitur("describe", "frames", url, "--count", 2, "--json")
        server.shutdown()
    assert answer.code == 0, answer.err
    assert [row["time_ms"] for row in answer.json["videos"][0]["frames"]] == [0, 1960]
    monkeypatch.setenv("LOQUITUR_OFFLINE", "true")
    again = loquitur("describe", "frames", url, "--count", 2, "--json")
    assert again.json == answer.json
    assert asked
