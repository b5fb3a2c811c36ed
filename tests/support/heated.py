"""A finished analysis with one heat map of a known place, put into the store of a server that runs. For tests only."""

from __future__ import annotations

import io
import json
from pathlib import Path

from PIL import Image

from support.rows import incoming, result, stored
from unmask.result import MediaFacts, Person, VideoFacts
from unmask.service import lifecycle
from unmask.service.context import open_context
from unmask.service.keys import local_principal
from unmask.service.options import Options
from unmask.service.submissions import FromBytes, submit
from unmask.settings import ServiceSettings

CORNERS = [[200.0, 100.0], [360.0, 100.0], [200.0, 260.0]]
"""Top left, top right and bottom left, in pixels of the picture."""
VIDEO = VideoFacts(
    codec="h264",
    profile=None,
    pixel_format=None,
    width=640,
    height=480,
    rotation=0,
    frame_rate=25.0,
    variable_frame_rate=False,
    frames=380,
    bit_rate=None,
    start=0.0,
    duration=15.2,
)


def with_heat(settings: ServiceSettings, clip: Path) -> tuple[str, list[list[float]]]:
    """The analysis's id, and the corners that its heat map covers two seconds after the start."""
    data = clip.read_bytes()
    context = open_context(settings)
    who = local_principal(context)
    received = incoming(context, who.project, data)
    # a worker must not take it, so its record is made and ended in one go
    analysis = submit(context, who, FromBytes(received, "heat.mp4"), Options()).analysis.id
    with context.database.write() as repo:
        lifecycle.start(repo, context, analysis)
    base = result(analysis, data)
    media = MediaFacts(**(base.media.model_dump() | {"duration": 15.2, "video": VIDEO}))
    person = Person(subject="person-1", first_seen=0, last_seen=15, frames=60, median_face_px=150)
    outcome = base.model_copy(update={"media": media, "persons": [person]})
    with context.database.write() as repo:
        lifecycle.finish(repo, context, analysis, outcome, stored(context, who.project, analysis, _files(outcome)))
    context.database.close()
    return analysis, CORNERS


def _files(outcome):
    heat = {"evidence": "E1", "subject": "person-1", "time": 2.0, "artifact": "evidence/heat.png", "corners": CORNERS}
    drawn = {"schema": "unmask.player/1", "size": [640, 480], "persons": [], "heats": [heat], "signals": []}
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), (255, 0, 255)).save(picture, "PNG")
    return {
        "result.json": (outcome.to_json().encode(), "application/json"),
        "player.json": (json.dumps(drawn).encode(), "application/json"),
        "evidence/heat.png": (picture.getvalue(), "image/png"),
    }
