"""What writes into a folder leave when the process dies in one: the whole file appears by its last step, a rename."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Final

_STAGED: Final = re.compile(r".+#\d+")
"""How a file is called before it is whole; no key has such a name."""


def clear(folder: Path, before: datetime) -> int:
    """Remove unfinished files below the folder that nothing was written to since; how many there were."""
    gone = 0
    for path in folder.rglob("*#*"):
        try:
            if _STAGED.fullmatch(path.name) and path.stat().st_mtime < before.timestamp():
                path.unlink()
                gone += 1
        except FileNotFoundError:  # it has become whole meanwhile
            continue
    return gone
