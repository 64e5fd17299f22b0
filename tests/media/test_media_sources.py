import errno
import itertools
import os
import socket
from pathlib import Path

import pytest
from scripted_server import serving
from sites import site

from loquitur.errors import InputError, TransientError
from loquitur.media import urls
from loquitur.media.sources import Source, Unusable, classify, expand
from loquitur.media.transfer import FetchOptions

WATCH = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("dQw4w9WgXcQ", WATCH),
        ("-Qw4w9WgXc_", "https://www.youtube.com/watch?v=-Qw4w9WgXc_"),
        (WATCH + "&list=PL123&index=2", WATCH),
        ("https://youtu.be/dQw4w9WgXcQ?t=10", WATCH),
        ("http://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ", WATCH),
        ("https://music.youtube.com/watch?v=dQw4w9WgXcQ", WATCH),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", WATCH),
        ("https://www.youtube.com/live/dQw4w9WgXcQ?si=x", WATCH),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", WATCH),
        ("https://www.youtube.com/v/dQw4w9WgXcQ", WATCH),
        ("youtube.com/watch?v=dQw4w9WgXcQ", WATCH),
        ("www.youtube.com/watch?v=dQw4w9WgXcQ", WATCH),
        ("youtu.be/dQw4w9WgXcQ", WATCH),
        ("HTTPS://WWW.YOUTUBE.COM/watch?v=dQw4w9WgXcQ", WATCH),
        (" https://example.org/a.mp4 ", "https://example.org/a.mp4"),
        ("HTTP://Example.ORG:80", "http://example.org/"),
        ("https://example.org:443/a?b=1#c", "https://example.org/a?b=1"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://me:pass@example.org./a", "https://example.org/a"),
        ("https://bücher.example/Käse.mp4", "https://xn--bcher-kva.example/K%C3%A4se.mp4"),
        ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"),
        ("https://example.org/a%2Fb%20c", "https://example.org/a%2Fb%20c"),
    ],
)
def test_one_medium_on_the_web_has_one_name(here, given, url):
    source = classify(given)
    assert (source.kind, source.key, source.path) == ("url", url, None)
    assert source.video_id == (url[-11:] if "youtube.com" in url else None)
    assert urls.canonical(url) == url


@pytest.mark.parametrize(
    "given",
    [
        "https://www.youtube.com/playlist?list=PL123",
        "https://www.youtube.com/watch?list=PL123",
        "https://www.youtube.com/embed/videoseries?list=PL123",
        "https://www.youtube.com/@name",
        "https://www.youtube.com/@name/videos",
        "https://m.youtube.com/channel/UC123/streams",
        "https://www.youtube.com/c/name",
        "https://www.youtube.com/user/name",
        "https://vimeo.com/channels/staffpicks",
    ],
)
def test_playlists_and_channels_are_lists(here, given):
    assert classify(given).kind == "list"


@pytest.mark.parametrize(
    "given",
    [
        "https://www.youtube.com/",
        "https://www.youtube.com/watch?v=short",
        "https://notyoutube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com.evil.test/watch?v=dQw4w9WgXcQ",
        "https://evil.test/youtu.be/dQw4w9WgXcQ",
    ],
)
def test_what_only_looks_like_a_video_has_no_id(here, given):
    assert classify(given).video_id is None


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("ftp://example.org/a.mp4", "ftp:// is not fetched"),
        ("file:///etc/passwd", "file:// is not fetched"),
        ("rtmp://example.org/live", "rtmp:// is not fetched"),
        ("http://", "not a web address"),
        ("https:///path", "not a web address"),
        ("http://[::1", "not a web address"),
        ("http://example.org:99999/", "not a web address"),
        ("http://example.org:0/", "not a web address"),
        ("http://a..b/", "not a web address"),
        ("http://exa mple.org/", "not a web address"),
        ("http://example.org/a\nb", "not a web address"),
        ("http:/example.org", "not a web address"),
        ("https://" + "a" * 70 + ".test/", "not a web address"),
        ("", "empty name"),
        ("  ", "empty name"),
        ("nothing.mp4", "no such file or folder"),
        ("no/such/folder/a.mp4", "no such file or folder"),
        ("a\0b.mp4", "no such file or folder"),
        ("concat:a.mp4|b.mp4", "no such file or folder"),
        ("x" * 5000, "no such file or folder"),
        ("\x1b[2Jmissing", "no such file or folder"),
    ],
)
def test_what_is_nothing_says_so_in_one_line(here, given, text):
    with pytest.raises(InputError, match=text) as caught:
        classify(given)
    line = caught.value.message + caught.value.hint
    assert caught.value.exit_code == 4
    assert line.isprintable()
    assert len(line) < 400


def test_near_names_are_offered(here):
    touch(here, "lecture one.mp4", "lecture two.mp4", "other.txt")
    with pytest.raises(InputError) as caught:
        classify("lecture 0ne.mp4")
    assert caught.value.hint.startswith("did you mean 'lecture one.mp4'")
    with pytest.raises(InputError) as caught:
        classify("zzz.flac")
    assert caught.value.hint == ""


NAMES = [
    "a b.mp4",
    'it\'s "quoted".mp4',
    "\N{GRINNING FACE}.mp4",
    "line\nbreak.mp4",
    "-rf.mp4",
    "--help",
    "#1.mp4",
    "$(touch x).mp4",
    "100%(title)s.mp4",
    "con",
    os.fsdecode(b"caf\xe9.mp4"),
    "e\u0301.mp4",
    "\u00e9.mp4",
    "x" * 251 + ".mp4",
    "dQw4w9WgXcQ",
    "youtu.be",
]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_the_file_system_allows_is_a_file(here, name):
    touch(here, name)
    source = classify(name)
    assert (source.kind, source.key, source.video_id) == ("file", "", None)
    assert source.path.read_bytes() == b"x"
    assert [each.path.read_bytes() for each in expand([name])] == [b"x"]


def test_a_file_called_like_an_id_wins_over_the_video(here):
    assert classify("dQw4w9WgXcQ").kind == "url"
    touch(here, "dQw4w9WgXcQ")
    assert classify("dQw4w9WgXcQ").kind == "file"


def test_pipes_sockets_and_devices_are_refused(here):
    os.mkfifo(here / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.mp4")
        for given, text in (
            ("pipe.mp4", "a pipe"),
            ("socket.mp4", "a socket"),
            ("/dev/zero", "device"),
        ):
            with pytest.raises(InputError, match=text):
                classify(given)


def test_a_link_to_itself(here):
    (here / "ring.mp4").symlink_to("ring.mp4")
    with pytest.raises(InputError, match="leads to itself"):
        classify("ring.mp4")


def test_a_folder_gives_its_media_in_order(here):
    touch(here, "b.MP4", "a.mkv", "notes.txt", ".hidden.mp4", "sub/d.wav", "sub/c.mp3")
    touch(here, ".git/x.mp4", "a.srt", "zz/e.opus")
    (here / "not really.mp4").mkdir()
    (here / "gone.mp4").symlink_to("nowhere")
    (here / "link.flac").symlink_to("b.MP4")
    (here / "loop").symlink_to(here)
    os.mkfifo(here / "pipe.mp4")
    found = [str(each.path) for each in expand(["."])]
    assert found == ["a.mkv", "b.MP4", "link.flac", "sub/c.mp3", "sub/d.wav", "zz/e.opus"]


def test_a_folder_is_read_one_level_at_a_time(here):
    touch(here, "a/1.mp4", "b/2.mp4")
    found = expand(["."])
    assert next(found).path.name == "1.mp4"
    touch(here, "b/3.mp4")
    assert [each.path.name for each in found] == ["2.mp4", "3.mp4"]


def test_a_folder_deeper_than_the_stack(here):
    touch(here, "top.mp4")
    made = 0
    try:
        for _ in range(1050):
            Path("d").mkdir()
            os.chdir("d")
            made += 1
        os.chdir(here)
        assert [each.path.name for each in expand(["."])] == ["top.mp4"]
    finally:
        # What is left so deep, pytest could not remove.
        os.chdir(here)
        for _ in range(made):
            os.chdir("d")
        for _ in range(made):
            os.chdir("..")
            Path("d").rmdir()


@pytest.mark.parametrize("names", [[], ["a.txt"], [".a.mp4"]])
def test_a_folder_without_media(here, names):
    (here / "folder").mkdir()
    touch(here / "folder", *names)
    (found,) = expand(["folder"])
    assert isinstance(found, Unusable)
    assert found.error.message == "folder: a folder without a media file"
    assert found.error.exit_code == 4


def test_a_folder_that_may_not_be_read(here, monkeypatch):
    touch(here, "closed/a.mp4", "open/b.mp4")
    real = os.scandir

    def scandir(path):
        if os.fspath(path) == "./closed":
            raise PermissionError(errno.EACCES, "Permission denied", "closed")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    first, second = expand(["."])
    assert first.error.message == "./closed: it may not be read"
    assert second.path.name == "b.mp4"


def test_one_bad_input_stops_no_other(here):
    touch(here, "a.mp4", "b.mp4")
    found = list(expand(["a.mp4", "missing.mp4", "ftp://x/y", "b.mp4"]))
    assert [type(each) for each in found] == [Source, Unusable, Unusable, Source]
    assert [each.given for each in found] == ["a.mp4", "missing.mp4", "ftp://x/y", "b.mp4"]


def test_a_list_on_standard_input(here):
    touch(here, "a b.mp4", "folder/c.mp4")
    lines = ["a b.mp4\n", "\n", "# a comment\n", "dQw4w9WgXcQ\r\n", "folder\n", "-\n"]
    found = list(expand(["-", "a b.mp4"], stdin=lines))
    assert [each.given for each in found] == [
        "a b.mp4",
        "dQw4w9WgXcQ",
        "folder/c.mp4",
        "-",
        "a b.mp4",
    ]
    assert isinstance(found[3], Unusable)


def test_an_endless_list_is_taken_as_it_comes(here):
    found = expand(["-"], stdin=itertools.repeat("dQw4w9WgXcQ\n"))
    assert [each.key for each in itertools.islice(found, 3)] == [WATCH] * 3


def test_no_standard_input(here):
    (found,) = expand(["-"])
    assert "standard input" in found.error.message


def course(urls_given, taken):
    def entries(extractor):
        for url in urls_given:
            taken.append(url)
            yield extractor.url_result(url, video_title="t")

    def answer(extractor, url):
        return extractor.playlist_result(entries(extractor), "PL123")

    return answer


LIST = "https://www.youtube.com/playlist?list=PL123"
ANY_LIST = r"https://www\.youtube\.com/playlist.*"


def test_a_playlist_is_expanded_only_as_far_as_needed(here, monkeypatch):
    taken = []
    answer = course([f"https://youtu.be/video{n:06d}" for n in range(100)], taken)
    with site(answer, monkeypatch, pattern=ANY_LIST):
        found = expand([LIST])
        first = next(found)
        found.close()
    assert (first.kind, first.video_id, first.title) == ("url", "video000000", "t")
    assert len(taken) == 1


def test_one_odd_entry_does_not_end_a_playlist(here, monkeypatch):
    def answer(extractor, url):
        entries = [
            extractor.url_result(WATCH),
            extractor.url_result("kaltura:12:0_abc", "Kaltura"),
            {"_type": "video", "id": "v", "title": "Part 2", "formats": [{"url": "http://x.test"}]},
            extractor.url_result("abcdefghijk", "Youtube"),
        ]
        return extractor.playlist_result(entries, "PL123")

    with site(answer, monkeypatch, pattern=ANY_LIST):
        first, odd, bare, last = expand([LIST], options=FetchOptions(allow_private=True))
    assert first.url == WATCH
    assert odd.given == "kaltura:12:0_abc"
    assert odd.error.exit_code == 4
    assert bare.given == "Part 2"
    assert bare.error.message == "Part 2: the list gives no address of it"
    assert last.url == "https://www.youtube.com/watch?v=abcdefghijk"


def test_an_empty_playlist_is_an_error(here, monkeypatch):
    with site(course([], []), monkeypatch, pattern=ANY_LIST):
        (found,) = expand([LIST])
    assert "no video in that list" in found.error.message


def test_a_playlist_without_a_network_is_one_unusable_input(here, monkeypatch):
    def offline(*_, **__):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    touch(here, "a.mp4")
    first, second = expand([LIST, "a.mp4"], options=FetchOptions(retries=0))
    assert isinstance(first.error, TransientError)
    assert second.kind == "file"


def test_a_single_address_asks_nobody(here):
    with serving(lambda _, handler: handler.reply()) as server:
        (found,) = expand([server.url + "/a.mp4"])
    assert found.key == server.url + "/a.mp4"
    assert server.requests == []


@pytest.mark.parametrize(
    ("url", "suffix", "name"),
    [
        ("https://example.org/a/Talk.MP4?x=.mp3", ".mp4", "Talk.MP4"),
        ("https://example.org/a/talk", "", "talk"),
        ("https://example.org/", "", "example.org"),
        ("https://example.org/caf%C3%A9.webm/", ".webm", "café.webm"),
        ("https://example.org/a.html", "", "a.html"),
    ],
)
def test_the_name_in_an_address(url, suffix, name):
    assert (urls.media_suffix(url), urls.last_name(url)) == (suffix, name)
