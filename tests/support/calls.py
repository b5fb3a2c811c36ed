"""What tests of the API send, and what a refusal looks like."""

from __future__ import annotations

import json

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 40


def post_file(client, data=MP4, name="interview.mp4", options=None, **headers):
    files = {"file": (name, data, "video/mp4")}
    form = {"options": json.dumps(options)} if options is not None else {}
    return client.post("/v1/analyses", files=files, data=form, headers=headers)


def is_problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:unmask:error:{code}")
    assert body["title"]
    assert body["detail"]
    return body
