"""Words as classes: closed-class English words by name, all others by how they end.

The lists are written by hand: function words, contractions, and the words with which people begin
and hold a sentence when they speak. Content words never stand for themselves, so nothing here
knows what a text is about.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ARTICLES = "a an the this that these those some any each every no all both either neither another"
_PRONOUNS = (
    "i you he she it we they me him her us them my your his its our their mine yours hers ours"
    " theirs myself yourself himself herself itself ourselves themselves one ones who whom whose"
    " which what whatever whoever someone somebody something anyone anybody anything everyone"
    " everybody everything nobody nothing none others other"
)
_AUXILIARIES = (
    "am is are was were be been being do does did doing done have has had having will would shall"
    " should can could may might must ought need used let lets gonna wanna gotta going cannot"
)
_CONTRACTIONS = (
    "i'm you're he's she's it's we're they're i've you've we've they've i'd you'd he'd she'd we'd"
    " they'd i'll you'll he'll she'll it'll we'll they'll that's there's here's what's who's"
    " where's how's let's that'll there'll don't doesn't didn't isn't aren't wasn't weren't haven't"
    " hasn't hadn't won't wouldn't shouldn't can't couldn't mustn't ain't y'all"
)
_PREPOSITIONS = (
    "of in to for with on at from by about as into through during before after above below between"
    " among under over against across behind beyond within without along around near off out up"
    " down onto upon toward towards per via like than except despite inside outside since until"
    " till besides plus"
)
_CONJUNCTIONS = (
    "and or but nor so yet because if when while whereas although though unless whether where how"
    " why once whenever wherever"
)
_ADVERBS = (
    "not never always often sometimes usually ever just only even also too very quite really"
    " actually basically probably maybe perhaps certainly definitely obviously clearly generally"
    " typically essentially finally first second third next then now here there again still already"
    " almost away back else instead however therefore thus hence otherwise anyway meanwhile"
    " together today tomorrow yesterday tonight later soon ago far much more most less least many"
    " few several enough such same own well right okay ok yes yeah yep nope sure alright great"
    " good oh uh um ah hey hi hello thanks thank please sorry welcome wow pretty kind sort bit lot"
    " lots example course fact instance"
)
_VERBS = (
    "know think mean see say said says want wants wanted go goes went get gets got make makes made"
    " take takes come comes came look looks use uses using give gives tell show shows talk talking"
    " work works happen happens happened find call called put keep start started try trying ask"
    " guess believe hope feel seems seem imagine remember notice understand add set run"
)
_NOUNS = (
    "thing things way ways people time times day days year years question questions point part"
    " place world problem case side end number idea reason guys man men woman women everybody"
)
_NUMBERS = (
    "zero two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty"
    " sixty seventy eighty ninety hundred thousand million billion half"
)
FILLERS = frozenset(("uh", "um", "uhm", "er", "erm", "ah", "hm", "hmm", "mm", "mhm"))
QUESTION_WORDS = frozenset(("what", "who", "whom", "whose", "which", "where", "when", "why", "how"))
_INVERTING = (
    "is are was were am do does did have has had will would shall should can could may might must"
    " isn't aren't wasn't weren't don't doesn't didn't haven't hasn't won't wouldn't can't couldn't"
    " shouldn't"
)
INVERTING = frozenset(_INVERTING.split())
_SUBJECTS = (
    "i you he she it we they there this that these those anyone anybody everyone everybody someone"
    " somebody the your my our his her their any"
)
SUBJECTS = frozenset(_SUBJECTS.split())

NAMED: tuple[str, ...] = tuple(
    dict.fromkeys(
        " ".join(
            (
                *(_ARTICLES, _PRONOUNS, _AUXILIARIES, _CONTRACTIONS, _PREPOSITIONS),
                *(_CONJUNCTIONS, _ADVERBS, _VERBS, _NOUNS, _NUMBERS),
            )
        ).split()
    )
)
FUNCTION_WORDS = frozenset(
    " ".join(
        (_ARTICLES, _PRONOUNS, _AUXILIARIES, _CONTRACTIONS, _PREPOSITIONS, _CONJUNCTIONS)
    ).split()
)
NUMBER_WORDS = frozenset(
    f"{_NUMBERS} one first thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
)
_ENDINGS: tuple[tuple[str, str], ...] = (
    ("figures", r".*\d.*"),
    ("ing", r".{3,}ing"), ("ed", r".{2,}ed"), ("ly", r".{3,}ly"),
    ("tion", r".{2,}[ts]ion"), ("tions", r".{2,}[ts]ions"), ("ment", r".{3,}ments?"),
    ("ness", r".{3,}(?:ness|ity|ism|ship)"), ("ities", r".{3,}(?:ities|isms|ships)"),
    ("able", r".{3,}[ai]ble"), ("al", r".{3,}[aei]al|.{3,}[nrt]al"), ("ive", r".{3,}ive"),
    ("ous", r".{3,}ous"), ("ful", r".{3,}(?:ful|less)"), ("ic", r".{3,}ic"),
    ("est", r".{3,}est"), ("er", r".{3,}[eo]r"), ("ers", r".{3,}[eo]rs"),
    ("ize", r".{3,}i[sz]e"), ("ies", r".{2,}ies"), ("y", r".{3,}y"),
    ("possessive", r".+'s"), ("contracted", r".+'(?:re|ve|ll|d|m|t)"),
    ("ss", r".+ss"), ("s", r".{2,}s"), ("letter", r"."), ("short", r".{2,3}"),
    ("middle", r".{4,6}"),
)  # fmt: skip
_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _ENDINGS)
_CLASSES = ("<edge>", *NAMED, *(name for name, _ in _ENDINGS), "long")
_OF_NAMED = {name: number for number, name in enumerate(_CLASSES) if 0 < number <= len(NAMED)}

CLASS_COUNT = len(_CLASSES)
EDGE = 0
"""The class of what lies before the first word and after the last."""


@lru_cache(maxsize=65536)
def word_class(word: str) -> int:
    """The class of an English word in lower case, without punctuation, from 1 to `CLASS_COUNT` - 1.

    >>> word_class("the") == word_class("a"), word_class("walking") == word_class("running")
    (False, True)
    """
    known = _OF_NAMED.get(word)
    if known is not None:
        return known
    for number, (_, pattern) in enumerate(_PATTERNS, start=len(NAMED) + 1):
        if pattern.fullmatch(word):
            return number
    return CLASS_COUNT - 1
