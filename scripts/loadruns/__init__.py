"""Load runs: the service as real processes, given more or less to do, and what it did and what it cost."""
