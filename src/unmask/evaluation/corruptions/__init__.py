"""What happens to media on their way, one thing at a time: the corruptions of `unmask evaluate --robustness`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from unmask.errors import DatasetError
from unmask.evaluation.corruptions.base import Corruption
from unmask.evaluation.corruptions.picture import PICTURE
from unmask.evaluation.corruptions.social import SOCIAL
from unmask.evaluation.corruptions.sound import SOUND

CORRUPTIONS: Mapping[str, Corruption] = {one.name: one for one in (*PICTURE, *SOUND, SOCIAL)}
"""All of them by name, in the order in which they are shown."""


def chosen(names: Sequence[str] = ()) -> tuple[Corruption, ...]:
    """The corruptions of these names, in the order of `CORRUPTIONS`; all when none is named.

    Raises:
        DatasetError: there is none of that name.
    """
    unknown = [name for name in names if name not in CORRUPTIONS]
    if unknown:
        raise DatasetError(f"there is no corruption {unknown[0]!r}; --list-corruptions names all")
    return tuple(one for name, one in CORRUPTIONS.items() if not names or name in names)
