"""Describers without torch: the one that measures, and one behind a server."""

from __future__ import annotations

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from loquitur.engines.captioning.consensus import agreed
from loquitur.engines.description.measured.colours import COLOURS
from loquitur.engines.description.measured.engine import Measured, MeasuredOptions
from loquitur.engines.description.measured.looking import look
from loquitur.engines.description.measured.wording import TONGUES, sentence
from loquitur.engines.description.openai_compatible import OpenAiSeeing, OpenAiSeeingOptions
from loquitur.errors import MissingError, RemoteError, TransientError, UsageError
from loquitur.model.vision import Alternative
from loquitur.protocols import Resources
from loquitur.testing import conformance

HEIGHT, WIDTH = 72, 128


def grey(count=16, level=120):
    """A still, softly shaded room with the frame of a window and the noise of a camera."""
    shade = np.broadcast_to(np.linspace(-30, 30, WIDTH), (1, HEIGHT, WIDTH))[..., None].copy()
    shade[:, 8:64:27] -= 40
    shade[:, :, 6:120:37] -= 40
    noise = np.random.default_rng(0).normal(0, 2, (count, HEIGHT, WIDTH, 3))
    return np.clip(level + shade + noise, 0, 255)


def film(pixels):
    return np.clip(pixels, 0, 255).astype(np.uint8)


def scenery():
    """A wide picture of coloured tiles, for a camera that goes over it."""
    tiles = np.random.default_rng(3).integers(0, 255, (40, 120, 3))
    return np.kron(tiles, np.ones((4, 4, 1)))


def zoomed(factor):
    down = ((np.arange(HEIGHT) - HEIGHT / 2) / factor + 80).astype(int)
    across = ((np.arange(WIDTH) - WIDTH / 2) / factor + 240).astype(int)
    return scenery()[down[:, None], across[None]]


def said(pixels, language="en"):
    return sentence(look(film(pixels)), TONGUES[language])


@pytest.mark.parametrize(
    ("way", "step"),
    [("right", (0, 6)), ("left", (0, -6)), ("down", (3, 0)), ("up", (-3, 0))],
)
def test_something_red_that_moves_before_a_still_background(way, step):
    pixels = grey()
    for at in range(16):
        down = (10 if step[0] >= 0 else 55) + step[0] * at
        across = (10 if step[1] >= 0 else 105) + step[1] * at
        pixels[at, down : down + 12, across : across + 12] = (210, 20, 25)
    looks = look(film(pixels))
    assert (looks.camera, looks.mover.colour, looks.mover.way) == ("", "red", way)
    assert "something red moves" in said(pixels)


def test_something_that_grows():
    pixels = grey()
    for at in range(16):
        half = 2 + at
        pixels[at, 36 - half : 36 + half, 64 - half : 64 + half] = (30, 60, 220)
    assert look(film(pixels)).mover.way == "grows"


@pytest.mark.parametrize(("way", "step"), [("right", 4), ("left", -4)])
def test_a_camera_that_pans_is_told_from_things_that_move(way, step):
    start = 0 if step > 0 else 200
    pixels = np.stack([
        scenery()[40:112, start + step * at : start + step * at + WIDTH] for at in range(16)
    ])  # fmt: skip
    looks = look(film(pixels))
    assert (looks.camera, looks.mover) == (way, None)


@pytest.mark.parametrize(("way", "factor"), [("in", 1.02), ("out", 1 / 1.02)])
def test_a_zoom_goes_apart_where_a_pan_goes_along(way, factor):
    pixels = np.stack([zoomed(factor**at) for at in range(16)])
    assert look(film(pixels)).camera == way


def test_a_hand_that_trembles_is_no_pan_and_no_camera_that_stands():
    for seed in range(3):
        steps = np.random.default_rng(seed).integers((35, 145), (46, 156), (16, 2))
        pixels = np.stack([
            scenery()[down : down + HEIGHT, across : across + WIDTH] for down, across in steps
        ])  # fmt: skip
        looks = look(film(pixels))
        assert (looks.camera, looks.mover, looks.still) == (None, None, False)


def test_a_slow_zoom_is_no_camera_that_stands():
    tall = np.stack([zoomed(1.004**at) for at in range(16)])
    assert look(film(tall)).camera != ""


def test_two_that_go_apart_go_no_one_way():
    pixels = grey()
    for at in range(16):
        pixels[at, 10:18, 20 + 3 * at : 28 + 3 * at] = (210, 20, 25)
        pixels[at, 52:60, 90 - 3 * at : 98 - 3 * at] = (210, 20, 25)
    looks = look(film(pixels))
    assert (looks.camera, looks.mover.colour, looks.mover.way) == ("", "red", "")


def test_a_camera_along_stripes_is_not_said_to_stand():
    stripes = np.kron(np.arange(16)[None] % 2, np.ones((HEIGHT, 8)))[..., None] * 200.0
    pixels = np.repeat(stripes[None].repeat(3, axis=3), 16, axis=0)
    for at in range(16):
        pixels[at, 20:30, 10 + 4 * at : 20 + 4 * at] = (210, 20, 25)
    assert look(film(pixels)).camera is None


def test_pure_blue_is_not_dark_and_a_small_red_thing_is_no_grey():
    blue = np.zeros((4, HEIGHT, WIDTH, 3))
    blue[..., 2] = 255
    blue[:, 30:40, 20:90] = 255
    assert look(film(blue)).light == ""
    grey_room = grey(4, 30)
    assert look(film(grey_room)).light == "dark"
    grey_room[:, 20:40, 20:40] = (210, 20, 25)
    assert not look(film(grey_room)).colourless


def test_a_line_of_text_on_black_is_not_nothing_but_black():
    text = np.zeros((3, HEIGHT, WIDTH, 3))
    text[:, 60:62, 50:70] = 230
    assert look(film(text)).plain == ""


def test_black_plain_and_still_pictures():
    assert said(np.zeros((4, 9, 9, 3))) == "The picture is black."
    assert said(np.zeros((1, 1, 1, 3))) == "The picture is black."
    blue = np.zeros((4, 9, 9, 3))
    blue[..., 2] = 200
    assert said(blue) == "The picture is plain blue."
    assert said(grey()[:1].repeat(8, axis=0)).endswith("nothing moves.")


def test_scenes_are_counted_and_black_ends_are_fades():
    other = np.zeros((8, HEIGHT, WIDTH, 3))
    other[..., 1] = 180
    other[:, :20] = (200, 40, 40)
    assert look(film(np.concatenate([grey(8), other]))).scenes == 2
    black = np.zeros((2, HEIGHT, WIDTH, 3))
    looks = look(film(np.concatenate([black, grey(8), black])))
    assert (looks.scenes, looks.fades) == (1, ("in", "out"))


def test_a_slow_fade_is_no_change_of_scene():
    room = np.full((8, HEIGHT, WIDTH, 3), (60.0, 110.0, 220.0))
    room[:, 40:, :] = (70, 190, 80)
    light = np.array([0, 0.1, 0.25, 0.5, 0.8, 1, 1, 1])[:, None, None, None]
    looks = look(film(room * light))
    assert (looks.scenes, looks.fades) == (1, ("in",))
    looks = look(film((room * light)[::-1]))
    assert (looks.scenes, looks.fades) == (1, ("out",))


def test_noise_alone_moves_no_camera():
    noise = np.random.default_rng(1).integers(0, 255, (16, HEIGHT, WIDTH, 3))
    looks = look(film(noise))
    assert (looks.camera, looks.mover) == (None, None)


def test_colours_by_their_names_and_places():
    sky = np.zeros((6, HEIGHT, WIDTH, 3))
    sky[:, :38] = (90, 140, 230)
    sky[:, 38:] = (40, 150, 50)
    assert said(sky).startswith("A picture with blue at the top and green at the bottom")
    named = {"red": (220, 20, 20), "yellow": (240, 220, 30), "brown": (120, 70, 30),
             "white": (250, 250, 250), "purple": (130, 40, 200), "pink": (250, 170, 200),
             "orange": (250, 130, 20), "grey": (128, 128, 128)}  # fmt: skip
    for name, colour in named.items():
        assert look(np.full((2, 8, 8, 3), colour, np.uint8)).plain == name
    assert set(named) < set(COLOURS)


@pytest.mark.parametrize("language", TONGUES)
def test_every_language_says_all_there_is_to_say(language):
    tongue = TONGUES[language]
    assert set(tongue.colours) == set(COLOURS)
    assert set(tongue.camera) == {"", "left", "right", "up", "down", "in", "out"}
    assert set(tongue.mover) == {"", "left", "right", "up", "down", "grows", "shrinks"}
    pixels = grey()
    pixels[:, :, :40] = (210, 20, 25)
    assert tongue.colours["red"] in said(pixels, language)


def test_conformance_and_a_draft_by_its_own_word(tmp_path):
    resources = Resources(models=tmp_path)
    conformance.check_engine(Measured, MeasuredOptions(language="de"), resources)
    engine = Measured(MeasuredOptions(language="de"), resources)
    conformance.check_describer(engine)
    assert Measured.identity(MeasuredOptions(), resources).draft
    whole, *parts = engine.describe(film(grey()), range(16))
    assert parts
    assert all(len(part.text) < len(whole.text) for part in parts)


def test_the_sentence_most_frames_agree_upon():
    odd = [Alternative(text=text, score=score) for text, score in (
        ("a green car", -0.1), ("a dog runs on grass", -0.9), ("a dog runs", -0.5),
        ("a dog runs", -0.4), ("", None),
    )]  # fmt: skip
    assert [one.text for one in agreed(odd)] == [
        "a dog runs", "a dog runs on grass", "a green car", "",
    ]  # fmt: skip


# --- behind a server ---


@pytest.fixture
def server():
    """`server.answer` is (status, body); what was asked is in `server.asked`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            here.asked.append((dict(self.headers), json.loads(self.rfile.read(length))))
            status, body = here.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    here = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.asked, here.answer = [], (200, b"{}")
    here.url = f"http://127.0.0.1:{here.server_port}/v1"
    threading.Thread(target=here.serve_forever, args=(0.01,), daemon=True).start()
    yield here
    here.shutdown()
    here.server_close()


def seeing(server, tmp_path, **options):
    given = {"base_url": server.url, "model": "tiny", **options}
    return OpenAiSeeing(OpenAiSeeingOptions(**given), Resources(models=tmp_path))


def answered(text):
    return 200, json.dumps({"choices": [{"message": {"content": text}}]}).encode()


def test_frames_go_along_as_small_pictures_with_their_times(server, tmp_path, monkeypatch):
    import av

    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server.answer = answered("  A red\nroom. ")
    red = np.zeros((2, 300, 1024, 3), np.uint8)
    red[..., 0] = 230
    (one,) = seeing(server, tmp_path, language="fr").describe(red, [0, 1_500])
    assert one == Alternative(text="A red room.")
    headers, body = server.asked[0]
    assert headers["Authorization"] == "Bearer sk-secret"
    content = body["messages"][0]["content"]
    assert [part["text"] for part in content if part["type"] == "text"][:2] == ["0.0 s:", "1.5 s:"]
    assert content[-1]["text"].endswith("Answer in French.")
    data = content[1]["image_url"]["url"].removeprefix("data:image/jpeg;base64,")
    with av.open(io.BytesIO(base64.b64decode(data))) as picture:
        pixels = next(picture.decode(video=0)).to_ndarray(format="rgb24")
    assert pixels.shape == (150, 512, 3)
    assert pixels.reshape(-1, 3).mean(axis=0) == pytest.approx([230, 0, 0], abs=12)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ((401, b""), MissingError, "wants a key"),
        ((400, b'{"error": {"message": "no images"}}'), RemoteError, "no images"),
        ((503, b""), TransientError, "503"),
        ((200, b"<html>"), RemoteError, "no chat completion"),
        ((200, b'{"choices": []}'), RemoteError, "no chat completion"),
    ],
)
def test_refusals_are_told_in_one_line(server, tmp_path, monkeypatch, answer, error, message):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    server.answer = answer
    with pytest.raises(error, match=message) as caught:
        seeing(server, tmp_path).describe(np.zeros((1, 4, 4, 3), np.uint8), [0])
    assert "\n" not in str(caught.value)


def test_pictures_leave_no_machine_offline(tmp_path):
    options = OpenAiSeeingOptions(base_url="https://api.example.com/v1", key_variable="")
    with pytest.raises(UsageError, match="offline"):
        OpenAiSeeing(options, Resources(models=tmp_path, offline=True))
    for wrong in ({"language": "xx"}, {"frames": 0}, {"base_url": "ftp://x"}, {"temperature": 9}):
        with pytest.raises(ValueError, match=r"language|frames|address|temperature"):
            OpenAiSeeingOptions(**wrong)
