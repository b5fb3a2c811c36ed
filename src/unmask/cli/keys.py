"""What `unmask keys` does: the key that signs records, and the list of those that are believed."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from unmask.cli.verdict import visible
from unmask.errors import UnmaskError
from unmask.record.keys import OWN, PRIVATE, TRUSTED, find_key, key_folder, make_key, trust, trusted_keys
from unmask.settings import Settings, load

BROKEN = 1


def show() -> int:
    """The key in use, where it lies, and the keys that are trusted."""
    return _guarded(_show)


def make() -> int:
    """A new key, unless there is one."""

    def work(settings: Settings) -> None:
        made = make_key(settings)
        _line("made", key_folder(settings) / PRIVATE)
        _line("public key", made.public)

    return _guarded(work)


def trust_key(key: str, name: str) -> int:
    """A key put on the list of those that are believed."""

    def work(settings: Settings) -> None:
        trust(settings, key, name)
        _line("trusted", f"{key}  {name}")

    return _guarded(work)


def _show(settings: Settings) -> None:
    key = find_key(settings)
    folder = key_folder(settings)
    source = "UNMASK_SIGNING_KEY" if settings.signing_key is not None else folder / PRIVATE
    if key is None:
        _line("signs with", "nothing: `unmask keys make` makes a key, and so does the first `unmask analyze`")
    else:
        _line("signs with", source)
        _line("public key", key.public)
    others = {known: name for known, name in trusted_keys(settings).items() if name != OWN}
    _line("trusts", f"{len(others)} other keys ({folder / TRUSTED})" if others else "no other keys")
    for known, name in others.items():
        _line("", f"{known}  {name}")


def _line(name: str, value: object) -> None:
    Console(soft_wrap=True).print(Text.assemble((f"{name:<11} ", "dim"), visible(str(value))))


def _guarded(work: Callable[[Settings], None]) -> int:
    """The exit code of a piece of work with the settings; errors are told in words."""
    try:
        work(load())
    except UnmaskError as error:
        screen = Console(stderr=True, soft_wrap=True)
        screen.print(Text.assemble(("unmask", "bold red"), ": ", visible(error.message), (f" ({error.code})", "dim")))
        if error.hint:
            screen.print(Text(f"  {error.hint}"))
        return BROKEN
    return 0
