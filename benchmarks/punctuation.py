"""Fits the numbers of `speech/punctuation.npz`, and measures them on talks that they never saw.

    python benchmarks/punctuation.py                    # held out by talk: the figures
    python benchmarks/punctuation.py --write            # and the table, fitted on everything

Read are the captions of google-captions in the shared data (`--data`): the twelve talks of
segmentation-dev, which are held out one fold after the other, and the English ones in odd formats.
What is written are numbers: one embedding for each class of words, and a small network over them.
The term for pauses is fitted last, on recognised speech that has both times and punctuation.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path

import numpy as np

from loquitur.speech import punctuation
from loquitur.speech.punctuation import COMMA, NOTHING, PAUSE_STEPS_MS, STOP, bare, windows_of
from loquitur.speech.word_classes import CLASS_COUNT, word_class

HERE = Path(__file__).resolve().parent.parent
DATA = HERE.parent / "shared" / "data" / "subtitles"
TABLE = HERE / "src" / "loquitur" / "speech" / "punctuation.npz"
WIDTH, HIDDEN = 24, 64
EPOCHS, BATCH, RATE, DECAY, DROP, WORD_DROP = 8, 256, 2e-3, 1e-2, 0.4, 0.1
_INNER = np.array([0.0] + [1.0] * len(PAUSE_STEPS_MS))[:, None]
_LABEL = re.compile(r"[A-Za-z.]+:")
_STOP = re.compile(r"(?<!\.\.)[.?!;][\"')]*$")
_COMMA = re.compile(r"(?:,|:|--|\.\.\.)[\"')]*$")
_TIMES = re.compile(r"\d\d?:\d\d:\d\d|^\s*\*|^\d+$|^\{")


class Talk:
    """Words without case and marks, and what was taken from them."""

    def __init__(self, items):
        self.words, marks, self.capitals = [], [], []
        for item in items:
            if item[0] in "[(" or item.startswith(">>") or item.endswith("]"):
                continue
            if _LABEL.fullmatch(item) and (not marks or marks[-1] == STOP):
                continue  # who speaks, not what is said
            mark = STOP if _STOP.search(item) else COMMA if _COMMA.search(item) else NOTHING
            pieces = [piece for piece in item.split("--") if bare(piece)]
            if not pieces and marks:
                marks[-1] = max(marks[-1], mark)
            for piece in pieces:
                self.words.append(bare(piece))
                marks.append(mark)
                self.capitals.append(re.sub(r"^\W+", "", piece)[:1].isupper())
        if marks:
            marks[-1] = STOP
        self.marks = np.array(marks, np.int64)
        classes = np.array([word_class(word) for word in self.words], np.int64)
        self.windows = windows_of(classes)


def read_talks(data):
    folder = data / "segmentation-dev"
    talks = {
        path.stem: Talk([word[0] for word in json.loads(path.read_text())["words"]])
        for path in sorted(folder.glob("*.json"))
    }
    others = {}
    for path in sorted((data / "google-captions" / "odd").iterdir()):
        if "-JA" not in path.name:
            text = re.sub(r"<[^>]*>|\[br\]", " ", path.read_text(errors="replace"))
            lines = [line for line in text.splitlines() if not _TIMES.search(line)]
            others[path.name] = Talk(" ".join(lines).split())
    return talks, others


def fit(windows, marks, seed=0):
    """Adam with decoupled decay and dropout over classes and hidden units."""
    rng = np.random.default_rng(seed)
    places, count = windows.shape[1], len(windows)
    table = {
        "embedding": rng.normal(0, 0.1, (CLASS_COUNT, WIDTH)),
        "hidden": rng.normal(0, (2 / (WIDTH * places)) ** 0.5, (WIDTH * places, HIDDEN)),
        "hidden_bias": np.zeros(HIDDEN),
        "outcome": rng.normal(0, (1 / HIDDEN) ** 0.5, (HIDDEN, 3)),
        "outcome_bias": np.zeros(3),
        "direct": np.zeros((places, CLASS_COUNT, 3)),
    }
    table = {name: value.astype(np.float32) for name, value in table.items()}
    first = {name: np.zeros_like(value) for name, value in table.items()}
    second = {name: np.zeros_like(value) for name, value in table.items()}
    done, steps = 0, EPOCHS * (count // BATCH)
    for _ in range(EPOCHS):
        order = rng.permutation(count)
        for at in range(0, count - BATCH + 1, BATCH):
            chosen = order[at : at + BATCH]
            done += 1
            slopes = _slopes(table, windows[chosen], marks[chosen], rng)
            rate = RATE * (1 - done / steps)
            for name, slope in slopes.items():
                first[name] = 0.9 * first[name] + 0.1 * slope
                second[name] = 0.999 * second[name] + 0.001 * slope**2
                step = first[name] / (1 - 0.9**done)
                step /= np.sqrt(second[name] / (1 - 0.999**done)) + 1e-8
                table[name] -= (rate * (step + DECAY * table[name])).astype(np.float32)
    return table


def _slopes(table, windows, marks, rng):
    count, places = windows.shape
    kept = (rng.random((count, places, 1)) > WORD_DROP) / (1 - WORD_DROP)
    embedded = (table["embedding"][windows] * kept).reshape(count, -1).astype(np.float32)
    sums = embedded @ table["hidden"] + table["hidden_bias"]
    alive = ((rng.random(sums.shape) > DROP) / (1 - DROP)).astype(np.float32)
    hidden = np.maximum(sums, 0) * alive
    scores = hidden @ table["outcome"] + table["outcome_bias"]
    for place in range(places):
        scores += table["direct"][place, windows[:, place]]
    scores -= scores.max(axis=1, keepdims=True)
    error = np.exp(scores)
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(count), marks] -= 1
    error /= count
    back = (error @ table["outcome"].T) * alive * (sums > 0)
    deeper = (back @ table["hidden"].T).reshape(count, places, -1) * kept
    embedding, direct = np.zeros_like(table["embedding"]), np.zeros_like(table["direct"])
    np.add.at(embedding, windows.ravel(), deeper.reshape(-1, WIDTH))
    for place in range(places):
        np.add.at(direct[place], windows[:, place], error)
    return {
        "embedding": embedding, "hidden": embedded.T @ back, "hidden_bias": back.sum(axis=0),
        "outcome": hidden.T @ error, "outcome_bias": error.sum(axis=0), "direct": direct,
    }  # fmt: skip


def fit_pauses(data):
    """What a pause adds to each outcome, by its step; the text's own scores stand fixed."""
    said = [*_deepgram(data), *_assembly(data)]
    scores, steps, marks = [], [], []
    for texts, gaps in said:
        found = Talk(texts)
        if len(found.words) != len(texts):  # a number was cut up: words and gaps must match
            raise SystemExit("words and times do not match")
        scores.append(np.log(punctuation.mark_shares(found.words)))
        steps += [sum(gap >= step for step in PAUSE_STEPS_MS) for gap in gaps]
        marks.append(found.marks)
    scores, marks, steps = np.concatenate(scores), np.concatenate(marks), np.array(steps)
    pause = np.zeros((len(PAUSE_STEPS_MS) + 1, 3))
    for _ in range(3000):
        shares = np.exp(scores + pause[steps])
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(len(marks)), marks] -= 1
        # few words have long pauses: neighbours hold each other, and a longer pause is never less
        slope = 0.5 * pause + 2.0 * (pause - np.roll(pause, 1, axis=0)) * _INNER
        slope -= 2.0 * (np.roll(pause, -1, axis=0) - pause) * _INNER[::-1]
        np.add.at(slope, steps, shares)
        pause -= 0.01 * slope
        pause[:, NOTHING] = 0.0
        # two of the three recognisers put commas at most pauses: a pause is never less of an end
        pause[1:, STOP] = np.maximum(pause[1:, STOP], pause[1:, COMMA])
        pause[:, STOP] = np.maximum.accumulate(pause[:, STOP])
    counts = np.bincount(steps, minlength=len(pause))
    print(f"pauses: {len(marks)} words of {len(said)} recordings, by step {counts.tolist()}")
    return pause


def _deepgram(data):
    for name in ("dg_transcription", "dg_speakers"):
        path = data / "word-timed" / f"{name}.json"
        best = json.loads(path.read_text())["results"]["channels"][0]["alternatives"][0]
        yield _timed(best["words"], "punctuated_word", 1000)


def _assembly(data):
    path = data / "word-timed" / "assemblyai_transcription.json"
    yield _timed(json.loads(path.read_text())["words"], "text", 1)


def _timed(words, name, scale):
    words = [word for word in words if bare(word[name])]
    later = [*words[1:], words[-1]]
    gaps = [
        (after["start"] - word["end"]) * scale for word, after in zip(words, later, strict=True)
    ]
    return [word[name].replace("--", "") for word in words], gaps


def score(truth, found):
    """Precision, recall and F1 of booleans."""
    truth, found = np.asarray(truth, bool), np.asarray(found, bool)
    hit = int((truth & found).sum())
    precision, recall = hit / max(1, int(found.sum())), hit / max(1, int(truth.sum()))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def shown(truth, found):
    precision, recall, f1 = score(truth, found)
    return f"{precision:.2f} {recall:.2f} {f1:.3f}        "


def use(table):
    """Let the library read with these numbers."""
    pause = table.get("pause", np.zeros((len(PAUSE_STEPS_MS) + 1, 3)))
    whole = {name: np.asarray(value, np.float32) for name, value in table.items()}
    numbers = punctuation._Numbers(**{**whole, "pause": np.asarray(pause, np.float32)})  # noqa: SLF001
    punctuation._numbers = lambda: numbers  # noqa: SLF001


def judge(talk):
    """Truth and result of stops, commas, any marks and capitals, through the public function."""
    found = punctuation.restore(talk.words)
    marks = np.array(punctuation.marks_after(talk.words))
    capitals = [word[:1].isupper() for word in found]
    return {
        "stops": (talk.marks == STOP, marks == STOP),
        "commas": (talk.marks == COMMA, marks == COMMA),
        "any mark": (talk.marks > NOTHING, marks > NOTHING),
        "capitals": (np.array(talk.capitals), np.array(capitals)),
    }


def held_out(talks, others, folds):
    names, gathered = list(talks), {}
    print(f"{'talk':34}{'words':>6}  " + "".join(f"{what:22}" for what in judge_names()))
    for fold in range(folds):
        hidden = names[fold::folds]
        seen = [talk for name, talk in talks.items() if name not in hidden] + list(others.values())
        use(_fitted(seen))
        for name in hidden:
            found = judge(talks[name])
            cells = "".join(shown(*pair) for pair in found.values())
            print(f"{name[:32]:34}{len(talks[name].words):6}  {cells}", flush=True)
            for what, pair in found.items():
                gathered.setdefault(what, []).append(pair)
    cells = ""
    for pairs in gathered.values():
        truth, found = (np.concatenate(side) for side in zip(*pairs, strict=True))
        cells += shown(truth, found)
    print(f"{'all, held out by talk':34}{'':6}  {cells}")


def judge_names():
    return ("stops P R F1", "commas", "any mark", "capitals")


def _fitted(seen):
    return fit(
        np.concatenate([talk.windows for talk in seen]),
        np.concatenate([talk.marks for talk in seen]),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--folds", type=int, default=12, help="12: each talk by itself")
    parser.add_argument("--write", action="store_true", help="fit on everything, write the table")
    given = parser.parse_args()
    if not (given.data / "segmentation-dev").is_dir():
        print(f"the talks are not in {given.data}")
        return
    talks, others = read_talks(given.data)
    if given.folds:
        held_out(talks, others, given.folds)
    if given.write:
        table = _fitted([*talks.values(), *others.values()])
        use(table)
        table["pause"] = fit_pauses(given.data)
        small = {name: np.asarray(value, np.float16) for name, value in table.items()}
        np.savez_compressed(TABLE, **small)
        print("a pause adds (comma, stop):", np.round(table["pause"][:, 1:], 2).tolist())
        print(f"{TABLE.name}: {TABLE.stat().st_size / 1000:.0f} kB")
    began = time.perf_counter()
    words = [word for talk in talks.values() for word in talk.words]
    punctuation.restore(words)
    print(f"{len(words)} words restored in {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
