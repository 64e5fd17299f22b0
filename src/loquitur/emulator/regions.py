"""`i18nLanguages.list`, `i18nRegions.list` and `videoCategories.list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.emulator import filters
from loquitur.emulator.exchange import Refusal, Reply
from loquitur.emulator.parts import stamp

if TYPE_CHECKING:
    from loquitur.emulator.exchange import Request

CATEGORIES = {
    "1": "Film & Animation",
    "2": "Autos & Vehicles",
    "10": "Music",
    "15": "Pets & Animals",
    "17": "Sports",
    "18": "Short Movies",
    "19": "Travel & Events",
    "20": "Gaming",
    "21": "Videoblogging",
    "22": "People & Blogs",
    "23": "Comedy",
    "24": "Entertainment",
    "25": "News & Politics",
    "26": "Howto & Style",
    "27": "Education",
    "28": "Science & Technology",
}
_NOT_ASSIGNABLE = ("18", "21")
TOPICS = (
    ("Lifestyle_(sociology)",),
    ("Knowledge",),
    ("Music", "Jazz"),
    ("Society", "Politics"),
    ("Technology",),
    ("Hobby",),
    ("Sport",),
)
LANGUAGES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "bn": "Bangla", "de": "German",
    "el": "Greek", "en": "English", "en-GB": "English (United Kingdom)", "en-IN": "English (India)",
    "es": "Spanish (Spain)", "es-419": "Spanish (Latin America)", "es-US": "Spanish (US)",
    "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fil": "Filipino", "fr": "French",
    "fr-CA": "French (Canada)", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian",
    "is": "Icelandic", "it": "Italian", "iw": "Hebrew", "ja": "Japanese", "ka": "Georgian",
    "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese (Brazil)",
    "pt-PT": "Portuguese (Portugal)", "ro": "Romanian", "ru": "Russian", "sr": "Serbian",
    "sr-Latn": "Serbian (Latin)", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese",
    "zh-CN": "Chinese (China)", "zh-HK": "Chinese (Hong Kong)", "zh-TW": "Chinese (Taiwan)",
    "zu": "Zulu",
}  # fmt: skip
REGIONS = {
    "AE": "United Arab Emirates", "AR": "Argentina", "AT": "Austria", "AU": "Australia",
    "BE": "Belgium", "BR": "Brazil", "CA": "Canada", "CH": "Switzerland", "CL": "Chile",
    "CO": "Colombia", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark", "EG": "Egypt",
    "ES": "Spain", "FI": "Finland", "FR": "France", "GB": "United Kingdom", "GE": "Georgia",
    "GH": "Ghana", "GR": "Greece", "HK": "Hong Kong", "HU": "Hungary", "ID": "Indonesia",
    "IE": "Ireland", "IL": "Israel", "IN": "India", "IT": "Italy", "JP": "Japan", "KE": "Kenya",
    "KR": "South Korea", "MX": "Mexico", "NG": "Nigeria", "NL": "Netherlands", "NO": "Norway",
    "NZ": "New Zealand", "PE": "Peru", "PH": "Philippines", "PL": "Poland", "PT": "Portugal",
    "RO": "Romania", "SE": "Sweden", "SG": "Singapore", "TH": "Thailand", "TR": "Türkiye",
    "TW": "Taiwan", "UA": "Ukraine", "US": "United States", "VN": "Vietnam", "ZA": "South Africa",
}  # fmt: skip


def languages(request: Request) -> Reply:
    """`i18nLanguages.list`: the languages of the service's own pages."""
    filters.parts(request, ("id", "snippet"))
    kind = "youtube#i18nLanguage"
    return _listed(request, kind, {c: {"hl": c, "name": name} for c, name in LANGUAGES.items()})


def regions(request: Request) -> Reply:
    """`i18nRegions.list`: the countries that have a page of their own."""
    filters.parts(request, ("id", "snippet"))
    kind = "youtube#i18nRegion"
    return _listed(request, kind, {c: {"gl": c, "name": name} for c, name in REGIONS.items()})


def categories(request: Request) -> Reply:
    """`videoCategories.list`: by ids, or those of a country."""
    filters.parts(request, ("id", "snippet"))
    way = filters.chosen(request, "id", "regionCode")
    asked = list(CATEGORIES)
    if way == "id":
        asked = filters.ids(request)
        if not any(code in CATEGORIES for code in asked):
            raise Refusal(
                404,
                "videoCategoryNotFound",
                "The video category could not be found.",
                domain="youtube.videoCategory",
                location="id",
            )
    elif request.given[way].upper() not in REGIONS:
        raise filters.invalid(way, "Invalid region code.")
    known = {
        code: {
            "title": CATEGORIES[code],
            "assignable": code not in _NOT_ASSIGNABLE,
            "channelId": "UCBR8-60-B28hp2BmDPdntcQ",
        }
        for code in asked
        if code in CATEGORIES
    }
    return _listed(request, "youtube#videoCategory", known)


def _listed(request: Request, kind: str, known: dict[str, dict[str, Any]]) -> Reply:
    items = [
        {"kind": kind, "etag": stamp(kind, code), "id": code}
        | ({"snippet": snippet} if "snippet" in request.parts else {})
        for code, snippet in known.items()
    ]
    return Reply(body={"kind": f"{kind}ListResponse", "items": items})
