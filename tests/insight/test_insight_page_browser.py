"""The page in a real browser: nothing is fetched, no stranger's text runs, the script works."""

from __future__ import annotations

import html
import re
import shutil
import socket
import subprocess
import threading
from datetime import UTC, datetime

import pytest
from page_accounts import FIGURES, HOSTILE, account

from loquitur.insight import page
from loquitur.insight.account import Account, Section
from loquitur.tables.cells import Column
from loquitur.tables.table import Table

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium (apt install chromium)"),
]
MADE = datetime(2026, 11, 26, tzinfo=UTC)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-extensions", "--disable-domain-reliability", "--no-pings", "--disable-dev-shm-usage",
)  # fmt: skip
ATTACKS = (
    "<img src=x onerror=\"document.title='pwned'\">",
    "</script><script>document.title='pwned'</script>",
    '"><svg onload="document.title=\'pwned\'">',
    "<iframe src=http://203.0.113.9/x></iframe><link rel=stylesheet href=http://203.0.113.9/y>",
)


OF_THE_BROWSER = re.compile(
    r"\S+ (?:https?://)?(?:(?:clients2|www|accounts|android\.clients)\.google\.com"
    r"|(?:content-autofill|optimizationguide-pa|update|safebrowsing)\.googleapis\.com)[:/]"
)
"""What Chromium asks for by itself, whatever the page is."""


@pytest.fixture
def watched():
    """A proxy that serves nothing and remembers who asked for what."""
    asked = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller:
                caller.settimeout(5)
                asked.append(caller.recv(4096).split(b"\r\n", 1)[0].decode("latin-1"))
                caller.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], asked
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def dumped(path, tmp_path, port):
    """What the page is after its script ran."""
    done = subprocess.run(
        [BROWSER, *QUIET, f"--user-data-dir={tmp_path / 'profile'}",
         f"--proxy-server=127.0.0.1:{port}", "--virtual-time-budget=2000", "--dump-dom",
         path.as_uri()],
        capture_output=True, timeout=90, check=True, text=True,
    )  # fmt: skip
    return done.stdout


def test_nothing_is_fetched_and_nothing_of_strangers_runs(tmp_path, watched):
    port, asked = watched
    path = tmp_path / "page.html"
    told = [
        account(text, figures=[FIGURES["clock"], FIGURES["bars"]], url=text)
        for text in (*ATTACKS, *HOSTILE)
    ]
    page.write(told, path, title=ATTACKS[0], made=MADE)
    dom = dumped(path, tmp_path, port)
    assert html.unescape(re.search("<title>(.*?)</title>", dom)[1]) == ATTACKS[0]
    assert "<iframe" not in dom
    assert not re.search(r"<img\b", dom)
    assert 'aria-label="Show the page dark"' in dom  # our own script ran, under its policy
    assert [line for line in asked if not OF_THE_BROWSER.match(line)] == []


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (poppler-utils)")
def test_in_print_a_table_has_its_headings_on_each_page_and_all_of_its_columns(tmp_path):
    columns = [f"q{at}" for at in range(18)]
    rows = [(f"row {row}", *(at * 1_234_567 for at in range(1, 18))) for row in range(150)]
    kinds = [Column(name=name, type="int" if at else "text") for at, name in enumerate(columns)]
    table = Table.from_rows("wide", kinds, rows)
    path, printed = tmp_path / "page.html", tmp_path / "page.pdf"
    told = Account(kind="stats", subject="x", says=("It is.",),
                   sections=(Section(title="A table", tables=(table,)),))  # fmt: skip
    page.write([told], path, made=MADE)
    subprocess.run(
        [BROWSER, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer",
         f"--print-to-pdf={printed}", path.as_uri()],
        capture_output=True, timeout=90, check=True,
    )  # fmt: skip
    text = subprocess.run(
        ["pdftotext", "-layout", str(printed), "-"], capture_output=True, check=True, text=True
    ).stdout
    pages = [one for one in text.split("\f") if "20,987,639" in one]
    assert len(pages) > 1
    for one in pages:
        assert set(columns) <= set(one.split())


def test_what_a_page_fetches_would_be_seen(tmp_path, watched):
    port, asked = watched
    path = tmp_path / "page.html"
    path.write_text("<img src=http://203.0.113.9/seen>")
    dumped(path, tmp_path, port)
    assert "GET http://203.0.113.9/seen HTTP/1.1" in asked


DRIVER = """
<script>
const out = {};
const blobs = [];
URL.createObjectURL = (blob) => { blobs.push(blob); return "#blob"; };
const column = (at) => [...document.querySelectorAll("tbody tr")].filter((row) => !row.hidden)
  .map((row) => row.cells[at].textContent);
const heads = [...document.querySelectorAll("thead th")];
const press = (at) => heads[at].querySelector("button").click();
press(2); out.down = column(2).slice(0, 3); out.last = column(2).at(-1);
out.sort = heads[2].getAttribute("aria-sort");
press(2); out.up = column(2).slice(0, 2); out.missing = column(2).at(-1);
press(0); out.cleared = heads[2].hasAttribute("aria-sort");
const input = document.querySelector("input[type=search]");
input.value = "ABCDEFGH007"; input.dispatchEvent(new Event("input"));
out.filtered = column(0); out.status = document.querySelector("[role=status]").textContent;
for (const one of document.querySelectorAll(".tools button")) one.click();
document.querySelector("button.theme").click(); out.theme = document.documentElement.dataset.theme;
out.overflow = document.documentElement.scrollWidth - innerWidth;
Promise.all(blobs.map((blob) => blob.text())).then((texts) => {
  out.files = texts;
  document.body.dataset.out = JSON.stringify(out);
});
</script>
"""


def driven(tmp_path, port, told):
    import json

    path = tmp_path / "page.html"
    page.write([told], path, made=MADE)
    text = path.read_text(encoding="utf-8")
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', text)[0]
    driven = tmp_path / "driven.html"
    driven.write_text(text.replace(policy, "").replace("</body>", DRIVER + "</body>"), "utf-8")
    dom = dumped(driven, tmp_path, port)
    return json.loads(html.unescape(re.search('data-out="(.*?)"', dom)[1]))


def test_tables_sort_and_filter_and_data_are_saved_safely(tmp_path, watched):
    out = driven(tmp_path, watched[0], account("=HYPERLINK(1)", figures=[FIGURES["steps"]]))
    assert out["sort"] == "descending"
    assert out["down"] == ["121,000", "100,000", "81,000"]
    assert out["last"] == "–"
    assert out["up"] == ["0", "1,000"]
    assert out["missing"] == "–"
    assert out["cleared"] is False
    assert out["filtered"] == ["abcdefgh007"]
    assert out["status"] == "1 of 12 rows"
    assert out["theme"] in ("dark", "light")
    assert out["overflow"] <= 0
    figure_csv, _, picture, table_csv, table_json = out["files"]
    assert figure_csv.splitlines()[:3] == ["series,x,y", "H,0,7.3", "H,300000,"]
    assert table_csv.splitlines()[1] == "abcdefgh000,'=HYPERLINK(1),0,1,0"
    assert '"title":"=HYPERLINK(1)"' in table_json
    assert picture.startswith("<svg")
    assert "var(" not in picture
    assert "rgb(" in picture
