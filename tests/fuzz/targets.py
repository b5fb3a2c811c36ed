"""Our own parsers, each as a function of bytes that may only fail with the errors that it promises.

`scripts/fuzzing/coverage.py` hunts in them with atheris, where it is installed; `tests/unit/test_fuzz_targets.py` tries
the same with hypothesis in every run of the tests, and every case that was ever found (`tests/fuzz/found`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2] / "src"), str(HERE.parents[1])]


def xmp(data: bytes) -> None:
    """XMP packets: never raises."""
    from unmask.ingest.xmp import read_xmp

    found = read_xmp([data, b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + data + b"</x:xmpmeta>"])
    assert all(isinstance(value, str) for value in found.source_types)


def boxes(data: bytes) -> None:
    """Boxes of an ISO file, and where metadata lie: a MediaError at most."""
    from unmask.errors import MediaError
    from unmask.ingest.boxes import check_boxes
    from unmask.ingest.regions import has_manifest, metadata_regions, stream_start

    for head in (b"", b"\0\0\0\x10ftypmp42\0\0\0\0"):
        with _file(head + data) as path:
            with contextlib.suppress(MediaError):
                check_boxes(path, 8192 * 4608)
            assert sum(map(len, metadata_regions(path))) <= 64 * 1024 * 1024
            has_manifest(path)
            stream_start(path)


def content(data: bytes) -> None:
    """The first look at a file: a MediaError at most."""
    from unmask.errors import MediaError
    from unmask.ingest.riff import check_chunks, is_riff
    from unmask.ingest.sniff import refuse_by_content
    from unmask.ingest.stills import read_still_header, still_kind
    from unmask.ingest.stilltags import still_tags

    with _file(data) as path, contextlib.suppress(MediaError):
        kind = still_kind(data)
        if kind:
            list(still_tags(path, kind))
            read_still_header(path, kind, 8192 * 4608)
        if is_riff(data):
            check_chunks(path, data)
        refuse_by_content(data)


def credentials(data: bytes) -> None:
    """The report of the C2PA library on a manifest store, as JSON: never raises for what stands in it."""
    from unmask.ingest.c2pa_child import distil

    try:
        store = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(store, dict):
        json.dumps(distil(store))


def manifest(data: bytes) -> None:
    """CSV manifests of an evaluation: a DatasetError at most."""
    from unmask.errors import DatasetError
    from unmask.training.manifest import read_manifests

    for head in (b"", b"path,label,kind,source,split\n"):
        with _file(head + data, "manifest.csv") as path, contextlib.suppress(DatasetError):
            read_manifests([path])


def settings(data: bytes) -> None:
    """Settings: a SettingsError at most."""
    from unmask.errors import SettingsError
    from unmask.settings import ServiceSettings, Settings, load, load_service

    text = data.decode("utf-8", "replace").replace("\0", "")
    names = [*Settings.model_fields] if len(data) % 2 else [*ServiceSettings.model_fields]
    with contextlib.suppress(SettingsError):
        (load if len(data) % 2 else load_service)({names[len(data) // 2 % len(names)]: text})


def record(data: bytes) -> None:
    """Verification of a result: a RecordError at most."""
    from unmask.errors import RecordError, SettingsError
    from unmask.record.verify import verify

    with _file(data, "result.json") as path, contextlib.suppress(RecordError, SettingsError):
        verify(path, None, {})


def upload(data: bytes) -> None:
    """The tus header Upload-Metadata: an InvalidRequest at most."""
    from unmask.api.uploads import _filename
    from unmask.errors import UnmaskError

    for text in (data.decode("latin-1"), "filename " + data.decode("latin-1")):
        with contextlib.suppress(UnmaskError):
            assert isinstance(_filename(text), str)


def wire(data: bytes) -> None:
    """What processes hand each other: a WireError at most."""
    from unmask.examination import ShardPart
    from unmask.types import Media
    from unmask.wire import WireError, load, revive

    for kind in (Media, ShardPart):
        with contextlib.suppress(WireError):
            load(kind, data)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return
    with contextlib.suppress(WireError):
        revive(Media, found)


def form(data: bytes) -> None:
    """A multipart body in small pieces, and its Content-Type: an UnmaskError at most."""
    from unmask.api.forms import Form
    from unmask.errors import UnmaskError

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(data), 7):
            yield data[at : at + 7]

    async def read(content_type: str) -> None:
        async for part in Form(content_type, pieces()).parts():
            await part.text()

    for content_type in ("multipart/form-data; boundary=b", data[:200].decode("latin-1")):
        with contextlib.suppress(UnmaskError):
            asyncio.run(read(content_type))


def weights(data: bytes) -> None:
    """A PyTorch file of weights that somebody adds: a ModelError at most."""
    from unmask.errors import ModelError
    from unmask.models.torch_file import read_torch_file

    with _file(data, "weights.pth") as path, contextlib.suppress(ModelError):
        read_torch_file(path)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (xmp, boxes, content, credentials, manifest, settings, record, upload, wire, form, weights)
}


@contextlib.contextmanager
def _file(data: bytes, name: str = "media") -> Iterator[Path]:
    with TemporaryDirectory(prefix="unmask-target-") as folder:
        path = Path(folder) / name
        path.write_bytes(data or b"\0")
        yield path
