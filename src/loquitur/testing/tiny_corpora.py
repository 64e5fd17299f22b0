"""Corpora in miniature, in the very forms of MSVD, MSR-VTT, VATEX and ActivityNet, with videos.

Each video shows one square of one colour that moves one way, so that a net can learn what its
sentences say. Everything here is generated.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

COLOURS = {"red": (220, 40, 40), "green": (40, 200, 60), "blue": (50, 70, 230)}
WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
RATE_HZ = 8
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_WORDS = {
    "German": {
        "red": "rotes", "green": "grünes", "blue": "blaues",
        "left": "nach links", "right": "nach rechts", "up": "nach oben", "down": "nach unten",
    },
    "Chinese": {
        "red": "红色", "green": "绿色", "blue": "蓝色",
        "left": "左", "right": "右", "up": "上", "down": "下",
    },
    "Hindi": {
        "red": "लाल", "green": "हरा", "blue": "नीला",
        "left": "बाएँ", "right": "दाएँ", "up": "ऊपर", "down": "नीचे",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """One video in miniature: for its first half one square moves, for its second another."""

    video_id: str
    halves: tuple[tuple[str, str], tuple[str, str]]
    seconds: int

    def span(self, half: int) -> tuple[int, int]:
        """When a half is shown, in seconds."""
        middle = self.seconds // 2
        return (0, middle) if half == 0 else (middle, self.seconds)

    def said(self, half: int, language: str = "English") -> tuple[str, ...]:
        """What people would write of a half."""
        colour, way = self.halves[half]
        if language == "English":
            return (
                f"A {colour} square moves {way}.",
                f"a {colour} square is moving {way}",
                f"The square goes {way}, and it's {colour}",
            )
        words = _WORDS[language]
        if language == "German":
            return (f"Ein {words[colour]} Quadrat bewegt sich {words[way]}.",)
        if language == "Chinese":
            return (f"一个{words[colour]}的方块向{words[way]}移动。",)
        return (f"एक {words[colour]} वर्ग {words[way]} जाता है।",)


def films(count: int = 6, *, seconds: int = 4) -> tuple[Film, ...]:
    """Videos with ids like those of YouTube, of which the first begins with a hyphen."""
    pairs = [(colour, way) for way in WAYS for colour in COLOURS]
    return tuple(
        Film(
            video_id=("-" if k == 0 else "") + _id(k)[k == 0 :],
            halves=(pairs[2 * k % len(pairs)], pairs[(2 * k + 1) % len(pairs)]),
            seconds=seconds,
        )
        for k in range(count)
    )


def frames(film: Film, *, width: int = 64, height: int = 48) -> Iterator[NDArray[np.uint8]]:
    """Its pictures, uint8 [h, w, 3]."""
    each = film.seconds * RATE_HZ // 2
    chance = hashlib.sha256(film.video_id.encode()).digest()  # no two videos are alike
    aside = chance[0] / 255 - 0.5
    for colour, way in film.halves:
        step = WAYS[way]
        for k in range(each):
            picture = np.full((height, width, 3), 20 + chance[1] // 8, np.uint8)
            shift = (2 * k / max(1, each - 1) - 1) * 0.5
            x = round((width - 12) * (1 + (step[0] * shift if step[0] else aside)) / 2)
            y = round((height - 12) * (1 + (step[1] * shift if step[1] else aside)) / 2)
            picture[y : y + 12, x : x + 12] = COLOURS[colour]
            yield picture


def write_film(film: Film, path: Path, *, span: tuple[int, int] | None = None) -> Path:
    """Write a video, or a span of it in seconds; the container by the path's suffix."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    first, last = span or (0, film.seconds)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=RATE_HZ)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.bit_rate = 400_000
        for number, picture in enumerate(frames(film)):
            if first * RATE_HZ <= number < last * RATE_HZ:
                shown = av.VideoFrame.from_ndarray(picture, format="rgb24")
                output.mux(stream.encode(shown))
        output.mux(stream.encode(None))
    return path


def write_whole(folder: Path, shown: Sequence[Film]) -> Path:
    """Whole videos, each called by its id (`ID.mp4`)."""
    for film in shown:
        write_film(film, folder / f"{film.video_id}.mp4")
    return folder


def write_msvd(folder: Path, shown: Sequence[Film], *, cut: bool = False) -> Path:
    """`video_corpus.csv` and `youtube_mapping.txt`; clips in `videos/` where `cut`.

    The last video has no file: its id is dead. Some sentences are empty, one is quoted badly. By
    the mapping the last two videos are for testing, the one before them for validation.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header = "VideoID,Start,End,WorkerID,Source,AnnotationTime,Language,Description"
    lines: list[str] = [header]
    mapping: list[str] = []
    for place, film in enumerate(shown):
        for half in (0, 1):
            start, end = film.span(half)
            number = (1, 1201, 1301)[_split_of(place, len(shown))] + 2 * place + half
            head = f"{film.video_id},{start},{end}"
            mapping.append(f"{film.video_id}_{start}_{end} vid{number}")
            for language in ("English", "German", "Chinese", "Hindi"):
                for worker, text in enumerate(film.said(half, language)):
                    quoted = f'"{text}"' if "," in text else text
                    lines.append(f"{head},{100 + worker},clean,{20 + worker},{language},{quoted}")
            lines.append(f"{head},7,unverified,?,English,")
            if cut and film != shown[-1]:
                name = f"{film.video_id}_{start}_{end}.avi"
                write_film(film, folder / "videos" / name, span=(start, end))
    first = shown[0]
    lines.append(f'{first.video_id},0,{first.span(0)[1]},9,clean,5,English,"The so-called "square"')
    (folder / "video_corpus.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "youtube_mapping.txt").write_text("\n".join(mapping), encoding="utf-8")
    return folder / "video_corpus.csv"


def write_msrvtt(folder: Path, shown: Sequence[Film]) -> Path:
    """`videodatainfo.json`, and its clips `videoN.mp4` in `videos/`; the last one is missing."""
    videos: list[dict[str, Any]] = []
    sentences: list[dict[str, Any]] = []
    for place, film in enumerate(shown):
        for half in (0, 1):
            number, (start, end) = len(videos), film.span(half)
            videos.append(
                {
                    "id": number,
                    "video_id": f"video{number}",
                    "category": number % 20,
                    "url": f"https://www.youtube.com/watch?v={film.video_id}",
                    "start time": float(start),
                    "end time": float(end),
                    "split": ("train", "validate", "test")[_split_of(place, len(shown))],
                }
            )
            sentences.extend(
                {"sen_id": len(sentences), "video_id": f"video{number}", "caption": text}
                for text in film.said(half)
            )
            if film != shown[-1]:
                write_film(film, folder / "videos" / f"video{number}.mp4", span=(start, end))
    document = {"info": {"description": "in miniature"}, "videos": videos, "sentences": sentences}
    return _write_json(folder / "videodatainfo.json", document)


def write_vatex(folder: Path, shown: Sequence[Film]) -> tuple[Path, Path]:
    """`vatex_training_v1.0.json` and, of the last video, `vatex_validation_v1.0.json`."""
    entries: list[dict[str, Any]] = []
    for film in shown:
        for half in (0, 1):
            start, end = film.span(half)
            entries.append(
                {
                    "videoID": f"{film.video_id}_{start:06d}_{end:06d}",
                    "enCap": list(film.said(half)),
                    "chCap": list(film.said(half, "Chinese")),
                }
            )
    return (
        _write_json(folder / "vatex_training_v1.0.json", entries[:-2]),
        _write_json(folder / "vatex_validation_v1.0.json", entries[-2:]),
    )


def write_activitynet(folder: Path, shown: Sequence[Film]) -> tuple[Path, Path, Path]:
    """`train.json`, and two annotators of the last video in `val_1.json` and `val_2.json`."""

    def told(film: Film, shift: float, choice: int) -> dict[str, Any]:
        spans = [film.span(half) for half in (0, 1)]
        return {
            "duration": float(film.seconds),
            "timestamps": [[start, min(film.seconds, end + shift)] for start, end in spans],
            "sentences": [f" {film.said(half)[choice]}" for half in (0, 1)],
        }

    *taught, asked = shown
    return (
        _write_json(
            folder / "train.json", {f"v_{film.video_id}": told(film, 0, 0) for film in taught}
        ),
        _write_json(folder / "val_1.json", {f"v_{asked.video_id}": told(asked, 0, 0)}),
        _write_json(folder / "val_2.json", {f"v_{asked.video_id}": told(asked, 0.5, 1)}),
    )


def write_table(folder: Path, shown: Sequence[Film]) -> Path:
    """A table of one's own beside whole videos: a row for each sentence."""
    write_whole(folder, shown)
    path = folder / "clips.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["clip", "path", "start", "end", "sentence", "category"])
        for film in shown:
            for half in (0, 1):
                start, end = film.span(half)
                for text in film.said(half):
                    name = f"{film.video_id}#{half}"
                    colour = film.halves[half][0]
                    rows.writerow([name, f"{film.video_id}.mp4", start, end, text, colour])
    return path


def write_folder(folder: Path, shown: Sequence[Film]) -> Path:
    """A folder of `clip.mp4` with `clip.txt`, the last video in `test/`."""
    for film in shown:
        place = folder / "test" if film == shown[-1] else folder
        write_film(film, place / f"{film.video_id}.mp4")
        texts = {"txt": film.said(0), "de.txt": film.said(0, "German")}
        for suffix, said in texts.items():
            path = place / f"{film.video_id}.{suffix}"
            path.write_text("\n".join(said) + "\n", encoding="utf-8")
    return folder


def _split_of(place: int, count: int) -> int:
    """0 for training, 1 for validation, 2 for the test: of a few videos the last three."""
    return 2 if place >= count - 2 else int(place == count - 3)


def _id(k: int) -> str:
    digest = hashlib.sha256(f"tiny corpus {k}".encode()).digest()
    return "".join(_ALPHABET[byte % 64] for byte in digest[:11])


def _write_json(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path
