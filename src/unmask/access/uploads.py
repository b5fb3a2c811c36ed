"""What is looked at while an upload comes in. Nothing is decoded in the web process: that is a worker's first stage."""

from __future__ import annotations

from unmask.errors import EmptyFile, TooLarge
from unmask.ingest.sniff import HEAD, refuse_by_content

__all__ = ["HEAD", "check_head", "check_size"]


def check_size(declared: int | None, max_bytes: int) -> None:
    """Refuse by the length that the client declares, before a byte is read; None when it declares none.

    Raises:
        EmptyFile: it says zero.
        TooLarge: it says more than `max_bytes`.
    """
    if declared is None:
        return
    if declared <= 0:
        raise EmptyFile("The upload has no bytes.")
    if declared > max_bytes:
        raise TooLarge(f"The upload has more than {max_bytes} bytes.")


def check_head(head: bytes) -> None:
    """Refuse by the first bytes (up to `HEAD` of them) what is no media or names other files.

    Raises:
        EmptyFile: there are none.
        NotMedia, UnsupportedContainer, Encrypted: as `unmask.ingest.sniff.refuse_by_content`.
    """
    if not head:
        raise EmptyFile("The upload has no bytes.")
    refuse_by_content(head)
