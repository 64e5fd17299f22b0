"""Downloads that are killed, and disks that really refuse to take another byte."""

import contextlib
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))
from scripted_server import serving

from loquitur.errors import FullError
from loquitur.media.fetch import FetchOptions, fetch

DATA = bytes(range(256)) * 4096
OPTIONS = FetchOptions(allow_private=True, retries=0)


@contextlib.contextmanager
def files_of_at_most(size_bytes):
    """The system itself ends every write beyond a size (EFBIG), as a full disk would (ENOSPC)."""
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def script(request, handler):
    if request.path == "/page":
        body = b'<html><title>A talk</title><video src="/talk.mp4"></video></html>'
        handler.reply(body=body, Content_Type="text/html")
    else:
        handler.ranged(request, DATA, Accept_Ranges="bytes")


@pytest.mark.parametrize("path", ["/talk.mp4", "/page"])
def test_a_disk_that_takes_no_more(tmp_path, path):
    with serving(script) as server:
        with files_of_at_most(300_000), pytest.raises(FullError, match="cannot write") as caught:
            fetch(server.url + path, tmp_path, options=OPTIONS)
        assert caught.value.exit_code == 1
        assert "free" in caught.value.message
        got = fetch(server.url + path, tmp_path, options=OPTIONS)
    assert got.path.read_bytes() == DATA
    assert list(tmp_path.iterdir()) == [got.path]


def test_a_killed_download_goes_on_where_the_disk_had_it(tmp_path):
    def slow(request, handler):
        if request.offset:
            handler.ranged(request, DATA)
            return
        handler.ranged(request, DATA, upto=600_000)
        handler.server.stopped.wait(30)

    program = (
        "import sys, pathlib\n"
        "from loquitur.media import http\n"
        "from loquitur.media.fetch import FetchOptions, fetch\n"
        "http._CHECKPOINT_BYTES = 100_000\n"
        "fetch(sys.argv[1], pathlib.Path(sys.argv[2]), options=FetchOptions(allow_private=True))\n"
    )
    with serving(slow) as server:
        url = server.url + "/talk.mp4"
        child = subprocess.Popen([sys.executable, "-c", program, url, str(tmp_path)])
        try:
            part, note = tmp_path / "media.mp4.part", tmp_path / "media.mp4.part.json"
            for _ in range(3000):
                if part.exists() and part.stat().st_size >= 500_000 and note.exists():
                    break
                time.sleep(0.01)
        finally:
            child.kill()
            child.wait(30)
        assert not (tmp_path / "media.mp4").exists()
        got = fetch(url, tmp_path, options=OPTIONS)
    assert 100_000 <= server.requests[-1].offset <= 600_000
    assert got.path.read_bytes() == DATA
    assert list(tmp_path.iterdir()) == [got.path]
