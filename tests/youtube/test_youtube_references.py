"""Ids of videos, channels and playlists out of everything people paste."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.youtube.references import channel_reference, playlist_id, video_id

ID = "-_bCdEfGh1J"
CHANNEL = "UC_x5XG1OV2P6uZZ5FSM9Ttw"
VIDEOS = [
    ID,
    f"  {ID}\n",
    f"https://www.youtube.com/watch?v={ID}",
    f"http://youtube.com/watch?v={ID}&t=1m3s",
    f"https://www.youtube.com/watch?list=PLabcdefghijklmn&index=3&v={ID}",
    f"https://www.youtube.com/watch?app=desktop&v={ID}#t=10",
    f"youtube.com/watch?v={ID}",
    f"www.youtube.com/watch?v={ID}",
    f"https://www.youtube.com/watch/{ID}",
    f"https://youtu.be/{ID}",
    f"youtu.be/{ID}?si=abcdef&t=33",
    f"https://m.youtube.com/watch?v={ID}",
    f"https://music.youtube.com/watch?v={ID}&list=RDAMVM{ID}",
    f"https://www.youtube.com/shorts/{ID}?feature=share",
    f"https://www.youtube.com/live/{ID}?si=x",
    f"https://www.youtube.com/embed/{ID}?start=10",
    f"https://www.youtube-nocookie.com/embed/{ID}",
    f"https://www.youtube.com/v/{ID}?version=3",
    f"https://www.youtube.com/e/{ID}",
    f"https://WWW.YOUTUBE.COM/watch?v={ID}",
    f"https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3D{ID}%26feature%3Dshare",
    f"https://www.youtube.com/redirect?q=https%3A%2F%2Fyoutu.be%2F{ID}&v=aaaaaaaaaaa",
    f"https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{ID}&gl=DE",
    f"https://www.google.com/url?q=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{ID}&sa=U",
    f"https://www.youtube.com/oembed?url=https%3A%2F%2Fyoutu.be%2F{ID}&format=json",
    f"https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{ID}",
    f"https://www.youtube.com/#/watch?v={ID}",
    f"https://i.ytimg.com/vi/{ID}/hqdefault.jpg",
    f"https://img.youtube.com/vi_webp/{ID}/0.webp",
    f"//www.youtube.com/embed/{ID}",
    f"https://studio.youtube.com/video/{ID}/translations",
]


@pytest.mark.parametrize("text", VIDEOS)
def test_a_video_from_every_known_address(text):
    assert video_id(text) == ID


@pytest.mark.parametrize(
    "text",
    [
        "", "abc", ID + "x", "https://www.youtube.com/", f"https://example.org/watch?v={ID}",
        f"https://www.youtube.com/@{ID}", "https://www.youtube.com/embed/videoseries?list=PLabcdefghij",
        "https://www.youtube.com/playlist?list=PLabcdefghijkl", "https://youtube.com/clip/Ugkxabcdef",
        "https://[", "videoseries", "https://www.youtube.com/#" + "&a=1" * 200,
    ],
)  # fmt: skip
def test_what_names_no_video_is_refused_in_one_line(text):
    with pytest.raises(InputError) as caught:
        video_id(text)
    assert caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (CHANNEL, "id", CHANNEL),
        (f"https://www.youtube.com/channel/{CHANNEL}/videos", "id", CHANNEL),
        ("@GoogleDevelopers", "handle", "GoogleDevelopers"),
        ("GoogleDevelopers", "handle", "GoogleDevelopers"),
        ("https://www.youtube.com/@GoogleDevelopers/streams", "handle", "GoogleDevelopers"),
        ("https://m.youtube.com/@GoogleDevelopers?si=x", "handle", "GoogleDevelopers"),
        ("https://www.youtube.com/@%E5%90%8D%E5%89%8D%E3%81%A0", "handle", "名前だ"),
        ("@мой-канал", "handle", "мой-канал"),
        ("https://www.youtube.com/user/Old.Name/about", "user", "Old.Name"),
        ("https://www.youtube.com/c/Custom", "custom", "Custom"),
        (f"https://youtu.be/{ID}", "video", ID),
        (ID, "either", ID),
        (f"https://www.youtube.com/shorts/{ID}", "video", ID),
    ],
)
def test_a_channel_however_it_is_named(text, kind, value):
    found = channel_reference(text)
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize(
    "text",
    ["", "@", "two words", "https://www.youtube.com/channel/UCshort", "https://example.org/@name",
     "https://www.youtube.com/feed/trending"],
)  # fmt: skip
def test_what_names_no_channel_is_refused(text):
    with pytest.raises(InputError):
        channel_reference(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PLBCF2DAC6FFB574DE", "PLBCF2DAC6FFB574DE"),
        ("https://www.youtube.com/playlist?list=PLBCF2DAC6FFB574DE", "PLBCF2DAC6FFB574DE"),
        (f"https://youtu.be/{ID}?list=OLAK5uy_abcdefghijk", "OLAK5uy_abcdefghijk"),
        ("https://www.youtube.com/embed/videoseries?list=PLBCF2DAC6FFB574DE", "PLBCF2DAC6FFB574DE"),
        ("VLPLBCF2DAC6FFB574DE", "PLBCF2DAC6FFB574DE"),
        (CHANNEL, "UU" + CHANNEL[2:]),
        ("UULF" + CHANNEL[2:], "UULF" + CHANNEL[2:]),
        (f"https://www.youtube.com/channel/{CHANNEL}", "UU" + CHANNEL[2:]),
    ],
)
def test_a_playlist_however_it_is_named(text, found):
    assert playlist_id(text) == found


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f"https://www.youtube.com/watch?v={ID}&list=RD{ID}", "mix"),
        ("RDMM", "mix"),
        ("WL", "private"),
        ("https://www.youtube.com/playlist?list=LL", "private"),
        (ID, "not a playlist"),
        ("https://www.youtube.com/@name", "not a playlist"),
        ("", "not a playlist"),
    ],
)
def test_lists_that_cannot_be_listed_are_refused_with_the_reason(text, word):
    with pytest.raises(InputError, match=word):
        playlist_id(text)


@given(st.text(max_size=60))
def test_any_text_gives_an_id_or_one_line(text):
    for read in (video_id, playlist_id, channel_reference):
        try:
            read(text)
        except InputError as error:
            assert "\n" not in error.message  # noqa: PT017
