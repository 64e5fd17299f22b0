"""Looks into a `.nemo` file before NeMo unpacks it: paths, links, and classes that it names.

A `.nemo` is a tar archive of a configuration, weights and word pieces. The toolkit unpacks it into
a temporary folder and makes objects of the classes that the configuration names (`_target_`,
`target`), with the arguments that stand beside them. Here only plain files inside are let through,
and only classes of NeMo's collections and of torch's layers and optimisers.
"""

from __future__ import annotations

import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from loquitur.engines.nemo_toolkit import no_package
from loquitur.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "model_config.yaml"
_MOST_CONFIG_BYTES = 32 << 20
_NAMING = frozenset({"_target_", "target", "cls", "class_path"})
_HARMLESS = ("nemo.collections.", "nemo.core.", "torch.nn.", "torch.optim.")
_REMEDY = "look for the same model as ONNX or safetensors, from somebody whom you trust"


def check_archive(path: Path, *, engine: str) -> None:
    """Refuse an archive that would write elsewhere or run what it names.

    Args:
        path: A `.nemo` file.
        engine: Whose environment lacks a package, as `asr.nemo`.

    Raises:
        InputError: It would, it holds no configuration, or it is damaged.
        MissingError: The package yaml is absent.
    """
    try:
        import yaml
    except ImportError as exc:
        raise no_package("yaml", engine) from exc
    found: bytes | None = None
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                _check_member(path, member)
                if PurePosixPath(member.name).name == CONFIG and found is None:
                    found = _content(path, archive, member)
    except (tarfile.TarError, EOFError, OSError) as exc:
        raise InputError(
            f"{path} cannot be loaded: it is damaged, or no .nemo file ({exc})",
            hint="copy or pull it again",
            code="LQ-NO-MODEL",
        ) from exc
    if found is None:
        raise InputError(f"{path} holds no {CONFIG}", code="LQ-NO-MODEL")
    try:
        content = yaml.safe_load(found)
    except yaml.YAMLError as exc:
        reason = str(exc).splitlines()[0][:150]
        raise InputError(
            f"{path}: its {CONFIG} is no plain YAML ({reason})",
            hint=_REMEDY,
            code="LQ-UNSAFE-MODEL",
        ) from exc
    check_targets(content, str(path))


def check_targets(content: Any, where: str) -> None:
    """Refuse a configuration that names foreign classes, or asks to run code of a repository.

    Raises:
        InputError: It does.
    """
    if isinstance(content, dict):
        for key, value in content.items():
            if key in _NAMING and isinstance(value, str) and not _is_harmless(value):
                raise InputError(
                    f"{where} would call {value[:80]}, which is no class of NeMo's or of torch's"
                    " layers",
                    hint=_REMEDY,
                    code="LQ-UNSAFE-MODEL",
                )
            if key == "trust_remote_code" and value:
                raise InputError(
                    f"{where} asks to run code that came with the model",
                    hint=_REMEDY,
                    code="LQ-UNSAFE-MODEL",
                )
            check_targets(value, where)
    elif isinstance(content, list):
        for value in content:
            check_targets(value, where)


def _is_harmless(name: str) -> bool:
    """Whether a name is a class of those rooms; one without a dot is no path to import."""
    if "." not in name:
        return True
    return name.startswith(_HARMLESS) and name.rpartition(".")[2][:1].isupper()


def _check_member(path: Path, member: tarfile.TarInfo) -> None:
    name = PurePosixPath(member.name)
    outside = name.is_absolute() or ".." in name.parts or "\\" in member.name
    if outside or not (member.isfile() or member.isdir()):
        what = "a path outside of it" if outside else "a link or device"
        raise InputError(
            f"{path} holds {what}: {member.name[:80]}", hint=_REMEDY, code="LQ-UNSAFE-MODEL"
        )


def _content(path: Path, archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    if file is None or member.size > _MOST_CONFIG_BYTES:
        raise InputError(f"{path}: its {CONFIG} cannot be read", code="LQ-NO-MODEL")
    return file.read()
