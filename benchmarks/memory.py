"""Peak memory of a one-hour 720p video against that of a two-minute one: it must not grow with the length.

    .venv/bin/python benchmarks/memory.py [CLIP] [--minutes 60] [--fps 4]

Each length runs in a process of its own; the clip is looped without a new encode, after one scaling to 720p.
Prints one JSON document with both peaks and their ratio.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLE = Path(__file__).parents[1] / "samples" / "manipulated.mp4"

CHILD = """
import json, resource, sys, time
from pathlib import Path
from unmask.bootstrap import analyzer
from unmask.settings import Settings
began, used = time.perf_counter(), time.process_time()
result = analyzer(Settings(fps=float(sys.argv[3]))).analyze(Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps({
    "seconds_of_video": round(result.media.duration, 1),
    "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    "wall_s": round(time.perf_counter() - began, 1),
    "cpu_s": round(time.process_time() - used, 1),
    "label": result.verdict.label,
}))
"""


def looped(clip: Path, seconds: float, folder: Path) -> Path:
    """The clip at 720p, repeated until it lasts `seconds`."""
    from imageio_ffmpeg import get_ffmpeg_exe

    ffmpeg = [get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y"]
    scaled = folder / "720p.mp4"
    if not scaled.exists():
        frame = "scale=1280:720:force_original_aspect_ratio=decrease,pad=1280:720:(ow-iw)/2:(oh-ih)/2"
        encode = ["-vf", frame, "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"]
        subprocess.run([*ffmpeg, "-i", str(clip), *encode, str(scaled)], check=True)
    target = folder / f"{seconds:.0f}s.mp4"
    loop = ["-stream_loop", "-1", "-i", str(scaled), "-t", str(seconds), "-c", "copy", str(target)]
    subprocess.run([*ffmpeg, *loop], check=True)
    return target


def measure(media: Path, out: Path, fps: float) -> dict[str, object]:
    """Analyse in a fresh process; its own account of time and memory."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(media), str(out), str(fps)], check=True, capture_output=True, text=True
    )
    measured: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    """Measure both lengths and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--fps", type=float, default=4.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        short = measure(looped(chosen.clip, 120, root), root / "short", chosen.fps)
        long = measure(looped(chosen.clip, chosen.minutes * 60, root), root / "long", chosen.fps)
    ratio = float(str(long["peak_mib"])) / float(str(short["peak_mib"]))
    measured = {"date": time.strftime("%Y-%m-%d"), "fps": chosen.fps, "short": short, "long": long}
    print(json.dumps({**measured, "ratio": round(ratio, 3)}, indent=2))


if __name__ == "__main__":
    main()
