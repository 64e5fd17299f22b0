"""Words that say nothing by themselves, so that an answer may use them as it likes.

Beside the small words of a language these are the words with which an answer speaks of its sources
(`the speaker explains that ...`): of them a passage need have none.
"""

from __future__ import annotations

from functools import lru_cache

from loquitur.languages import primary
from loquitur.library.search.stop_words import stop_words
from loquitur.speech.word_classes import FUNCTION_WORDS

_SPEAKING = {
    "en": "speaker lecturer lecture video passage passages transcript author presenter teacher"
    " course says say said saying explains explain explained describes describe described mentions"
    " mention mentioned states state stated according notes noted discusses discuss discussed talks"
    " argues claims refers referred called known also however specifically example answer question"
    " mean means include includes including included",
    "de": "sprecher sprecherin vortrag video abschnitt kurs sagt sagte erklärt beschreibt erwähnt"
    " laut nennt genannt bedeutet spricht",
    "es": "ponente orador profesor vídeo video pasaje curso dice dijo explica describe menciona"
    " según llama llamado significa habla",
    "fr": "orateur conférencier vidéo passage cours dit explique décrit mentionne selon appelle"
    " appelé signifie parle",
    "pt": "palestrante vídeo passagem curso diz explica descreve menciona segundo chamado"
    " significa",
    "it": "relatore video passaggio corso dice spiega descrive menziona secondo chiamato significa",
    "ru": "говорит докладчик лектор видео объясняет описывает упоминает согласно называется"
    " означает",
}
_TELLING = (
    "second third first one two three four five six seven eight nine ten before after above below"
    " less fewer least more most only always last"
)
_NOT_SMALL = frozenset(_TELLING.split())
"""Small words that turn what is said into something else."""


def is_small(written: str, stem: str, language: str) -> bool:
    """Whether a word may stand in a claim without standing in a passage.

    Args:
        written: The word as it stands.
        stem: Its stem.
        language: BCP 47; `und` is taken for English.
    """
    if written == "May":
        return False  # the month
    word = written.lower().replace("\u2019", "'")
    return word not in _NOT_SMALL and (word in _small(primary(language) or "en") or not stem)


@lru_cache(maxsize=64)
def _small(language: str) -> frozenset[str]:
    language = "en" if language == "und" else language
    found = stop_words(language) | set(_SPEAKING.get(language, "").split())
    return found | FUNCTION_WORDS if language == "en" else found
