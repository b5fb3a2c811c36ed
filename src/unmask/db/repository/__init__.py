"""All SQL. One object per transaction; each attribute is what is known of one kind of thing.

What belongs to a project is only ever found with that project's id: a method without it is for workers and beat tasks,
which act for all projects, and its docstring says so.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from unmask.db.repository.access import Access
from unmask.db.repository.analyses import Analyses
from unmask.db.repository.attached import Attached
from unmask.db.repository.events import Events
from unmask.db.repository.judgements import Judgements
from unmask.db.repository.media import MediaRows
from unmask.db.repository.outbox import Outbox
from unmask.db.repository.records import Records
from unmask.db.repository.shares import Shares
from unmask.db.repository.uploads import Uploads
from unmask.db.repository.webhooks import Webhooks
from unmask.db.repository.work import Work
from unmask.errors import UnmaskError

__all__ = ["Repository"]


class Repository:
    """The database inside one transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.access = Access(session)
        self.analyses = Analyses(session)
        self.attached = Attached(session)
        self.events = Events(session)
        self.judgements = Judgements(session)
        self.media = MediaRows(session)
        self.outbox = Outbox(session)
        self.records = Records(session)
        self.shares = Shares(session)
        self.uploads = Uploads(session)
        self.webhooks = Webhooks(session)
        self.work = Work(session)
        self._afterwards: list[Callable[[], object]] = []

    def afterwards(self, task: Callable[[], object]) -> None:
        """Do this once the transaction is committed. It may fail, or never come to it: something else makes it good."""
        self._afterwards.append(task)

    def committed(self) -> None:
        """The transaction is committed; for whoever manages it."""
        for task in self._afterwards:
            try:
                task()
            except UnmaskError as failed:
                structlog.get_logger().warning("afterwards.failed", error=failed.code)
