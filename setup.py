"""The rest of what pyproject.toml says: the sample clips go into the package when it is built.

They lie outside of it, where the README, the tests and `make demo` use them; a second copy in the repository would only
wait to differ.
"""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py

SAMPLES = Path(__file__).parent / "samples"


class BuildWithSamples(build_py):
    """As setuptools' own, and then `unmask/samples/*.mp4`; an editable installation finds them where they are."""

    def run(self) -> None:
        """Build."""
        super().run()
        if self.editable_mode:
            return
        folder = Path(self.build_lib) / "unmask" / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        for clip in sorted(SAMPLES.glob("*.mp4")):
            copyfile(clip, folder / clip.name)


setup(cmdclass={"build_py": BuildWithSamples})
