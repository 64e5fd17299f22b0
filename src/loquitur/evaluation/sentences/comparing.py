"""Two files of sentences, held against each other as `eval caption` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.evaluation.sentences import java
from loquitur.evaluation.sentences.cider import DocumentFrequencies
from loquitur.evaluation.sentences.files import SentenceFile, read_sentences, same_ids
from loquitur.evaluation.sentences.function_words import read_words
from loquitur.evaluation.sentences.scoring import USUAL, SentenceScores, score
from loquitur.evaluation.sentences.tokens import tokens_of
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Aids:
    """What somebody has beside the sentences; None for what is not there.

    Args:
        meteor_jar: `meteor-1.5.jar`: METEOR with synonyms and paraphrases, the number of papers.
        spice_jar: `spice-1.0.jar`.
        function_words: METEOR's list of function words, for our own METEOR.
        frequencies: References of a corpus: in how many of its clips words stand weighs CIDEr-D.
    """

    meteor_jar: Path | None = None
    spice_jar: Path | None = None
    function_words: Path | None = None
    frequencies: Path | None = None

    def words(self) -> frozenset[str] | None:
        """The list of function words; None where none is given."""
        return read_words(self.function_words) if self.function_words else None

    def document_frequencies(self, language: str) -> DocumentFrequencies | None:
        """Those of the corpus; None where none is given.

        Raises:
            InputError: It cannot be read.
        """
        if self.frequencies is None:
            return None
        file = read_sentences(self.frequencies, role="references", language=language)
        return DocumentFrequencies.of(
            [tokens_of(text, language) for text in texts] for texts in file.sentences.values()
        )

    def values(self, scores: SentenceScores) -> dict[str, float]:
        """What the programs say: `meteor_full`, `spice`."""
        found: dict[str, float] = {}
        if self.meteor_jar is not None:
            pairs = [
                (
                    tokens_of(one.prediction, scores.language),
                    [tokens_of(it, scores.language) for it in one.references],
                )
                for one in scores.rows
            ]
            _, found["meteor_full"] = java.meteor_by_program(
                self.meteor_jar, pairs, language=scores.language
            )
        if self.spice_jar is not None:
            clips = [(one.clip_id, one.prediction, one.references) for one in scores.rows]
            spice = java.spice_by_program(self.spice_jar, clips)
            found["spice"] = sum(spice.values()) / len(spice) if spice else 0.0
        return found


def compare_files(
    reference: Path,
    hypothesis: Path,
    *,
    split: str = "",
    language: str = "en",
    measures: Sequence[str] = USUAL,
    aids: Aids | None = None,
) -> tuple[SentenceScores, tuple[str, ...]]:
    """Scores of a file of predictions against one of references, and what is to be told of it.

    Args:
        reference: Any form that `files.read_sentences` knows.
        hypothesis: The same; of several sentences of a clip the first counts.
        split: Only references of this split, where the file tells it; empty for all.
        language: BCP 47 tag of the sentences.
        measures: Keys of `scoring.MEASURES`.
        aids: Lists that replace ours; its programs are not asked here.

    Raises:
        InputError: A file cannot be used, or no clip stands in both.
    """
    wanted = read_sentences(reference, role="references", language=language)
    said = read_sentences(hypothesis, role="predictions", language=language)
    if wanted.by_line and said.by_line and len(wanted.sentences) != len(said.sentences):
        raise InputError(
            f"{display(reference.name)} has {counted(len(wanted.sentences), 'clip')} by number, "
            f"{display(hypothesis.name)} has {len(said.sentences)}",
            hint="name clips (id<TAB>sentence), or give as many sentences",
        )
    references = wanted.of(split)
    predictions, notices = predictions_of(said, references)
    aids = aids or Aids()
    scores = score(
        references, predictions, measures=measures, language=language,
        document_frequencies=aids.document_frequencies(language), function_words=aids.words(),
    )  # fmt: skip
    return scores, notices


def predictions_of(
    said: SentenceFile, references: Mapping[str, Sequence[str]]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """One sentence of each clip under the references' ids, and what was done for that.

    Raises:
        InputError: The clips have names, and the file has only sentences.
    """
    predictions, several = said.single()
    notices: list[str] = []
    if several:
        notices.append(
            f"{display(said.name)}: {counted(len(several), 'clip')} with more than one sentence: "
            f"the first counts ('{display(several[0])}' is one of them)"
        )
    if said.by_line and not references.keys() & predictions.keys():
        raise InputError(
            f"{display(said.name)} names no clips: it was read as a sentence a line",
            hint="a first line with the names of columns (clip,caption), or id<TAB>sentence",
        )
    predictions, renamed = same_ids(references, predictions)
    if renamed:
        notices.append(f"{display(said.name)}: clips are matched without folder and suffix")
    return predictions, tuple(notices)
