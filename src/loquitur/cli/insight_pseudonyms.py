"""The key that verbs of `insight` make pseudonyms with."""

from __future__ import annotations

from typing import Any

from loquitur.cli.options import settings_of
from loquitur.cli.output import tell


def pseudonym_key(key_file: str, globals_: dict[str, Any]) -> bytes | None:
    """The key of a file, which is made where there is none and told of; else the secret's.

    None where there is neither: a key of this run is taken then.

    Raises:
        InputError: The file cannot be read, or a key is too short.
        FullError: The file cannot be made.
    """
    from loquitur import settings
    from loquitur.insight.chats.pseudonyms import SECRET_NAME, check_key, read_key

    if key_file:
        key, told = read_key(key_file)
        for line in told:
            if not globals_["quiet"]:
                tell(line)
        return key
    settings_of(globals_)  # a secret may stand in the .env file of the project
    secret = settings.secret(SECRET_NAME)
    return check_key(secret.encode(), SECRET_NAME) if secret else None
