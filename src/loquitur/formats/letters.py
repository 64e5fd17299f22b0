"""How languages look in letters: what a guess at an encoding is held against.

Of each language the letters beyond ASCII in the order of how often they are met, and the commonest
short words. The orders are general knowledge of the languages, written down by hand; no text was
counted for them, so nothing here is fitted to any file.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How one language looks.

    Args:
        pages: The encodings it is met in, the commonest first.
        letters: Its letters beyond ASCII, the commonest first.
        words: Its commonest short words.
        case: Whether its letters have case.
    """

    pages: tuple[str, ...]
    letters: str
    words: frozenset[str] = frozenset()
    case: bool = True

    @property
    def latin(self) -> bool:
        """Whether it is written in Latin letters with some beyond ASCII among them."""
        return self.letters[0] < "\u0370"


_WEST = ("cp1252", "cp850")
_CENTRE = ("cp1250", "iso8859_2", "cp852")
_CYRILLIC = ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic")
_BALTIC = ("cp1257", "iso8859_13")


def _script(pages: tuple[str, ...], letters: str, words: str = "", *, case: bool = True) -> Script:
    return Script(
        pages=pages, letters=letters.replace(" ", ""), words=frozenset(words.split()), case=case
    )


SCRIPTS: dict[str, Script] = {
    "en": _script(
        _WEST, "éèêçñöü",
        "the of and to in is that it you was for on are with i he be this have not",
    ),
    "fr": _script(
        _WEST, "éàèêçùâûîôœëïüÿ",
        "de la le et les des en un une du dans est que pour qui pas sur plus par je il ne "
        "vous nous ce se au a on c est n d l à été où même très",
    ),
    "es": _script(
        _WEST, "óíáéñúü",
        "de la que el en y a los se del las un por con no una su para es al lo como más pero "
        "sus le ha me si sin sobre este ya muy está qué él también",
    ),
    "pt": _script(
        _WEST, "ãçáéíêóõúâàôü",
        "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao "
        "ele das à seu sua ou quando muito nos já eu também só é está são isso você até",
    ),
    "de": _script(
        _WEST, "üäößé",
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als "
        "auch es an er hat aus bei wir ich sie so wie über können wird werden",
    ),
    "it": _script(
        _WEST, "àèùòìéî",
        "di e il la che in a un per è del non una le si da con i dei sono al come lo più ma "
        "della ha se anche o c nel questo gli perché cosa così può ho mi",
    ),
    "nl": _script(
        _WEST, "ëéïöèüó",
        "de en van het een in is dat op te zijn met voor niet aan er om ook als dan maar ze "
        "bij nog uit wel ik je we hij naar",
    ),
    "sv": _script(
        _WEST, "äåöé",
        "och i att det som en på är av för med den till inte har de ett om jag så men vi kan "
        "från du han var man nu när också",
    ),
    "da": _script(
        _WEST, "åæøé",
        "og i at det er en til af på den for med de som ikke der har et jeg var vi han så kan "
        "fra men du om når også",
    ),
    "no": _script(
        _WEST, "åøæéò",
        "og i det er på en til som av for at med den de ikke har et jeg var vi han så kan fra "
        "men du om når også etter",
    ),
    "fi": _script(
        _WEST, "äöåšž",
        "ja on ei että se oli hän mutta ovat joka kun niin myös olen mitä en minä sinä nyt "
        "tämä jos hyvä vain kuin",
    ),
    "is": _script(
        _WEST, "ðáíþéóöúæý",
        "og að í á er sem við til það um en ekki með hann fyrir af var því ég þetta þú hún",
    ),
    "ca": _script(
        _WEST, "àéèóíòçúïü·",
        "de la i que el a en els les per un no es una amb del al més com són però si va és "
        "ser aquest",
    ),
    "pl": _script(
        _CENTRE, "łęąóżśćńź",
        "w i nie na z się do to że jest o jak a co ale po tak za od by już tym go tego ja mi "
        "są czy dla może też przez więc",
    ),
    "cs": _script(
        _CENTRE, "íáěéýžčřšůúóťňď",
        "a se v na je že to s z o i do ve jsem ale pro k za by co tak jako po si jsme není "
        "být jsou už který když která",
    ),
    "sk": _script(
        _CENTRE, "áíýéčúžšľťňôóäďŕĺ",
        "a sa v na je že to s z o i do vo som ale pre k za by čo tak ako po si sme nie byť sú "
        "už ktorý keď",
    ),
    "hu": _script(
        _CENTRE, "éáőóöüíűú",
        "a az és hogy nem is egy ez de van meg volt csak már ha mint én azt még mert ki te "
        "vagy kell mi olyan itt ezt nagyon",
    ),
    "ro": _script(
        _CENTRE, "ăîşţâșț",
        "de și în a la cu pe că nu o din un se să o mai este ce pentru sunt care am ca dar "
        "era ei au fost",
    ),
    "hr": _script(
        _CENTRE, "čšžćđ",
        "i je u da na se za ne su od to s a sam što ali ti ja kako si o po bi samo sve smo "
        "ako nije će",
    ),
    "sl": _script(
        _CENTRE, "čšžćđ",
        "in je v da na se za ne so od to z s pa sem kaj ali ti jaz kako si o po bi samo vse "
        "smo če ni ki",
    ),
    "tr": _script(
        ("cp1254", "cp857"), "ıüşğçöİâî",
        "bir ve bu da de için ne o mi ben çok var ama gibi daha sen değil ile ki mı şey kadar evet "
        "olarak en olan sonra",
    ),
    "lt": _script(
        _BALTIC, "ėųšįžčąūę",
        "ir yra kad į ne tai su iš o aš bet kaip tu jis mes buvo už ar per tik",
    ),
    "lv": _script(
        _BALTIC, "āīēšņļūžķčģ",
        "un ir es tu ka no ar uz par tas kas bet tā viņš mēs nav vai pie tikai kā",
    ),
    "et": _script(
        ("cp1257", "cp1252"), "äõüöšž",
        "ja on ei et see ma ta oli aga kui ka mis sa või siis nii mind mida kes veel",
    ),
    "vi": _script(
        ("cp1258",), "\u0300\u0301đưâêôơă\u0323\u0309\u0303áàéíóúý",
        "là và của có không được cho một trong người những đó này với các tôi",
    ),
    "ru": _script(
        _CYRILLIC, "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
        "и в не на я что он с как это по но они мы она к из у за вы так же от бы все для о то "
        "было а",
    ),
    "uk": _script(
        ("cp1251", "koi8_u", "cp1125", "mac_cyrillic"), "оаниівтерсклупдмзябьгйчхжцшюєїщфґ",
        "і в не на що я з до та це як у він за ми для від але по є ви так про вони його було "
        "а в й є",
    ),
    "bg": _script(
        ("cp1251", "iso8859_5", "cp866"), "аоеитнрсвлкдпмзгъубчщяцжшхйфюь",
        "и на да се в за не е от с че по ще как са това до си ли го но аз той ми така с в а я ѝ",
    ),
    "sr": _script(
        ("cp1251", "iso8859_5"), "аоеинрстувкдјлмпзгбчшћцжхњљђфџ",
        "и је у да на се за не су од то са а сам што али ти ја како си о по би само",
    ),
    "el": _script(
        ("cp1253", "iso8859_7"), "αοιετσνηυρπκμλςίάόέγδήύώθωφβχξζψϊΐϋΰ",
        "και το να του η της με που για την στο ο είναι τον από τα δεν οι σε των μας τι θα "
        "ένα ή ό ω",
    ),
    "he": _script(
        ("cp1255", "iso8859_8", "cp862"), "יוהלאמתבשרנםדחקעגפטכסזןץצךף",
        "של את על לא זה אני הוא עם כי גם אם היא מה יש כל או אבל אתה", case=False,
    ),
    "ar": _script(
        ("cp1256", "iso8859_6"), "اليمنروتبدعسفهكقحأةجشىصذخطزضإءغئظؤآثپچگ",
        "في من على أن إلى لا ما هذا هو عن التي أو كان مع لم هل قد كل", case=False,
    ),
    "fa": _script(
        ("cp1256",), "اینردمهتوبسشکگخزعفچحقجصطپضآذلغظثژئءيك",
        "و در به از که این را با است برای آن یک من تو ما هم", case=False,
    ),
    "th": _script(
        ("cp874", "tis_620"),
        "านรอกเงมยลวดทส\u0e35\u0e49\u0e48\u0e34ตคะ\u0e31ปบห\u0e38\u0e39\u0e37แพใไช\u0e47จผข"
        "\u0e33\u0e4cถโธศซณฟภ\u0e36ญฉๆษฝฐฎฆฏฒฬฌฤฑ",
        case=False,
    ),
    "ko": _script(
        ("cp949", "johab"),
        "이다는에을가의고하지로은한기를나그도어서사있리아자해것시대라과수들정으요니인보안게일전제부거만"
        "주장여우았었없했면까데와내저신상스공동생무국세원오치러야음같때구조소방말위비문화성연미선유관적간",
        case=False,
    ),
    "ja": _script(
        ("cp932", "euc_jp"),
        "のにをはがでとたしいるてなかられもこりすっあんうまだくそよきさどけ、。つ思えじおちばせみほわめやげびひ"
        "れごゃねろょふぶずむべへぐゆぎづぼゅアイウエオカキクケコサシスセソタチツテトナニネノハフホマミムメモ"
        "ラリルレロワンーガギグゲゴジズダデドバビブベボパピプペポッャュョ日人一大年本中出見行分上時生言事者",
        case=False,
    ),
    "zh": _script(
        ("gb18030",),
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过"
        "发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本"
        "前开但因只从想实，。？！：“”、",
        case=False,
    ),
    "zh-tw": _script(
        ("big5hkscs", "gb18030"),
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過"
        "發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本"
        "前開但因只從想實，。？！：「」、",
        case=False,
    ),
}  # fmt: skip
"""What is known, by primary subtag; Chinese in traditional characters is `zh-tw`."""

ALIKE = {
    "nb": "no", "nn": "no", "bs": "hr", "sh": "hr", "iw": "he", "ur": "fa", "be": "uk", "mk": "sr",
    "gl": "pt", "eu": "es", "cmn": "zh", "yue": "zh-tw", "mo": "ro", "az": "tr", "sq": "fr",
    "id": "en", "ms": "en", "cy": "fr", "ga": "fr", "lb": "de", "fo": "is",
}  # fmt: skip
"""Languages written like another one in the table."""

MARKS = "’“”‘…–—«»„‚¿¡‹›\u00a0、。「」，？！：；（）《》·"
"""Signs beyond ASCII that captions have in any language."""
RARE_MARKS = "°€£©®™½¼¾²³×•♪♫§ªº¹¥¢±†µ\u00ad\u200e\u200f\u200b→←『』～．％＆／［］【】〉〈・ー○●"
