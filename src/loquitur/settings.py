"""Settings, resolved once at the edge and handed down as values.

Precedence: option, environment (`LOQUITUR_*`), project file (`loquitur.toml`, found upwards from
the working folder), user file, default. A relative path is meant from the working folder, in a
file from the folder of that file. This module alone reads the environment.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from loquitur.conversion import convert
from loquitur.errors import UsageError, near

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

PROJECT_FILE = "loquitur.toml"
AUTO: Literal["auto"] = "auto"
HERE = "here"
_VOICES = "loquitur-voices"
_LIBRARIES = "loquitur-libraries"
"""Beside the store, not in it: whoever clears the store keeps the voices, and the reverse."""
_ENVIRONMENTS = "loquitur-environments"  # a folder beside the default store
_PATHS = (
    "store", "models", "voices", "libraries", "output", "cookies", "environment_root",
    "youtube_client_secrets",
)  # fmt: skip
_MAPS = ("set", "environments", "youtube_limits")
_PAIRED = {"environments": "KIND.NAME=PATH", "youtube_limits": "BUCKET=UNITS"}
_SECRETS_MOST_BYTES = 1 << 20
_SECRET = re.compile(
    r"\s*(?:export\s+)?([A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET))\s*=\s*"
    r"""(?:"([^"\0]+)"|'([^'\0]+)'|([^\s"'#\0][^\s\0]*))(?:\s+#.*|\s*)"""
)
_CHOICES = {"gpu": ("auto", "yes", "no"), "fetch": ("ask", "yes", "no")}
_RANGES = {"jobs": (1, 256), "threads": (0, 256), "rate_limit": (0, 1 << 40)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, with its defaults.

    `voices` is the folder of known voices, `voice` the engine that hears whose voice it is.
    `libraries` is the folder of libraries, `library` the one that is meant where none is named,
    `embedding` the engine of a new library's vectors, empty for the embedded one.
    `llm` is what polishes transcripts, empty for punctuation alone where words have none;
    `translate` are the languages of further caption tracks, with commas between.
    `jobs` counts inputs worked on side by side, `threads` those of one engine; `rate_limit` is in
    bytes per second; `set` maps `STAGE.KEY` to a value, as `--set` does; `environments` maps an
    engine (`asr.nemo`) to the interpreter or virtual environment in which it runs, `here` for this
    one, over those that `loquitur engines env` made in `environment_root`. `gpu` is `auto` (looked
    for), `yes` or `no`; `fetch` says whether a run may fetch a missing model: `ask` (at a
    terminal), `yes` or `no`; `hub` is the address of a mirror of the Hugging Face hub;
    `youtube_endpoint` the address of a server that stands in for the YouTube Data API
    (`loquitur youtube emulate`); `youtube_client_secrets` the file of the app that
    `loquitur youtube auth` logs in with; `youtube_limits` maps a daily bucket (`shared`, for one
    key `FINGERPRINT.shared`) to the units a day that Google grants; `licences` are those of
    models that you accept, by name, with commas between. An `executor` of "auto" is `processes`
    on the command line, where an interrupt must work at once although an engine holds the
    interpreter's lock, and `local` in a caller's own program, which may not be
    importable.
    """

    store: Path = field(default_factory=lambda: _user_folder("data"))
    models: Path = field(default_factory=lambda: _user_folder("cache") / "models")
    voices: Path = field(default_factory=lambda: _user_folder("data").with_name(_VOICES))
    libraries: Path = field(default_factory=lambda: _user_folder("data").with_name(_LIBRARIES))
    environment_root: Path = field(
        default_factory=lambda: _user_folder("data").with_name(_ENVIRONMENTS)
    )
    output: Path = Path("loquitur-out")
    profile: str = "auto"
    asr: str = ""
    diarizer: str = ""
    emotion: str = ""
    aligner: str = ""
    voice: str = ""
    llm: str = ""
    library: str = "main"
    embedding: str = ""
    translate: str = ""
    language: str = "auto"
    speakers: str = ""
    format: str = "vtt,srt,json,txt"
    executor: str = AUTO
    jobs: int = 1
    threads: int = 0
    offline: bool = False
    gpu: Literal["auto", "yes", "no"] = AUTO
    fetch: Literal["ask", "yes", "no"] = "ask"
    hub: str = ""
    licences: str = ""
    allow_private: bool = False
    cookies: str = field(default="", repr=False)
    cookies_from_browser: str = ""
    proxy: str = field(default="", repr=False)
    rate_limit: int = 0
    youtube_endpoint: str = ""
    youtube_client_secrets: str = ""
    youtube_limits: dict[str, str] = field(default_factory=dict)
    environments: dict[str, str] = field(default_factory=dict)
    set: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Settings and, for each name, where its value came from."""

    settings: Settings
    origins: dict[str, str]

    def explain(self) -> tuple[tuple[str, Any, str], ...]:
        """Rows of (name, value, origin), sorted by name; a path as text, no secret."""
        rows = []
        for item in sorted(dataclasses.fields(self.settings), key=lambda entry: entry.name):
            value = getattr(self.settings, item.name)
            shown = value if item.repr or not value else "(set, not shown)"
            plain = str(shown) if isinstance(shown, Path) else shown
            rows.append((item.name, plain, self.origins.get(item.name, "default")))
        return tuple(rows)


def resolve(
    overrides: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    config: Path | None = None,
) -> Resolved:
    """Settings from all layers.

    Args:
        overrides: Options of the call or the command line; None values are ignored.
        environ: The environment; the process's own by default.
        folder: Where the search for `loquitur.toml` starts; the working folder by default.
        config: A settings file that takes the place of the project file.

    Raises:
        UsageError: An unknown name, a value of the wrong type, or an unreadable file.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}

    def lay(layer: Mapping[str, Any], origin: str) -> None:
        _check_names(layer, origin)
        for name, value in layer.items():
            if name in _MAPS:
                values[name] = {**values.get(name, {}), **_flat(name, value, origin)}
            else:
                values[name] = value
            origins[name] = origin

    user_file = _user_folder("config", environ) / PROJECT_FILE
    project_file = config or _find_upwards(folder or _here())
    if config is not None and not _is_file(config):
        raise UsageError(f"no such settings file, or it may not be read: {config}")
    for path in (user_file, project_file):
        if path is not None and _is_file(path):
            lay(_beside(path, _read_file(path)), str(path))
    lay(_from_environment(environ), "environment")
    lay({k: v for k, v in (overrides or {}).items() if v is not None}, "option")
    if environ is not os.environ:
        values = _user_places(environ) | values
    try:
        settings = convert(values, Settings, strict=False, dec_hook=_decode_path)
    except (msgspec.ValidationError, ValueError, RuntimeError) as exc:  # no such user's home
        raise _wrong_value(values, origins, exc) from exc
    for name, (least, most) in _RANGES.items():
        if not least <= getattr(settings, name) <= most:
            value = getattr(settings, name)
            place = f" ({origins[name]})" if name in origins else ""
            raise UsageError(f"{name} must be from {least} to {most}, not {value}{place}")
    return Resolved(settings=settings, origins=origins)


def config_folder() -> Path:
    """The user's folder for settings and logins; it may not be there yet."""
    return _user_folder("config")


def cache_folder() -> Path:
    """The user's folder for what can be made again; it may not be there yet."""
    return _user_folder("cache")


def secret(name: str) -> str:
    """A secret of the environment by its name, empty where there is none. It is never kept."""
    return os.environ.get(name, "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Which of several processes of one training this is, as `torchrun` says."""

    rank: int
    world: int
    local_rank: int


def launch(environ: Mapping[str, str] | None = None) -> Launch | None:
    """What the launcher of a training tells this process; None where there is no launcher.

    Raises:
        UsageError: The variables make no sense.
    """
    environ = os.environ if environ is None else environ
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    if not all(environ.get(name) for name in (*names, "MASTER_ADDR")):
        return None
    try:
        rank, world, local_rank = (int(environ[name]) for name in names)
    except ValueError as exc:
        raise UsageError(f"wrong value in the environment: {exc}", hint="run torchrun") from exc
    if not 0 <= rank < world or local_rank < 0:
        raise UsageError(f"RANK {rank} of WORLD_SIZE {world}: no such", hint="run torchrun")
    return Launch(rank=rank, world=world, local_rank=local_rank)


def wandb_mode(environ: Mapping[str, str] | None = None) -> str:
    """What `WANDB_MODE` asks for: `online`, `offline`, `disabled`; empty where it is not set."""
    environ = os.environ if environ is None else environ
    return environ.get("WANDB_MODE", "").strip().lower()


def keras_on_torch() -> str:
    """Ask Keras, which reads it as it is loaded, to run on torch; what runs already stays.

    Returns:
        What is asked for now: another backend where a user chose one.
    """
    return os.environ.setdefault("KERAS_BACKEND", "torch").strip().lower() or "torch"


def load_secrets(
    folder: Path | None = None,
    environ: MutableMapping[str, str] | None = None,
    *,
    config: Path | None = None,
) -> None:
    """Add the secrets of a `.env` file to the environment; what is set already stays.

    The file lies beside the project file, or in the folder where there is none. Only `NAME=VALUE`
    lines count whose name ends in `_KEY`, `_TOKEN` or `_SECRET`: such a file is often made for
    other programs, and must not be able to change how this one runs.

    Args:
        folder: Where the search for `loquitur.toml` starts; the working folder by default.
        environ: What is added to; the process's own environment by default.
        config: The settings file that takes the place of the project file.
    """
    environ = os.environ if environ is None else environ
    folder = folder or _here()
    project_file = config or _find_upwards(folder)
    path = (project_file.parent if project_file else folder) / ".env"
    if not _is_file(path) or not os.access(path, os.R_OK):
        return  # whatever needs a secret that is not there says so itself
    with path.open("rb") as file:
        text = file.read(_SECRETS_MOST_BYTES).decode("utf-8-sig", errors="replace")
    lines = (_SECRET.fullmatch(line) for line in text.split("\n"))
    found = {line[1]: line[2] or line[3] or line[4] for line in lines if line}
    for name, value in found.items():
        environ.setdefault(name, value)


def _check_names(layer: Mapping[str, Any], origin: str) -> None:
    known = {item.name for item in dataclasses.fields(Settings)}
    for name in layer:
        if name not in known:
            raise UsageError(f"unknown setting '{name}' ({origin})", hint=near(name, known))


def _wrong_value(
    values: Mapping[str, Any], origins: Mapping[str, str], error: Exception
) -> UsageError:
    """The error of the first value that does not fit its setting: which, and where it was set."""
    for item in dataclasses.fields(Settings):
        if item.name not in values:
            continue
        value = values[item.name]
        try:
            convert({item.name: value}, Settings, strict=False, dec_hook=_decode_path)
        except (msgspec.ValidationError, ValueError, RuntimeError) as exc:
            shown = f" = {value!r}" if item.repr else ""
            origin = origins.get(item.name, "default")
            reason = str(exc).partition(" - at `$")[0]
            return UsageError(
                f"wrong value in the settings: {item.name}{shown} ({origin}): {reason}",
                hint=near("", _CHOICES.get(item.name, ())),
            )
    return UsageError(f"wrong value in the settings: {error}")


def _flat(setting: str, value: Any, origin: str) -> dict[str, str]:
    """`{"transcribe": {"beam": 1}}` and `{"transcribe.beam": 1}` as `{"transcribe.beam": "1"}`."""
    if not isinstance(value, dict):
        raise UsageError(f"'{setting}' must be a table ({origin})")
    flat: dict[str, str] = {}
    for name, item in value.items():
        if isinstance(item, dict):
            flat.update({f"{name}.{key}": _text(inner) for key, inner in item.items()})
        else:
            flat[name] = _text(item)
    return flat


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """`LOQUITUR_STORE=...`; names this version does not know belong to secrets and other rooms."""
    known = {item.name for item in dataclasses.fields(Settings)} - {"set"}
    found: dict[str, Any] = {
        name: environ[f"LOQUITUR_{name.upper()}"]
        for name in known
        if environ.get(f"LOQUITUR_{name.upper()}")
    }
    for name, expected in _PAIRED.items():
        if name in found:
            found[name] = _pairs(name, found[name], expected)
    usual = environ.get("HTTPS_PROXY") or environ.get("https_proxy") or environ.get("ALL_PROXY")
    return ({"proxy": usual} if usual else {}) | found


def _pairs(name: str, text: str, expected: str) -> dict[str, str]:
    """`asr.nemo=/one:diarization.pyannote=/two`, parted as the system parts its paths.

    Raises:
        UsageError: Not such a text.
    """
    pairs = [item.partition("=") for item in text.split(os.pathsep) if item]
    if not all(key and equals and value for key, equals, value in pairs):
        raise UsageError(
            f"wrong value in the settings: {name} = '{text}' (environment)",
            hint=f"expected {expected}, more of them after '{os.pathsep}'",
        )
    return {key: value for key, _, value in pairs}


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError) as exc:  # no TOML, or no text at all
        raise UsageError(f"cannot read the settings file {path}: {exc}") from exc


def _beside(path: Path, layer: dict[str, Any]) -> dict[str, Any]:
    """A file's settings, its relative paths taken from the folder in which it lies."""
    folder = path.absolute().parent
    try:
        places: dict[str, Any] = {
            name: str(folder / Path(layer[name]).expanduser())
            for name in _PATHS
            if isinstance(layer.get(name), str) and layer[name]
        }
        if isinstance(layer.get("environments"), dict):
            flat = _flat("environments", layer["environments"], str(path))
            places["environments"] = {
                name: place if place == HERE else str(folder / Path(place).expanduser())
                for name, place in flat.items()
            }
    except RuntimeError as exc:  # the home of a user who is not there
        raise UsageError(f"wrong path in the settings file {path}: {exc}") from exc
    return layer | places


def _here() -> Path:
    """The working folder.

    Raises:
        UsageError: It was deleted.
    """
    try:
        return Path.cwd()
    except OSError as exc:
        raise UsageError("the working folder is gone", hint="cd to one that exists") from exc


def _is_file(path: Path) -> bool:
    """Whether there is such a file for us: a folder that may not be looked into holds none."""
    return os.path.isfile(path)  # noqa: PTH113 - Path's own raises there


def _find_upwards(folder: Path) -> Path | None:
    for place in (folder, *folder.parents):
        if _is_file(place / PROJECT_FILE):
            return place / PROJECT_FILE
    return None


def _user_folder(kind: str, environ: Mapping[str, str] | None = None) -> Path:
    """The user's folder by the system's custom; `XDG_*_HOME` as the XDG specification has it."""
    given = (os.environ if environ is None else environ).get(f"XDG_{kind.upper()}_HOME")
    if given:
        return Path(given) / "loquitur"
    import platformdirs

    place: str = getattr(platformdirs, f"user_{kind}_dir")("loquitur", appauthor=False)
    return Path(place)


def _user_places(environ: Mapping[str, str]) -> dict[str, Any]:
    """The default places in another environment than this process's own."""
    data = _user_folder("data", environ)
    models = _user_folder("cache", environ) / "models"
    return {
        "store": data,
        "models": models,
        "voices": data.with_name(_VOICES),
        "libraries": data.with_name(_LIBRARIES),
        "environment_root": data.with_name(_ENVIRONMENTS),
    }


def _decode_path(kind: type, value: Any) -> Any:
    if issubclass(kind, Path):
        return Path(str(value)).expanduser()
    raise ValueError(f"unexpected type {kind}")
