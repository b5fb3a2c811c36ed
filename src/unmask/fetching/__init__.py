"""Media by address, without becoming a way into the network that the server stands in.

A server that fetches what strangers name can be made to ask its own neighbours (server-side request forgery, CWE-918).
Three things keep it from that, and none is enough alone: the address is taken apart strictly (`urls`), every IP address
that a name stands for is judged (`addresses`), and the connection is made to exactly the address that was judged
(`connect`), for every redirect anew (`fetch`).
"""

from unmask.fetching.fetch import Fetched, fetch
from unmask.fetching.policy import Policy
from unmask.fetching.urls import Target, check_url

__all__ = ["Fetched", "Policy", "Target", "check_url", "fetch"]
