"""Webhooks: addresses that are told when an analysis ends, what was sent there, and the dead letters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

from unmask.api.deps import KEYED, ULID, Admin, Ctx
from unmask.api.problems import responses
from unmask.api.schemas import Given, Identity, exactly_one, has_exactly_one
from unmask.db.tables import Delivery, DeliveryState, Webhook
from unmask.errors import UrlRefused
from unmask.service import webhooks
from unmask.service.errors import NotFound, WrongState
from unmask.service.webhooks import EventKind
from unmask.webhooks.deliver import Outcome

router = APIRouter(prefix="/webhooks", tags=["webhooks"], dependencies=KEYED)

WebhookId = Annotated[str, Path(pattern=ULID, description="Id of a webhook.")]
DeliveryId = Annotated[str, Path(pattern=ULID, description="Id of a delivery.")]
_SECRET_EXAMPLE = "whsec_" + "A" * 43 + "="


class NewWebhook(Given):
    """An address that is to be told."""

    url: HttpUrl = Field(description="Public http or https address.", examples=["https://desk.example.org/unmask"])
    events: list[EventKind] = Field(
        default_factory=list, max_length=3, description="What it is told of; everything when empty."
    )


class WebhookOut(BaseModel):
    """An address of the project."""

    id: Identity
    url: str
    events: list[EventKind]
    created: datetime

    @classmethod
    def of(cls, row: Webhook) -> WebhookOut:
        """From its row."""
        return cls(**_webhook_fields(row))


class WebhookMade(WebhookOut):
    """A new address, with the secret that signs what is sent there. It is shown only now."""

    secret: str = Field(examples=[_SECRET_EXAMPLE])


class Secret(BaseModel):
    """What signs the messages to the addresses that analyses name in their options."""

    secret: str = Field(examples=[_SECRET_EXAMPLE])


class NewTest(Given):
    """Where a test message goes: an address of the project by its id, or any other by its URL. Exactly one."""

    webhook: Identity | None = None
    url: HttpUrl | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=exactly_one("webhook", "url"))

    @model_validator(mode="after")
    def _one(self) -> NewTest:
        if not has_exactly_one(self, "webhook", "url"):
            raise ValueError("exactly one of webhook and url must be given")
        return self


class TestOut(BaseModel):
    """What came of a test message. `delivered` means an answer of 200 to 299."""

    status: Literal["delivered", "retry", "dead"]
    http_status: int | None
    reason: str
    seconds: float

    @classmethod
    def of(cls, outcome: Outcome) -> TestOut:
        """From the outcome of the attempt."""
        return cls(
            status=outcome.status, http_status=outcome.http_status, reason=outcome.reason, seconds=outcome.seconds
        )


class DeliveryOut(BaseModel):
    """A message, and how its delivery stands."""

    id: Identity
    webhook: str | None = Field(description="Null for the address that the analysis itself named.")
    analysis: str | None
    url: str
    event: str
    state: DeliveryState
    attempts: int
    next: datetime | None = Field(description="When it is tried again.")
    last_status: int | None = Field(description="HTTP status of the last answer.")
    last_error: str | None
    created: datetime
    delivered: datetime | None
    payload: dict[str, Any]

    @classmethod
    def of(cls, row: Delivery) -> DeliveryOut:
        """From its row."""
        return cls(
            id=row.id,
            webhook=row.webhook_id,
            analysis=row.analysis_id,
            url=row.url,
            event=row.event,
            state=row.state,
            attempts=row.attempts,
            next=row.next_at,
            last_status=row.last_status,
            last_error=row.last_error,
            created=row.created_at,
            delivered=row.delivered_at,
            payload=row.payload,
        )


class DeliveryPage(BaseModel):
    """A stretch of the list, the newest first. `next` is the cursor of what follows, null at the end."""

    items: list[DeliveryOut]
    next: str | None


@router.post("", status_code=201, response_model=WebhookMade, summary="Add an address", responses=responses(UrlRefused))
def create(who: Admin, context: Ctx, given: NewWebhook) -> WebhookMade:
    """Addresses inside the server's own network are refused here, and again whenever something is sent."""
    row = webhooks.create(context, who, str(given.url), given.events)
    return WebhookMade(**_webhook_fields(row), secret=row.secret)


@router.get("", response_model=list[WebhookOut], summary="List the addresses", responses=responses())
def show_all(who: Admin, context: Ctx) -> list[WebhookOut]:
    """The oldest first, without their secrets."""
    return [WebhookOut.of(row) for row in webhooks.listed(context, who)]


@router.get("/secret", response_model=Secret, summary="The project's own secret", responses=responses(NotFound))
def show_secret(who: Admin, context: Ctx) -> Secret:
    """It signs messages to addresses that an analysis names in `options.webhook`."""
    return Secret(secret=webhooks.secret(context, who))


@router.post("/secret", response_model=Secret, summary="Replace that secret", responses=responses(NotFound))
def replace_secret(who: Admin, context: Ctx) -> Secret:
    """From now on the new one signs; messages that wait are signed with it too."""
    return Secret(secret=webhooks.secret(context, who, fresh=True))


@router.post(
    "/test", response_model=TestOut, summary="Send a test message now", responses=responses(UrlRefused, NotFound)
)
def send_test(who: Admin, context: Ctx, given: NewTest) -> TestOut:
    """One attempt, of the kind `webhook.test`, signed like every message. The answer says what came of it."""
    url = None if given.url is None else str(given.url)
    return TestOut.of(webhooks.send_test(context, who, given.webhook, url))


@router.get("/deliveries", response_model=DeliveryPage, summary="What was sent", responses=responses())
def deliveries(
    *,
    who: Admin,
    context: Ctx,
    state: Annotated[DeliveryState | None, Query(description="`dead` lists the dead letters.")] = None,
    cursor: Annotated[str | None, Query(pattern=ULID, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryPage:
    """Messages with the state of their delivery."""
    rows = webhooks.deliveries(context, who, state, cursor, limit + 1)
    items = [DeliveryOut.of(row) for row in rows[:limit]]
    return DeliveryPage(items=items, next=items[-1].id if len(rows) > limit else None)


@router.post(
    "/deliveries/{delivery}/retry",
    status_code=202,
    response_model=DeliveryOut,
    summary="Send a dead letter again",
    responses=responses(NotFound, WrongState),
)
def retry(who: Admin, context: Ctx, delivery: DeliveryId) -> DeliveryOut:
    """It gets all its tries anew, and keeps its id."""
    return DeliveryOut.of(webhooks.again(context, who, delivery))


@router.delete(
    "/{webhook:ulid}",
    status_code=204,
    summary="Remove an address",
    response_class=Response,
    responses=responses(NotFound, also={204: {"description": "Gone, with what was on its way there."}}),
)
def remove(who: Admin, context: Ctx, webhook: WebhookId) -> Response:
    """Nothing more is sent there."""
    webhooks.remove(context, who, webhook)
    return Response(status_code=204)


def _webhook_fields(row: Webhook) -> dict[str, Any]:
    return {"id": row.id, "url": row.url, "events": row.events, "created": row.created_at}
