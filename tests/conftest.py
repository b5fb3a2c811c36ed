"""What all tests share."""

import os
import tempfile

from hypothesis import settings

os.environ["UNMASK_KEYS"] = tempfile.mkdtemp(prefix="unmask-keys-")  # tests make no key in anybody's home

settings.register_profile("here", deadline=None)  # a busy machine is no failure
settings.load_profile("here")
