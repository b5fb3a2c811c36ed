"""What a key may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

from unmask.errors import Forbidden, SettingsError

Scope = Literal["read", "write", "admin", "operator"]
"""What each reaches to:

- `read` sees analyses, `write` starts, cancels and deletes them;
- `admin` does all that, and manages its project's keys, webhooks and retention;
- `operator` does all that, makes projects, sets what they may store, and manages the keys of all.
"""

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
USUAL: Final[frozenset[Scope]] = frozenset({"read", "write"})
"""What a key gets when nothing else is said."""


def parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """The scopes of these names, in any case; commas separate as well.

    Raises:
        SettingsError: none is named, or one that does not exist.
    """
    wanted = {part.strip().lower() for name in names for part in name.split(",") if part.strip()}
    unknown = sorted(wanted - set(SCOPES))
    if unknown or not wanted:
        raise SettingsError(f"A key's scopes are some of {', '.join(SCOPES)}; not {', '.join(unknown) or 'none'}.")
    return frozenset(scope for scope in SCOPES if scope in wanted)


def allows(granted: Iterable[Scope], needed: Scope) -> bool:
    """Whether `granted` reaches to `needed`. Write does not read: a drop box is possible.

    Operator reaches everywhere, admin everywhere in its project.
    """
    granted = frozenset(granted)
    return needed in granted or "operator" in granted or ("admin" in granted and needed != "operator")


def require(granted: Iterable[Scope], needed: Scope) -> None:
    """Let pass what the key may do.

    Raises:
        Forbidden: the scope is missing.
    """
    if not allows(granted, needed):
        raise Forbidden(f"This needs a key with the scope {needed}.")
