"""Whether a server may listen where it is told to."""

from __future__ import annotations

import ipaddress

from unmask.errors import SettingsError


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`: `localhost`, 127.0.0.0/8 or ::1.

    No name is resolved: what a name means can change, so a name counts as reachable from elsewhere.
    """
    bare = host.strip().removeprefix("[").removesuffix("]")
    if bare.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def check_bind(host: str, has_keys: bool) -> None:
    """Refuse to serve other machines without a key.

    Raises:
        SettingsError: `host` is not loopback and no key exists.
    """
    if not has_keys and not is_loopback(host):
        raise SettingsError(
            f"Other machines could reach {host}, and there is no API key that would keep strangers out. "
            "Make one with `unmask access create`, or serve on 127.0.0.1."
        )
