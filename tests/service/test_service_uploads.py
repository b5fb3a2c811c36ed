"""Resumable uploads: by the rules of tus 1.0, over broken lines, servers that die, and two who send at once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from support.rows import principal
from unmask.service import uploads
from unmask.service.errors import Gone, NotFound
from unmask.service.options import Options
from unmask.service.submissions import FromUpload, submit
from unmask.storage import keys

HEAD = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
BIG = HEAD + os.urandom(20 * 1024**2 + 77)
LENGTH = len(BIG)
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = TUS | {"Content-Type": "application/offset+octet-stream"}


def announced(client, length=LENGTH, name="a long interview.mp4"):
    metadata = "filename " + base64.b64encode(name.encode()).decode()
    answer = client.post("/v1/uploads", headers=TUS | {"Upload-Length": str(length), "Upload-Metadata": metadata})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def send(client, place, offset, data, **headers):
    return client.patch(place, content=data, headers=BYTES | {"Upload-Offset": str(offset)} | headers)


def offset_of(client, place):
    return int(client.head(place, headers=TUS).headers["upload-offset"])


def test_an_upload_in_three_pieces_becomes_an_analysis(client, shared_context, who):
    place = announced(client)
    at = 0
    for size in (5_000_000, 10, len(BIG)):
        answer = send(client, place, at, BIG[at : at + size])
        assert answer.status_code == 204, answer.text
        at = min(len(BIG), at + size)
        assert int(answer.headers["upload-offset"]) == at == offset_of(client, place)
    answer = client.post("/v1/analyses", json={"upload": place.rsplit("/", 1)[1], "options": {"label": "u"}})
    assert answer.status_code == 202, answer.text
    media = answer.json()["media"]
    assert (media["name"], media["bytes"]) == ("a long interview.mp4", len(BIG))
    assert media["sha256"] == hashlib.sha256(BIG).hexdigest()
    found = [item.key for item in shared_context.store.list(f"{who.project}/")]
    assert found == [keys.media(who.project, media["sha256"])]
    assert shared_context.store.get(found[0]) == BIG
    assert client.head(place, headers=TUS).status_code == 404


def test_a_broken_line_loses_at_most_what_was_not_yet_sent(client, served):
    place = announced(client)
    sent = 13_000_000
    host, port = urlsplit(served.url).hostname, urlsplit(served.url).port
    with socket.create_connection((host, port)) as line:
        key = client.headers["Authorization"]
        head = f"PATCH {place} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {key}\r\nTus-Resumable: 1.0.0\r\n"
        head += (
            f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: {len(BIG)}\r\n\r\n"
        )
        line.sendall(head.encode() + BIG[:sent])
    for _ in range(
        200
    ):  # the server notices that the line was closed, and keeps what came; until then it stands moving
        at = offset_of(client, place)
        if at > 8 * 1024**2 and (answer := send(client, place, at, BIG[at:])).status_code != 409:
            break
    assert 8 * 1024**2 <= at <= sent
    assert answer.status_code == 204
    answer = client.post("/v1/analyses", json={"upload": place.rsplit("/", 1)[1]})
    assert answer.json()["media"]["sha256"] == hashlib.sha256(BIG).hexdigest()


def test_the_rules_of_the_protocol(client):
    abilities = client.options("/v1/uploads")
    assert abilities.status_code == 204
    assert (abilities.headers["tus-version"], abilities.headers["tus-extension"]) == (
        "1.0.0",
        "creation,termination,expiration",
    )
    place = announced(client, 100)
    head = client.head(place, headers=TUS)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("0", "100")
    assert head.headers["cache-control"] == "no-store"
    assert "upload-expires" in head.headers
    assert client.head(place).status_code == 412
    assert client.post("/v1/uploads", headers={"Upload-Length": "1"}).json()["code"] == "wrong_version"
    assert send(client, place, 5, b"x").json()["code"] == "offset_mismatch"
    assert (
        client.patch(place, content=b"x", headers=TUS | {"Upload-Offset": "0"}).json()["code"] == "unsupported_payload"
    )
    assert send(client, place, 0, HEAD + bytes(100)).json()["code"] == "payload_too_large"
    assert client.delete(place, headers=TUS).status_code == 204
    assert client.head(place, headers=TUS).status_code == 404
    assert client.post("/v1/uploads", headers=TUS | {"Upload-Length": "0"}).json()["code"] == "empty_file"
    assert client.post("/v1/uploads", headers=TUS | {"Upload-Length": str(2**50)}).json()["code"] == "too_large"
    odd = TUS | {"Upload-Length": "9", "Upload-Metadata": "filename not-base64!"}
    assert client.post("/v1/uploads", headers=odd).json()["code"] == "invalid_request"


def test_what_is_no_media_is_refused_with_its_first_part(client):
    place = announced(client, 100_000)
    answer = send(client, place, 0, b"%PDF-1.7" + bytes(99_992))
    assert (answer.status_code, answer.json()["code"]) == (415, "not_media")


def test_an_unfinished_upload_is_not_analysed(client):
    place = announced(client)
    send(client, place, 0, BIG[:1000])
    answer = client.post("/v1/analyses", json={"upload": place.rsplit("/", 1)[1]})
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_unfinished")


def test_two_who_send_the_same_bytes_at_once_leave_one_whole_upload(client, served):
    place = announced(client)
    codes = []

    def sending():
        with (
            httpx.Client(base_url=served.url, headers=client.headers, timeout=60) as own,
            suppress(httpx.TransportError),
        ):
            codes.append(send(own, place, 0, BIG).status_code)

    threads = [threading.Thread(target=sending) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {204, 409}
    at = offset_of(client, place)
    if at < len(BIG):
        assert send(client, place, at, BIG[at:]).status_code == 204
    answer = client.post("/v1/analyses", json={"upload": place.rsplit("/", 1)[1]})
    assert answer.json()["media"]["sha256"] == hashlib.sha256(BIG).hexdigest()


def test_parts_that_were_not_put_together_are_so_when_they_are_asked_for(context):
    """A server died after the last byte and before it had joined the parts."""
    who = principal(context)
    upload = uploads.create(context, who, 1000, "x.mp4")
    data = (HEAD + bytes(1000))[:1000]

    async def pieces():
        yield data

    writer = uploads._Writer(context, upload)
    asyncio.run(writer.add(data))
    asyncio.run(writer.flush())
    with context.database.read() as repo:
        assert (repo.uploads.get(who.project, upload.id).received, len(repo.uploads.parts(upload.id))) == (1000, 1)
    asyncio.run(uploads.assemble(context, who, upload.id))
    asyncio.run(uploads.assemble(context, who, upload.id))
    done = submit(context, who, FromUpload(upload.id), Options())
    assert done.analysis.media_sha256 == hashlib.sha256(data).hexdigest()
    with pytest.raises(NotFound):
        uploads.find(context, who, upload.id)


def test_what_was_not_finished_in_time_is_gone_with_its_bytes(context):
    who = principal(context)
    old = uploads.create(context, who, 1000, "x.mp4")
    writer = uploads._Writer(context, old)
    asyncio.run(writer.add(HEAD))
    asyncio.run(writer.flush())
    with context.database.write() as repo:
        repo.uploads.get(who.project, old.id).expires_at = context.now() - timedelta(seconds=1)
    fresh = uploads.create(context, who, 1000, "y.mp4")
    with pytest.raises(Gone):
        uploads.find(context, who, old.id)
    assert uploads.sweep(context) == 1
    assert list(context.store.list(f"{who.project}/")) == []
    assert uploads.find(context, who, fresh.id).received == 0


def test_a_part_that_a_server_wrote_as_it_died_goes_with_the_upload_or_after_its_time(context):
    who = principal(context)
    upload = uploads.create(context, who, len(HEAD) + 10, "clip.mp4").id
    stray = keys.upload_part(who.project, upload, 0, "01KB0000000000000000000000")
    later_stray = keys.upload_part(who.project, "01KB0000000000000000000001", 0, "01KB0000000000000000000002")
    context.store.put(stray, HEAD)
    context.store.put(later_stray, HEAD)
    uploads.remove(context, who, upload)
    assert [item.key for item in context.store.list(f"{who.project}/uploads/")] == [later_stray]
    uploads.sweep(context)
    assert [item.key for item in context.store.list(f"{who.project}/uploads/")] == [later_stray]  # it may be wanted yet
    later = context.now() + timedelta(seconds=context.settings.upload_seconds, hours=2)
    uploads.sweep(replace(context, now=lambda: later))
    assert list(context.store.list(f"{who.project}/uploads/")) == []


def test_what_a_server_received_before_it_died_is_removed_after_its_time(context):
    who = principal(context)
    context.store.put(keys.incoming(who.project, "01KB0000000000000000000000"), HEAD)
    assert uploads.sweep(context) == 0
    assert len(list(context.store.list(f"{who.project}/incoming/"))) == 1
    later = context.now() + timedelta(seconds=context.settings.upload_seconds, hours=2)
    assert uploads.sweep(replace(context, now=lambda: later)) == 0
    assert list(context.store.list(f"{who.project}/incoming/")) == []
