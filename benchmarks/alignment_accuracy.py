"""How far aligned words are from where they are said, and whether a wrong text is noticed.

    python benchmarks/alignment_accuracy.py [--data ../shared/data/speech] [--aligner pocketsphinx]

Word starts against references, for the aligner on the whole clip, and for the whole chain of
`loquitur align`: recognition, anchors, windows, alignment. The references of the `ss` clips were
made by pocketsphinx's own aligner, so the embedded one is bound to agree with them; those of
`mfa-cold_corpus` (spontaneous speech) and of this repository's sample (two synthetic voices, music
and waves) are independent of it. Then every clip with every text: how far the right text is
heard, and how far a wrong one.

The bar is 50 ms for the median over the independent reference; the script fails above it, or where
a right text of ten words is refused or a wrong one taken.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
import tempfile
from pathlib import Path

import numpy as np

from asr_accuracy import DATA, EXCHANGED, Chain, Clip, clips, plain
from loquitur import registry
from loquitur.media.audio import MappedSamples
from loquitur.model.media import Audio
from loquitur.model.speech import EngineStamp, Words
from loquitur.protocols import Resources
from loquitur.speech.guards import guard
from loquitur.speech.placing import Search
from loquitur.speech.spelling import split_text
from loquitur.speech.windows import cast
from loquitur.stages.align import Options
from loquitur.timing import Span

BAR_MS = 50.0
TELLING_WORDS = 10  # some clips of fewer words share half of them ("thousand pounds")
SAMPLE = Path(__file__).parents[1] / "samples" / "harbour_dialogue.mp4"
INDEPENDENT = ("mfa-cold_corpus", SAMPLE.stem)


def reference(clip: Clip) -> list[tuple[str, float]]:
    """The words of a clip's reference with their starts in ms; empty where it has none."""
    if clip.path == SAMPLE:
        rows = [word for one in truth()["utterances"] for word in one["words"]]
        return [(plain(row["text"]), float(row["start_ms"])) for row in rows]
    made = clip.path.parent / f"{clip.name}.words.json"
    if made.is_file():
        rows = json.loads(made.read_text())["w"]
        return [
            (re.sub(r"\(\d+\)", "", row["t"]), row["b"] * 1000.0)
            for row in rows
            if not row["t"].startswith("<")
        ]
    grid = clip.path.with_suffix(".TextGrid")
    lines = grid.read_text().split("\n") if grid.is_file() else []
    if '"words"' not in lines:
        return []
    first = lines.index('"words"') + 4
    rows = [lines[first + 3 * at : first + 3 * at + 3] for at in range(int(lines[first - 1]))]
    return [(row[2].strip('"'), float(row[0]) * 1000.0) for row in rows if row[2] != '""']


def truth() -> dict:
    return json.loads(SAMPLE.with_suffix(".truth.json").read_text())


def errors_ms(found: list[tuple[str, float]], right: list[tuple[str, float]]) -> list[float]:
    """Distances of the starts of the words that both have."""
    blocks = difflib.SequenceMatcher(
        None, [word for word, _ in found], [word for word, _ in right], autojunk=False
    ).get_matching_blocks()
    return [
        abs(found[block.a + at][1] - right[block.b + at][1])
        for block in blocks
        for at in range(block.size)
    ]


def shown(errors: list[float]) -> str:
    if not errors:
        return "not measured: longer than it takes at once"
    median, most = np.percentile(errors, (50, 95))
    near = sum(error <= 100 for error in errors) / len(errors)
    return f"{len(errors):4d} words  median {median:6.1f}  95% {most:7.1f} ms  in 100 ms {near:.2f}"


def chained(aligner: object, clip: Clip, heard: Words, chain: Chain) -> list[tuple[str, float]]:
    """The words of a script through the whole of `loquitur align`."""
    samples = samples_of(clip, chain)
    laid = cast(
        split_text(clip.text), heard, bounds=Span(start_ms=samples.offset_ms, end_ms=samples.end_ms)
    )
    search = Search(
        engine=aligner, samples=samples, gain_db=0.0, texts=laid.words, language="en", laid=laid
    )
    found = []
    for window in laid.windows:
        words, _ = guard(search.find(window), span=window.span)
        found += [(plain(word.text), word.start_ms) for word in words]
    return found


def samples_of(clip: Clip, chain: Chain) -> MappedSamples:
    from loquitur.media.audio import decode

    target = chain.folder / f"{clip.name}.pcm"
    decoded = decode(clip.path, target, isolated=False)
    audio = Audio(
        media_id="sha256:0",
        samples="0",
        sample_count=decoded.sample_count,
        offset_ms=decoded.offset_ms,
        duration_ms=decoded.duration_ms,
        track_index=decoded.track_index,
    )
    return MappedSamples(target, audio)


def measure_times(
    aligner: object, listed: list[Clip], heard: dict[str, Words], chain: Chain
) -> bool:
    """Print the errors of each clip that has a reference; gives whether the bar is met."""
    alone: dict[bool, list[float]] = {True: [], False: []}
    whole: dict[bool, list[float]] = {True: [], False: []}
    for clip in listed:
        right = reference(clip)
        if not right:
            continue
        independent = clip.name in INDEPENDENT
        samples = samples_of(clip, chain)
        sound = samples.read(samples.offset_ms, samples.end_ms)
        texts = [word for word, _ in right]
        fits = samples.end_ms - samples.offset_ms <= aligner.longest_ms
        placed = aligner.align(sound, texts, language="en") if fits else ()
        starts = [
            (word.text, word.start_ms + samples.offset_ms)
            for word in placed
            if word.start_ms is not None
        ]
        by_itself = errors_ms(starts, right) if fits else []
        by_chain = errors_ms(chained(aligner, clip, heard[clip.name], chain), right)
        alone[independent] += by_itself
        whole[independent] += by_chain
        print(f"{clip.name:20s} alone {shown(by_itself)}\n{'':20s} chain {shown(by_chain)}")
    for independent, name in ((True, "independent reference"), (False, "its own reference")):
        print(f"{name:22s} alone {shown(alone[independent])}")
        print(f"{name:22s} chain {shown(whole[independent])}")
    judged = whole[True]
    return not judged or float(np.median(judged)) <= BAR_MS


def measure_matches(listed: list[Clip], heard: dict[str, Words]) -> bool:
    """Print how far right and wrong texts are heard; gives whether all are told apart."""
    least = Options().least_match
    right, wrong = [], []
    for clip in listed:
        for other in listed:
            script = split_text(other.text)
            laid = cast(script, heard[clip.name], bounds=Span(start_ms=0, end_ms=60_000))
            row = (round(laid.match, 3), clip.name, other.name)
            if min(len(script), len(heard[clip.name].words)) < TELLING_WORDS:
                continue
            (right if EXCHANGED.get(clip.name, clip.name) == other.name else wrong).append(row)
    print(f"\nright texts of {TELLING_WORDS} words or more: {sorted(right)}")
    print(f"wrong texts: {len(wrong)} pairs, the nearest {sorted(wrong)[-3:]}")
    refused = [row for row in right if row[0] < least]
    taken = [row for row in wrong if row[0] >= least]
    print(f"least_match {least}: refused though right {refused}, taken though wrong {taken}")
    return not refused and not taken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--aligner", default="pocketsphinx", help="NAME, or NAME:MODEL")
    arguments = parser.parse_args()
    name, _, model = arguments.aligner.partition(":")
    listed = [clip for folder in ("read", "aligned") for clip in clips(arguments.data / folder)]
    listed.append(Clip(name=SAMPLE.stem, path=SAMPLE, text=truth()["text"]))
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(Path(folder), "pocketsphinx")
        kind = registry.load(registry.find("alignment", name))
        options = kind.Options(model=model) if model else kind.Options()
        aligner = kind(options, Resources(models=Path(folder)))
        stamp = EngineStamp(name="heard", version="1")
        heard = {
            clip.name: Words(words=chain.hear_file(clip.path), language="en", engine=stamp)
            for clip in listed
        }
        near = measure_times(aligner, listed, heard, chain)
        apart = measure_matches(listed, heard)
    return int(not (near and apart))


if __name__ == "__main__":
    sys.exit(main())
