"""What vectors add to words: first hits on clean and misheard passages, and how fast they are made.

    python benchmarks/library_embeddings.py [--data DIR] [--minilm FOLDER] [--seeds N] [--quick]

1. XQuAD in English, each paragraph a passage, misheard by `testing.noise` (about 33 % of words, by
   several seeds): right passages first and among ten, by words alone, by vectors alone, by both, in
   one run of the library's own `retrieve`. The halves of the articles are told apart: the weight of
   hashed letters beside words was chosen on the first.
2. The same unspoilt, and XQuAD in es, ru, zh, ar, hi, JaQuAD (every third question), KLUE-STS
   (paraphrases of real label 4 or more): both together may not be worse than words.
3. With the title of the article before each text that is encoded, and without.
4. Passages of 80 words, and questions, a second of one core's time.

MiniLM (all-MiniLM-L6-v2: a folder with `model.safetensors`) is run in float32 and int8 where it is
given. What needs a multilingual model (Spanish passages by English questions) is not measured: no
weights are at hand.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loquitur.library.encoding import make_encoder
from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.library.search.retrieval import retrieve
from loquitur.model.library import Part, Passage, Volume
from loquitur.settings import Settings
from loquitur.testing.noise import misheard

DATA = Path(__file__).parents[2] / "shared" / "data" / "qa"
LEAST_ALIKE = 4.0
WORDS = 80
MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Passages, their titles, and questions with the number of their passage and of their half."""

    name: str
    language: str
    texts: list[str]
    titles: list[str]
    questions: list[tuple[str, int, int]]


def squad(name, language, paths, *, every=1):
    texts, titles, questions, number = [], [], [], 0
    articles = [one for path in paths for one in json.loads(path.read_text())["data"]]
    for article, content in enumerate(articles):
        for paragraph in content["paragraphs"]:
            texts.append(paragraph["context"])
            titles.append(content["title"].replace("_", " "))
            for one in paragraph["qas"]:
                if number % every == 0:
                    questions.append((one["question"], len(texts) - 1, article % 2))
                number += 1
    return Asked(name=name, language=language, texts=texts, titles=titles, questions=questions)


def paraphrases(path):
    rows = json.loads(path.read_text())
    questions = [
        (row["sentence2"], at, at % 2)
        for at, row in enumerate(rows)
        if row["labels"]["real-label"] >= LEAST_ALIKE
    ]
    texts = [row["sentence1"] for row in rows]
    return Asked(name="ko", language="ko", texts=texts, titles=[""] * len(texts),
                 questions=questions)  # fmt: skip


def spoilt(asked, seed):
    vocabulary = sorted({word for text in asked.texts for word in text.split()})
    texts = [
        misheard(text, vocabulary=vocabulary, seed=f"{seed}:{number}")
        for number, text in enumerate(asked.texts)
    ]
    return Asked(name=f"misheard {seed}", language="en", texts=texts, titles=asked.titles,
                 questions=asked.questions)  # fmt: skip


def all_sets(data, seeds):
    english = squad("en", "en", [data / "xquad" / "xquad.en.json"])
    yield from (spoilt(english, seed) for seed in range(seeds))
    yield english
    for language in ("es", "ru", "zh", "ar", "hi"):
        yield squad(language, language, [data / "xquad" / f"xquad.{language}.json"])
    yield squad("ja", "ja", sorted((data / "jaquad").glob("*.json")), every=3)
    yield paraphrases(next((data / "klue_sts").glob("*_dev.json")))


def ranks(asked, encoder, mode, *, titled=False, every=1):
    """The rank of each question's passage, from 0; 10 where it is not among ten."""
    passages = [
        Passage(media_id="v", part=f"speech:{asked.language}", number=number, start_ms=0,
                end_ms=1, text=text, language=asked.language)
        for number, text in enumerate(asked.texts)
    ]  # fmt: skip
    texts = asked.texts
    if titled:
        texts = [f"{title}. {text}" for title, text in zip(asked.titles, texts, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder) / "x.library")
        index.replace(
            Volume(media_id="v", title=""),
            Part(language=asked.language),
            passages,
            vectors=encoder.encode_passages(texts) if encoder else None,
            encoding=encoder.encoding if encoder else None,
        )
        found = {}
        for one in (mode,) if isinstance(mode, str) else mode:
            places = []
            for question, wanted, _ in asked.questions[::every]:
                hits = retrieve(index, question, encoder=encoder, mode=one, limit=MOST)
                numbers = [hit.passage.number for hit in hits]
                places.append(numbers.index(wanted) if wanted in numbers else MOST)
            found[one] = np.array(places)
        index.close()
    return found


def share(places, least):
    return f"{np.mean(places < least):.3f}"


def row(asked, name, places, words, every):
    halves = np.array([half for *_, half in asked.questions[::every]])
    first, second = (share(places[halves == half], 1) for half in (0, 1))
    gain = np.mean(places < 1) - np.mean(words < 1)
    print(
        f"{asked.name:11} {name:24} {share(places, 1)} ({first} {second}) {share(places, 10)}"
        f"   {100 * gain:+.1f}",
        flush=True,
    )


def compare(asked, encoders, every):
    words = ranks(asked, None, "words", every=every)["words"]
    row(asked, "words alone", words, words, every)
    for name, encoder in encoders.items():
        english = name.startswith("onnx")
        if english and asked.language != "en":
            continue
        for mode, places in ranks(asked, encoder, ("meaning", "hybrid"), every=every).items():
            row(asked, f"{name} {mode}", places, words, every)


def speed(encoders, data):
    text = " ".join(squad("en", "en", [data / "xquad" / "xquad.en.json"]).texts).split()
    passages = [" ".join(text[at : at + WORDS]) for at in range(0, len(text) - WORDS, WORDS)]
    for name, encoder in encoders.items():
        encoder.encode_passages(passages[:2])
        some = passages * 20 if name.startswith("hashing") else passages[:100]
        began = time.process_time()
        encoder.encode_passages(some)
        made = len(some) / (time.process_time() - began)
        began = time.process_time()
        for one in passages[:50]:
            encoder.encode_query(one[:60])
        asked = 50 / (time.process_time() - began)
        print(f"{name:14} {made:8.0f} passages and {asked:6.0f} questions a CPU second")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--minilm", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="every fourth question")
    parser.add_argument("--models", type=Path, default=Path(tempfile.gettempdir()) / "lq-models")
    given = parser.parse_args()
    settings = Settings(models=given.models, threads=1, offline=True)
    every = 4 if given.quick else 1
    names = {"hashing": "hashing", "hashing 1024": "hashing:1024"}
    if given.minilm:
        names |= {"onnx int8": f"onnx:{given.minilm}-int8", "onnx float32": f"onnx:{given.minilm}"}
    encoders = {name: make_encoder(wanted, settings) for name, wanted in names.items()}
    speed(encoders, given.data)
    print("\nset         system                   R@1 (its halves)    R@10   points of R@1")
    quick = {name: one for name, one in encoders.items() if name != "onnx float32"}
    for asked in all_sets(given.data, given.seeds):
        compare(asked, quick, every)
    print("\nwith the article's title before each text that is encoded")
    english = squad("en", "en", [given.data / "xquad" / "xquad.en.json"])
    words = ranks(english, None, "words", every=every)["words"]
    for name, encoder in quick.items():
        modes = ("meaning", "hybrid")
        for mode, places in ranks(english, encoder, modes, titled=True, every=every).items():
            row(english, f"{name} {mode}", places, words, every)


if __name__ == "__main__":
    main()
