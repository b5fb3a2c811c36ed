"""Every page that there is, with something on it: what all of them are held to is tested page by page."""

from __future__ import annotations

import httpx

from e2e.conftest import ADDED, Service
from support.loopback import OUTSIDE
from support.seeded import Seeds, Told


def every_page(service: Service, done: str, seeds: Seeds) -> dict[str, str]:
    """Addresses by what they show, an analysis in each of its states among them. `done` is one that is done."""
    batch = seeds.batch(3, "all kinds")
    other = seeds.done(name="one-of-two.mp4", batch=batch)
    for judgement in ("authentic", "manipulated", "unsure"):
        seeds.judged(done, judgement, days_ago=10, comment="as seen before")
        for days in (24, 17, 10, 0):
            seeds.judged(other, judgement, days_ago=days, comment="the original is known")
    with service.client() as client:
        shown, over = (_asked(client, f"/v1/analyses/{done}/shares", {}) for _ in "ab")
        client.delete(f"/v1/analyses/{done}/shares/{over['id']}").raise_for_status()
        ended = _asked(client, "/v1/keys", {"name": "of last year", "scopes": ["read"]})
        client.delete(f"/v1/keys/{ended['id']}").raise_for_status()
        _asked(client, "/v1/keys", {"name": "newsroom", "scopes": ["read", "write"]})
        _asked(client, "/v1/webhooks", {"url": f"http://{OUTSIDE}/hook", "events": ["analysis.cancelled"]})
    return {
        "start": "/",
        "analyses": "/analyses",
        "nothing-found": "/analyses?q=nothing-is-named-so",
        "result": f"/analyses/{done}",
        "rerun": f"/analyses/{seeds.done(Told(face=-1.0), rerun_of=other)}",
        "running": f"/analyses/{seeds.running(batch=batch)}",
        "failed": f"/analyses/{seeds.failed(batch=batch)}",
        "stopped": f"/analyses/{seeds.stopped()}",
        "compare": f"/compare?a={done}&b={other}",
        "batches": "/batches",
        "batch": f"/batches/{batch}",
        "feedback": "/feedback",
        "shared": shown["path"],
        "shared-over": over["path"],
        "shared-unknown": "/s/no-such-link",
        "models": "/models",
        "card-face": "/models/face",
        "card-lip-sync": "/models/lip_sync",
        "card-voice": "/models/voice",
        "card-added": f"/models/{ADDED}",
        "keys": "/settings/keys",
        "projects": "/settings/projects",
        "retention": "/settings/retention",
        "webhooks": "/settings/webhooks",
        "language-model": "/settings/language-model",
        "signin": "/signin",
        "no-analysis": "/analyses/01KB0000000000000000000000",
        "nowhere": "/no-such",
    }


def without_webhooks(service: Service) -> None:
    """Take back the addresses that `every_page` made: nothing is to be sent to them by what others test."""
    with service.client() as client:
        for one in client.get("/v1/webhooks").json():
            client.delete(f"/v1/webhooks/{one['id']}").raise_for_status()


def _asked(client: httpx.Client, path: str, given: dict[str, object]) -> dict[str, str]:
    answer = client.post(path, json=given)
    answer.raise_for_status()
    return answer.json()
