"""What may be fetched, from where, how large and how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from unmask.errors import SettingsError
from unmask.fetching.addresses import Network, networks

if TYPE_CHECKING:
    from unmask.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one fetch.

    Attributes:
        max_bytes: most bytes of the file.
        seconds: longest time for all of it, redirects and the resolving of names included.
        redirects: most redirects that are followed.
        silence: longest wait for the next byte, seconds.
        allow_networks: networks that may be reached although they are not public.
        hosts: when there are any, only these hosts are asked; `.example.org` means example.org and all below it.
            Their addresses are judged all the same.
    """

    max_bytes: int
    seconds: float = 600.0
    redirects: int = 5
    silence: float = 20.0
    allow_networks: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: ServiceSettings) -> Policy:
        """The policy that the settings describe.

        Raises:
            SettingsError: a network is not in CIDR notation.
        """
        try:
            allowed = networks(settings.url_allow_networks)
        except ValueError as wrong:
            raise SettingsError(f"UNMASK_URL_ALLOW_NETWORKS: {wrong}") from wrong
        hosts = tuple(host.strip().lower() for host in settings.url_hosts)
        return cls(settings.max_upload_bytes, settings.url_seconds, allow_networks=allowed, hosts=hosts)

    def admits_host(self, host: str) -> bool:
        """Whether this host (lower case) is among those that may be asked."""
        if not self.hosts:
            return True
        return any(host == one or (one.startswith(".") and f".{host}".endswith(one)) for one in self.hosts)
