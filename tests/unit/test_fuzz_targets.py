"""Our own parsers, with bytes that nobody would send in good faith."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "fuzz"))

from targets import TARGETS

FOUND = Path(__file__).parents[1] / "fuzz" / "found"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["manifests", "active_manifest", "validation_results", "assertions", "data", "schema",
                             "actions", "digitalSourceType", "claim_generator_info", "signature_info", "media", "a"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)  # fmt: skip
WORDS = st.lists(
    st.sampled_from([b"moov", b"trak", b"stsz", b"stsd", b"mdia", b"\0\0\0\x08", b"\0\0\0\x01", b"\xff\xff\xff\xff",
                     b"<rdf:li>", b"</", b"<a b='", b"<![CDATA[", b"&amp;", b",", b"\"", b"\n", b"path", b"RIFF",
                     b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1", b"Exif\0\0II*\0", b"GIF89a", b"BM", b"PK\x03\x04"])
    | st.binary(max_size=12),
    max_size=30,
).map(b"".join)  # fmt: skip
BYTES = st.binary(max_size=400) | WORDS | JSON.map(lambda found: json.dumps(found).encode())


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=BYTES)
def test_a_parser_fails_only_as_it_promises(name, data):
    TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"\xff\xfe" * 50,
        b"1e999999999",
        b'{"duration": "1e999999999"}',
        "\ud800".encode("utf-8", "surrogatepass"),
        b"\0\0\0\x08moov" * 20_000,
        b"<a>" * 20_000,
    ],
    ids=lambda data: repr(data[:16]),
)
def test_a_parser_stands_what_is_deep_long_or_odd(name, data):
    TARGETS[name](data)


@pytest.mark.parametrize("case", sorted(FOUND.iterdir()), ids=lambda case: case.stem)
def test_what_a_hunt_found_stays_mended(case):
    TARGETS[case.name.partition("-")[0]](case.read_bytes())
