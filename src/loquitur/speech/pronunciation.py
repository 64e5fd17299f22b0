"""How an English word that is in no dictionary may be said, in the phones of CMUdict.

A short table of letter groups, longest first, with what may stand around them: after the idea of
Elovitz et al. 1976, "Letter-to-sound rules for automatic translation of English text to
phonetics", the table is our own. It is meant for names and new words in a text that is aligned
with sound: there, about the right number of about the right phones is enough.
"""

from __future__ import annotations

import re
from functools import cache

_VOWELS = "aeiouy"

# (letters, what must follow as a pattern, phones); `^` before letters: only where a word begins.
_RULES: tuple[tuple[str, str, str], ...] = (
    ("^kn", "", "N"), ("^gn", "", "N"), ("^wr", "", "R"), ("^ps", "", "S"), ("^pn", "", "N"),
    ("^x", "", "Z"), ("^who", "", "HH UW"), ("^wh", "", "W"), ("^mc", "", "M AH K"),
    ("^y", "[aeiou]", "Y"),
    ("tious", "", "SH AH S"), ("cious", "", "SH AH S"), ("ssion", "", "SH AH N"),
    ("tion", "", "SH AH N"), ("sion", "", "ZH AH N"), ("cian", "", "SH AH N"),
    ("cial", "", "SH AH L"), ("tial", "", "SH AH L"), ("ture", "$", "CH ER"),
    ("ough", "t", "AO"), ("ough", "", "OW"), ("augh", "", "AO"), ("eigh", "", "EY"),
    ("igh", "", "AY"), ("tch", "", "CH"), ("sch", "", "S K"), ("dge", "", "JH"),
    ("gh", "$", ""), ("gh", "[aeiou]", "G"), ("gh", "", ""),
    ("ce", "s?$", "S"), ("ge", "s?$", "JH"), ("le", "$", "AH L"), ("les", "$", "AH L Z"),
    ("ies", "$", "IY Z"), ("ed", "$", "D"), ("es", "$", "Z"), ("ing", "$", "IH NG"),
    ("'s", "$", "Z"), ("n't", "$", "AH N T"), ("ous", "$", "AH S"), ("age", "$", "IH JH"),
    ("ate", "", "EY T"), ("ake", "", "EY K"), ("ame", "", "EY M"), ("ane", "", "EY N"),
    ("ade", "", "EY D"), ("ale", "", "EY L"), ("ave", "", "EY V"), ("ase", "", "EY S"),
    ("ide", "", "AY D"), ("ike", "", "AY K"), ("ime", "", "AY M"), ("ine", "", "AY N"),
    ("ite", "", "AY T"), ("ive", "", "AY V"), ("ise", "", "AY Z"), ("ize", "", "AY Z"),
    ("one", "", "OW N"), ("ome", "", "OW M"), ("ose", "", "OW Z"), ("ote", "", "OW T"),
    ("oke", "", "OW K"), ("ore", "", "AO R"), ("ure", "", "Y UH R"), ("une", "", "UW N"),
    ("ute", "", "UW T"), ("use", "", "Y UW Z"), ("are", "", "EH R"), ("ere", "", "IH R"),
    ("ire", "", "AY ER"), ("air", "", "EH R"), ("ear", "", "IH R"), ("eer", "", "IH R"),
    ("oor", "", "AO R"), ("our", "", "AO R"), ("ar", "", "AA R"), ("er", "", "ER"),
    ("ir", "", "ER"), ("ur", "", "ER"), ("or", "", "AO R"), ("yr", "", "ER"),
    ("ai", "", "EY"), ("ay", "", "EY"), ("au", "", "AO"), ("aw", "", "AO"), ("ee", "", "IY"),
    ("ea", "", "IY"), ("ei", "", "IY"), ("ey", "$", "IY"), ("ey", "", "EY"), ("eu", "", "UW"),
    ("ew", "", "UW"), ("ie", "$", "IY"), ("ie", "", "IY"), ("oa", "", "OW"), ("oe", "", "OW"),
    ("oi", "", "OY"), ("oy", "", "OY"), ("oo", "", "UW"), ("ou", "", "AW"), ("ow", "$", "OW"),
    ("ow", "", "AW"), ("ue", "$", "UW"), ("ui", "", "UW"), ("ia", "", "IY AH"),
    ("io", "", "IY OW"), ("qu", "", "K W"), ("ch", "[lr]", "K"), ("ch", "", "CH"),
    ("ck", "", "K"), ("sh", "", "SH"), ("th", "", "TH"), ("ph", "", "F"), ("wh", "", "W"),
    ("ng", "$", "NG"), ("nk", "", "NG K"), ("gg", "", "G"), ("cc", "[ei]", "K S"),
    ("sc", "[ei]", "S"), ("mb", "$", "M"), ("al", "$", "AH L"), ("all", "", "AO L"),
    ("a", "$", "AH"), ("a", "[^aeiouy][aeiouy]", "EY"), ("a", "", "AE"),
    ("e", "$", ""), ("e", "", "EH"), ("i", "$", "IY"), ("i", "", "IH"),
    ("o", "$", "OW"), ("o", "[^aeiouy][aeiouy]", "OW"), ("o", "", "AA"),
    ("u", "$", "UW"), ("u", "[^aeiouy][aeiouy]", "UW"), ("u", "", "AH"),
    ("y", "$", "IY"), ("y", "[aeiou]", "Y"), ("y", "", "IH"),
    ("b", "", "B"), ("c", "[eiy]", "S"), ("c", "", "K"), ("d", "", "D"), ("f", "", "F"),
    ("g", "[eiy]", "JH"), ("g", "", "G"), ("h", "", "HH"), ("j", "", "JH"), ("k", "", "K"),
    ("l", "", "L"), ("m", "", "M"), ("n", "", "N"), ("p", "", "P"), ("q", "", "K"),
    ("r", "", "R"), ("s", "$", "Z"), ("s", "", "S"), ("t", "", "T"), ("v", "", "V"),
    ("w", "", "W"), ("x", "", "K S"), ("z", "", "Z"), ("'", "", ""),
)  # fmt: skip
_LETTERS = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY",
    "h": "EY CH", "i": "AY", "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N",
    "o": "OW", "p": "P IY", "q": "K Y UW", "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW",
    "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S", "y": "W AY", "z": "Z IY",
}  # fmt: skip


@cache
def _table() -> tuple[tuple[str, bool, re.Pattern[str], str], ...]:
    """The rules, longest first: letters, only at the start, what follows, phones."""
    ordered = sorted(_RULES, key=lambda rule: -len(rule[0].lstrip("^")))
    return tuple(
        (letters.lstrip("^"), letters.startswith("^"), re.compile(after), phones)
        for letters, after, phones in ordered
    )


def pronounce(word: str) -> str:
    """A likely pronunciation in ARPAbet without stress, phones set off by blanks.

    A word without a vowel, or of silent letters alone, is spelt. Empty without a Latin letter.

    >>> pronounce("frobnitz"), pronounce("nlp"), pronounce("dashwood")
    ('F R AA B N IH T Z', 'EH N EH L P IY', 'D AE SH W UW D')
    """
    plain = "".join(sign for sign in word.lower() if sign in _LETTERS or sign == "'").strip("'")
    if not any(sign in _VOWELS for sign in plain):
        return " ".join(_LETTERS[sign] for sign in plain if sign in _LETTERS)
    phones: list[str] = []
    at = 0
    while at < len(plain):
        letters, said = _applied(plain, at)
        new = said.split()
        # a doubled consonant is said once
        phones.extend(new[1:] if phones and new and new[0] == phones[-1] else new)
        at += len(letters)
    if not phones:
        phones = [_LETTERS[sign] for sign in plain if sign in _LETTERS]
    return " ".join(phones)


def _applied(plain: str, at: int) -> tuple[str, str]:
    for letters, first_only, after, phones in _table():
        if first_only and at:
            continue
        if plain.startswith(letters, at) and after.match(plain, at + len(letters)):
            return letters, phones
    return plain[at], ""
