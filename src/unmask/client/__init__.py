"""The API's client: typed, sync and async, with retries and resumable uploads. It loads no model and no decoder.

>>> from unmask.client import Client
>>> with Client("http://127.0.0.1:8000") as client:
...     analysis = client.analyze("interview.mp4", on_progress=print)
...     print(analysis.verdict.label, client.result(analysis.id).narrative.text)
"""

from unmask.client.aio import AsyncClient
from unmask.client.errors import AnalysisFailed, ApiError, ClientError, Unreachable
from unmask.client.models import Analysis, Artifact, Event, Failure, Finding, Media, Page, Progress, Verdict
from unmask.client.sync import Client
from unmask.errors import BadSignature
from unmask.webhooks.signature import verify_signature

__all__ = [
    "Analysis",
    "AnalysisFailed",
    "ApiError",
    "Artifact",
    "AsyncClient",
    "BadSignature",
    "Client",
    "ClientError",
    "Event",
    "Failure",
    "Finding",
    "Media",
    "Page",
    "Progress",
    "Unreachable",
    "Verdict",
    "verify_signature",
]
