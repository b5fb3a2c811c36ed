"""All SQL. One object per transaction; each attribute is what is known of one kind of thing.

What belongs to a project is only ever found with that project's id: a method without it is for workers and beat tasks,
which act for all projects, and its docstring says so.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from unmask.db.repository.access import Access
from unmask.db.repository.analyses import Analyses
from unmask.db.repository.attached import Attached
from unmask.db.repository.events import Events
from unmask.db.repository.media import MediaRows
from unmask.db.repository.outbox import Outbox
from unmask.db.repository.records import Records
from unmask.db.repository.shares import Shares
from unmask.db.repository.uploads import Uploads
from unmask.db.repository.webhooks import Webhooks
from unmask.db.repository.work import Work

__all__ = ["Repository"]


class Repository:
    """The database inside one transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.access = Access(session)
        self.analyses = Analyses(session)
        self.attached = Attached(session)
        self.events = Events(session)
        self.media = MediaRows(session)
        self.outbox = Outbox(session)
        self.records = Records(session)
        self.shares = Shares(session)
        self.uploads = Uploads(session)
        self.webhooks = Webhooks(session)
        self.work = Work(session)
