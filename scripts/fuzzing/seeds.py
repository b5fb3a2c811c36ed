"""Good input to start from for each of our own parsers: what the target of that name reads when nobody means harm."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from fuzzing.corpus import CORPUS
from support.addedmodels import torch_file
from support.fakemedia import media
from support.writtenresult import written
from unmask.wire import dump, plain

LARGEST = 64 * 1024
"""Bytes of the largest media that is a seed: what is larger is tried more slowly and not more deeply."""

XMP = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    b"<rdf:Description xmlns:i='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' xmlns:dc='http://purl.org/dc/elements/1.1/'"
    b" i:DigitalSourceType='http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'>"
    b"<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Title</rdf:li></rdf:Alt></dc:title>"
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)
MANIFEST = (
    b"path,label,kind,source,split,crop,segments,face,voice\n"
    b'a.mp4,fake,video,here,dev,"0,0,0.5,1",4.0-11.3;20-22,fake,real\n'
    b"b.wav,real,audio,here,train,,,,\n"
)
RECEIPT = {
    "schema": "unmask.deletion/1",
    "completed": "2026-11-26T10:00:01+00:00",
    "media": {"sha256": "ab" * 32, "bytes": 5, "removed": True},
    "digest": "ab" * 32,
    "signature": {"algorithm": "ed25519", "key": "ab" * 32, "value": "cd" * 64},
}
STORE = {
    "active_manifest": "one",
    "validation_state": "Trusted",
    "validation_results": {"activeManifest": {"failure": [{"code": "a"}], "success": []}, "ingredientDeltas": []},
    "manifests": {
        "one": {
            "claim_generator_info": [{"name": "Tool", "version": "1"}],
            "signature_info": {"issuer": "Somebody", "common_name": "made.test", "time": "2026-01-01T00:00:00Z"},
            "assertions": [{"data": {"actions": [{"action": "c2pa.created", "digitalSourceType": "made"}]}}],
            "ingredients": [{"relationship": "parentOf", "label": "i", "active_manifest": "one"}],
        }
    },
}
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="options"\r\n\r\n{"label": "a"}\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nbytes\r\n--b--\r\n'
)
WORDS: Mapping[str, Sequence[str]] = {
    "xmp": ("<x:xmpmeta", "</x:xmpmeta>", "<rdf:li>", "<!DOCTYPE", "DigitalSourceType=''", "AIGC", "provenance", "://"),
    "boxes": ("moov", "trak", "mdia", "minf", "stbl", "stsd", "stsz", "elst", "dref", "trun", "hdlr", "encv", "meta"),
    "content": ("RIFF", "RF64", "LIST", "data", "Exif", "IHDR", "tEXt", "GIF89a", "WEBP", "II*", "#EXTM3U"),
    "credentials": ("manifests", "ingredients", "assertions", "relationship", "digitalSourceType", "softwareAgent"),
    "manifest": ("path", "kind", "label", "video", "audio", "image", "real", "fake", "dev", "nan", "inf", "1e9"),
    "settings": ("postgresql://", "redis://", "s3://", "sqlite:///", "http://", "1e999", "nan", "[]", "{}", "null"),
    "record": ('"record"', '"signature"', '"files"', '"name"', '"../"', "\\u0000", "\\ud800", "1e999", "ed25519"),
    "upload": ("filename ", ",", "=="),
    "wire": ('"duration"', '"1/0"', "nan", "PK"),
    "form": ("--b", "Content-Disposition", 'name="', 'filename="', "filename*=utf-8''", "\\x0d\\x0a"),
    "weights": (
        "torch._utils",
        "collections",
        "ctorch",
        "FloatStorage",
        "PK\\x03\\x04",
        "PK\\x01\\x02",
        "PK\\x05\\x06",
    ),
}
"""What libFuzzer puts in here and there, in its own way of writing bytes."""


def seeds(name: str, folder: Path) -> list[bytes]:
    """Good inputs of a target; `folder` is where the media lie that are made for it."""
    return list(_SEEDS[name](folder))


def dictionary(name: str) -> str:
    """A dictionary for libFuzzer."""
    return "".join(f'"{_escaped(word)}"\n' for word in WORDS.get(name, ()))


def _escaped(word: str) -> str:
    return word.replace("\\u", "\\\\u").replace('"', '\\"')


def _media(folder: Path) -> Iterator[bytes]:
    yield from (data for data in CORPUS.make(folder).values() if len(data) <= LARGEST)


def _record(_: Path) -> Iterator[bytes]:
    whole = json.loads(written().to_json())
    listed = {"software": "unmask", "settings_sha256": "ab" * 32}
    listed["files"] = [{"name": "report.html", "bytes": 3, "sha256": "cd" * 32}]
    signature = {"algorithm": "ed25519", "key": "ab" * 32, "value": "cd" * 64}
    yield json.dumps(whole).encode()
    yield json.dumps(whole | {"record": listed, "evidence": [], "segments": [], "contributions": []}).encode()
    yield json.dumps(whole | {"signature": signature}).encode()
    yield json.dumps(RECEIPT).encode()
    yield json.dumps(RECEIPT | {"signature": None}).encode()


def _settings(_: Path) -> Iterator[bytes]:
    from unmask.settings import ServiceSettings, Settings

    for number in range(2 * max(len(Settings.model_fields), len(ServiceSettings.model_fields))):
        yield b"1" * number


def _weights(_: Path) -> Iterator[bytes]:
    arrays = {"first.weight": np.arange(6.0).reshape(2, 3), "first.bias": np.zeros(2)}
    with TemporaryDirectory() as folder:
        yield torch_file(Path(folder) / "weights.pth", arrays).read_bytes()


def _wire(_: Path) -> Iterator[bytes]:
    yield dump(media())
    yield json.dumps(plain(media())).encode()


def _just(*found: bytes) -> Callable[[Path], Iterator[bytes]]:
    return lambda _: iter(found)


_SEEDS: Mapping[str, Callable[[Path], Iterator[bytes]]] = {
    "xmp": _just(XMP),
    "boxes": _media,
    "content": _media,
    "credentials": _just(json.dumps(STORE).encode()),
    "manifest": _just(MANIFEST),
    "settings": _settings,
    "record": _record,
    "upload": _just(b"filename " + base64.b64encode(b"clip.mp4"), base64.b64encode("Füße.mp4".encode())),
    "wire": _wire,
    "form": _just(FORM),
    "weights": _weights,
}
