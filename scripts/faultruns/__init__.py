"""Fault runs: the service's real processes, harmed in the middle of an analysis, and what must hold afterwards."""
