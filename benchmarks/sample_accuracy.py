"""The main job on the sample: word error rate, diarization error rate, speakers found.

    python benchmarks/sample_accuracy.py [FORMATTED.json]

Runs the offline profile on `samples/harbour_dialogue.mp4` (or reads a transcript of it) and holds
it against the sample's ground truth. WER: plain words, lower case, no punctuation. DER: 0.25 s
collar on either side of a border, overlapped speech scored. Bars: WER 25 %, DER 15 %, two speakers.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "harbour_dialogue"
WORST_WER = 0.25
WORST_DER = 0.15
COLLAR_MS = 250  # on either side


def main() -> int:
    transcript = json.loads(Path(sys.argv[1]).read_text()) if sys.argv[1:] else made()
    wer = word_error_rate(transcript, SAMPLE.with_suffix(".txt").read_text())
    der, confusion = diarization_error_rate(turns_of_stage(), SAMPLE.with_suffix(".rttm"))
    speakers = len(transcript["speakers"])
    print(f"WER {wer:.3f} (at most {WORST_WER}), DER {der:.3f} (at most {WORST_DER}, of which")
    print(f"confusion {confusion:.3f}), {speakers} speakers of 2")
    for utterance in transcript["utterances"]:
        mood = utterance["emotion"]
        label = f"{mood['label']} {mood['arousal']:.2f}" if mood else "-"
        print(
            f"  {utterance['start_ms']:>6} {utterance['speaker']} {label:<13} {utterance['text']}"
        )
    return int(wer > WORST_WER or der > WORST_DER or speakers != 2)


def made() -> dict:
    """The transcript of a run in a store of its own."""
    from loquitur.formats import write

    result = _result("subtitle")
    return json.loads(write("json", result.transcript, result.track).text)


def turns_of_stage() -> list[tuple[int, int, str]]:
    """The turns the diarizer gives, before any word is assigned to them."""
    turns = _result("diarize").artifact.turns
    return [(turn.start_ms, turn.end_ms, turn.speaker) for turn in turns]


def _result(until: str):
    import dataclasses

    from loquitur import api
    from loquitur.pipeline.recipes import Wish
    from loquitur.settings import resolve

    with tempfile.TemporaryDirectory() as folder:
        settings = dataclasses.replace(resolve().settings, store=Path(folder), offline=True)
        wish = Wish(profile="offline", until=until)
        (result,) = api.run_many([str(SAMPLE.with_suffix(".mp4"))], wish, settings)
    if result.error is not None:
        raise SystemExit(f"{result.error.message} ({result.error.hint})")
    return result


def word_error_rate(transcript: dict, truth: str) -> float:
    from loquitur.evaluation.counting import align, count
    from loquitur.evaluation.normalizing import plain

    said = " ".join(utterance["text"] for utterance in transcript["utterances"])
    return count(align(plain(truth).split(), plain(said).split())).rate or 0.0


def diarization_error_rate(turns: list[tuple[int, int, str]], truth: Path) -> tuple[float, float]:
    from loquitur.evaluation.diarization import diarization_error, turns_of
    from loquitur.evaluation.reading import read

    reference = turns_of(read(truth, turns=True).entries)
    error = diarization_error(reference, turns, collar_ms=COLLAR_MS)
    return error.rate or 0.0, error.share(error.confusion_ms) or 0.0


if __name__ == "__main__":
    sys.exit(main())
