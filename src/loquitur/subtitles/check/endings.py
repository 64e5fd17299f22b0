"""Words that a line should not end with: they belong to what follows.

Articles, prepositions, conjunctions, possessives and auxiliaries of some languages, gathered from
the schoolbook for this package; the guidelines name the classes (Netflix, "Line Treatment").
"""

from __future__ import annotations

import re

_ENDINGS: dict[str, str] = {
    "en": """a an the of in on at by for with from into onto to and or but nor if because when while
        although though unless until my your his her its our their i he she we they
        am is are was were be been have has had do does did will would shall should can could may
        might must mr. mrs. ms. dr. prof.""",
    "de": """der die das den dem des ein eine einen einem einer eines kein keine in im an am auf aus
        bei beim mit nach von vom zu zum zur über unter vor zwischen durch für gegen ohne um und
        oder aber denn weil dass wenn ob als mein dein sein ihr unser euer ich du er wir nicht""",
    "fr": """le la les un une des du de au aux à en dans sur sous par pour avec sans chez vers et ou
        mais donc car ni que qui si quand mon ma mes ton ta tes son sa ses notre nos votre vos leur
        leurs ce cette ces je tu il elle on nous vous ils elles ne se""",
    "es": """el la los las un una unos unas de del al a en con por para sin sobre entre hacia hasta
        desde y e o u pero ni que si cuando como mi mis tu tus su sus nuestro nuestra este esta
        estos estas se lo le les me te nos no muy""",
    "pt": """o a os as um uma uns umas de do da dos das em no na nos nas a ao à aos às por pelo pela
        para com sem sobre entre até e ou mas nem que se quando como meu minha teu tua seu sua
        nosso nossa este esta esse essa não muito""",
    "it": """il lo la i gli le un uno una di del dello della dei degli delle a al allo alla ai agli
        alle da dal dalla in nel nella nei con su sul sulla per tra fra e ed o ma né che se quando
        come mio mia tuo tua suo sua nostro nostra questo questa non si mi ti ci vi""",
    "nl": """de het een in op aan bij met van voor naar uit over onder tussen door tegen zonder om
        te en of maar want omdat dat als toen mijn jouw zijn haar ons onze hun ik je jij hij zij we
        wij niet""",
    "sv": """en ett den det de i på av för med till från om under över mellan utan och eller men att
        som när om min din sin hans hennes vår er deras jag du han hon vi inte""",
    "da": """en et den det de i på af for med til fra om under over mellem uden og eller men at som
        når hvis min din sin hans hendes vores jeres deres jeg du han hun vi ikke""",
    "no": """en et ei den det de i på av for med til fra om under over mellom uten og eller men at
        som når hvis min din sin hans hennes vår deres jeg du han hun vi ikke""",
    "ru": """в во на с со к ко о об от до из за под над при для без по через между у и а но или что
        чтобы если когда как мой моя твой его её их наш ваш я ты он она мы вы они не ни""",
    "uk": """в у на з із зі до о об від за під над при для без по через між і й та а але або що щоб
        якщо коли як мій твій його її їх наш ваш я ти він вона ми ви вони не ні""",
    "pl": """w we na z ze do o od za pod nad przy dla bez po przez między u i a ale lub albo oraz że
        żeby jeśli gdy jak mój twój jego jej ich nasz wasz ja ty on ona my wy nie""",
    "cs": """v ve na s se z ze k ke o od do za pod nad při pro bez po přes mezi u i a ale nebo že
        aby když jak můj tvůj jeho její náš váš já ty on ona my vy ne""",
    "tr": "ve veya ya da ama fakat ki bir bu şu o çok en",
    "el": """ο η το οι τα τον την του της των ένας μια ένα σε στο στη στην από με για προς και ή
        αλλά ότι αν όταν δεν να θα""",
    "ar": "في من إلى على عن مع و أو لكن أن إن لا ما لم لن هذا هذه",
    "he": "של על את עם אל מן או אבל כי אם לא זה זו",
    "hi": "और या लेकिन कि एक यह वह बहुत नहीं",
}
_ENDINGS["nb"] = _ENDINGS["nn"] = _ENDINGS["no"]
_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _ENDINGS.items()
}
_KANJI = re.compile("[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_HIRAGANA = re.compile("[\u3041-\u309f]")
_KATAKANA = re.compile("[\u30a1-\u30ff]")
_NAME_END = tuple(".!?,;:…")


def hangs(word: str, following: str, language: str) -> bool:
    """Whether a line that ends with a word parts it from the one that follows.

    >>> hangs("the", "sea", "en"), hangs("Ada", "Lovelace", "en"), hangs("sea", "is", "en")
    (True, True, False)
    """
    bare = word.strip("\"'“”‘’«»()[]-–—¿¡")
    if bare.casefold() in _WORDS.get(language, ()):
        return bare != "I" or following[:1].islower()
    if bare.isdigit() and following[:1].isalpha():
        return True
    capitals = bare[:1].isupper() and following[:1].isupper()
    return (
        capitals and language != "de" and not word.endswith(_NAME_END) and _inner(bare, following)
    )


def seam(word: str, following: str) -> float:
    """What it costs to part two units of a script without blanks, from 0 to 1.

    Japanese phrases end in hiragana and begin with another sign; a run of one script, and hiragana
    behind anything else, is the inside of a word or its ending. Chinese words are not known here.

    >>> seam("は", "何"), seam("見", "え"), seam("ー", "モ"), seam("a", "b")
    (0.0, 0.9, 1.0, 0.0)
    """
    last, first = word[-1], following[:1]
    if _HIRAGANA.match(first):
        return 0.9
    if _KATAKANA.match(last) and _KATAKANA.match(first):
        return 1.0
    return 0.5 if _KANJI.match(last) and _KANJI.match(first) else 0.0


def _inner(word: str, following: str) -> bool:
    """Names are two words of which not all letters are capitals."""
    return word[1:].islower() and following[1:2].islower()
