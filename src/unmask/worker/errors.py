"""Coded errors of the worker side, beside those of analysis and service."""

from __future__ import annotations

from unmask.errors import MediaError, UnmaskError


class Quarantined(MediaError):
    """Two worker processes died over the file: it is tried no more."""

    code = "quarantined"
    hint = "The file brings the decoder down. Keep it, and report it together with the version of Unmask."


class TooMuchMemory(MediaError):
    """The work on the file took more memory than a worker may have."""

    code = "out_of_memory"
    http_status = 413
    hint = "Cut the part in question out of the file, or raise UNMASK_UNIT_MEMORY."


class BrokenDown(UnmaskError):
    """Something failed in a way that nobody foresaw; the worker's log has the whole of it."""

    code = "internal"
    hint = "This is a fault of Unmask. The log names it with the id of the analysis."


class UnknownDetector(UnmaskError):
    """A detector was asked for that this installation does not have."""

    code = "unknown_detector"
    http_status = 400
    hint = "`unmask models list` names them."
