"""Whether the links of a library lead to where it was said: questions with timed answers.

    python benchmarks/library_times.py [--data FOLDER] [--languages en,es,zh]

XQuAD (Artetxe et al. 2020) is made speech: each article is a video whose words are said one after
the other, 150 a minute (300 characters where a script has no blanks), in captions of 6 to 8 words
that overlap the next as YouTube's do. The captions are added as files, through the same door as
anybody's. Of each question, two moments are held against the answer's first word:

- *span*: where the passage that has the answer says it stands (`Passage.span_ms`), which tells
  whether offsets and times are right;
- *hit*: the link of the search's first hit, where that is of the right video and its passage has
  the answer; the search does not know the answer, and leads to where the question's words are.

Bars: every link inside the video; 95 % of spans within 5 s.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loquitur.library import open as open_library
from loquitur.library.shelf import Library
from loquitur.model.library import Passage
from loquitur.settings import resolve
from loquitur.timing import clock

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "qa" / "xquad"
WORD_MS, SIGN_MS = 400, 200
OVERLAP_MS = 1_800
WITHIN_MS = 5_000
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, the video that answers it, and when the answer's first word is said."""

    question: str
    answer: str
    video: str
    at_ms: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--languages", default="en,es,ar,zh")
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"left out: no XQuAD in {given.data}")
        return 0
    kept = True
    for language in given.languages.split(","):
        kept &= measure(given.data / f"xquad.{language}.json", language)
    return 0 if kept else 1


def measure(path: Path, language: str) -> bool:
    """Print a language's figures; whether they keep the bars."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions, lengths = speak(json.loads(path.read_text()), folder / "videos", language)
        settings = dataclasses.replace(
            resolve().settings, store=folder / "store", libraries=folder / "libraries"
        )
        with open_library("timed", settings=settings) as library:
            library.add(folder / "videos")
            spans = [one for asked in questions for one in span_errors(library, asked)]
            hits, links = hit_errors(library, questions)
    inside = [0 <= second * 1000 < lengths[video] for video, second in links]
    within = share(np.abs(spans) <= WITHIN_MS)
    near = share(np.abs(hits) <= WITHIN_MS)
    print(
        f"{language}: {len(questions):,} questions, {len(lengths)} videos; links inside"
        f" {share(np.array(inside)):.4f} of {len(inside):,}; spans within 5 s {within:.4f} of"
        f" {len(spans):,} (median {np.median(np.abs(spans)):.0f} ms, worst"
        f" {np.max(np.abs(spans)):.0f}); first hits' links within 5 s {near:.3f}, within 15 s"
        f" {share(np.abs(hits) <= 15_000):.3f} of {len(hits):,} that have the answer"
    )
    return all(inside) and within >= 0.95


def speak(data: dict, folder: Path, language: str) -> tuple[list[Asked], dict[str, int]]:
    """Write each article as captions; the questions, and the videos' lengths in ms."""
    folder.mkdir()
    questions: list[Asked] = []
    lengths: dict[str, int] = {}
    for number, article in enumerate(data["data"]):
        video = f"vid{number:08d}"
        words: list[tuple[int, str]] = []
        at_ms = 0
        for paragraph in article["paragraphs"]:
            starts: list[tuple[int, int]] = []  # (offset of a character, when it is said)
            for match in re.finditer(r"\S+", paragraph["context"]):
                starts.append((match.start(), at_ms))
                words.append((at_ms, match[0]))
                signs = len(_UNSPACED.findall(match[0]))
                at_ms += max(WORD_MS, SIGN_MS * signs)
            for qa in paragraph["qas"]:
                answer = qa["answers"][0]
                questions.append(
                    Asked(
                        question=qa["question"], answer=answer["text"], video=video,
                        at_ms=said_at(starts, answer["answer_start"], paragraph["context"]),
                    )
                )  # fmt: skip
        lengths[video] = at_ms
        path = folder / f"{article['title'].replace('/', '_')} [{video}].{language}.srt"
        path.write_text(captions(words, at_ms, random.Random(number)))
    return questions, lengths


def said_at(starts: list[tuple[int, int]], offset: int, context: str) -> int:
    """When the character at an offset is said; inside a run without blanks by its signs."""
    begin, at_ms = max(one for one in starts if one[0] <= offset)
    return at_ms + SIGN_MS * len(_UNSPACED.findall(context[begin:offset]))


def captions(words: list[tuple[int, str]], end_ms: int, rng: random.Random) -> str:
    """SubRip, 6 to 8 words a cue (36 signs of a run without blanks), each into the next one."""
    pieces = [piece for at_ms, word in words for piece in cut(at_ms, word)]
    cues: list[tuple[int, str]] = []
    at = 0
    while at < len(pieces):
        count = rng.randint(6, 8) if len(pieces[at][1]) < 12 else 1
        some = pieces[at : at + count]
        cues.append((some[0][0], " ".join(text for _, text in some)))
        at += count
    ends = [min(start + OVERLAP_MS, end_ms) for start, _ in cues[1:]] + [end_ms]
    return "".join(
        f"{n}\n{clock(start)} --> {clock(max(end, start + 1))}\n{text}\n\n"
        for n, ((start, text), end) in enumerate(zip(cues, ends, strict=True), 1)
    )


def cut(at_ms: int, word: str) -> list[tuple[int, str]]:
    """A word, or a long run without blanks in pieces of 12 signs, with their times."""
    if len(word) <= 12 or not _UNSPACED.search(word):
        return [(at_ms, word)]
    return [
        (at_ms + SIGN_MS * len(_UNSPACED.findall(word[:at])), word[at : at + 12])
        for at in range(0, len(word), 12)
    ]


def span_errors(library: Library, asked: Asked) -> list[int]:
    """Of the nearest passage that has the answer: when it says it stands, less the truth."""
    found = []
    for passage in library.index.passages_of(f"youtube:{asked.video}"):
        found += [start - asked.at_ms for start in answers_in(passage, asked.answer)]
    return sorted(found, key=abs)[:1]


def answers_in(passage: Passage, answer: str) -> list[int]:
    """When each place of a passage that has the answer begins, by its offsets."""
    pattern = r"[\W_]*".join(re.escape(one) for one in re.findall(r"\w", answer))
    return [
        passage.span_ms(*match.span())[0]
        for match in re.finditer(pattern, passage.text, re.IGNORECASE)
    ]


def hit_errors(library: Library, questions: list[Asked]) -> tuple[list[int], list[tuple[str, int]]]:
    """How far first hits' links are from the answers; every link as (video, second)."""
    errors: list[int] = []
    links: list[tuple[str, int]] = []
    for asked in questions:
        found = library.search(asked.question, k=5).hits
        links += [
            (hit.volume.media_id.removeprefix("youtube:"), second_of(hit.url)) for hit in found
        ]
        if found and found[0].volume.media_id == f"youtube:{asked.video}":
            passage = found[0].passage
            if passage.start_ms <= asked.at_ms < passage.end_ms:
                errors.append(second_of(found[0].url) * 1000 - asked.at_ms)
    return errors, links


def second_of(url: str) -> int:
    """The `t=` of a link."""
    return int(url.rpartition("t=")[2])


def share(those: np.ndarray) -> float:
    """Which part of them is true."""
    return float(np.mean(those)) if len(those) else float("nan")


if __name__ == "__main__":
    sys.exit(main())
