"""The keyfile where mongod accepts it: its own, and readable by nobody else.

`fsGroup` makes the files of a Secret volume readable by the group, which mongod refuses.
"""

import os
from pathlib import Path

from .settings import Stop


def copy(source: Path, target: Path) -> None:
    """Copy `source` to `target` with mode 0400; over an older copy too.

    Raises:
        Stop: it cannot be read or written.
    """
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(handle, "wb") as file:
            file.write(source.read_bytes())
        part.replace(target)
    except OSError as error:
        raise Stop(f"cannot copy the keyfile {source} to {target}: {error}") from None
