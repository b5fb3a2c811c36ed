"""The library `shap`, which our own values are held against."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def shap_library() -> Any:
    """The library, its inner loops left to Python: compiling them costs ten seconds and saves a few hundredths."""
    import numba

    compiler: Any = numba.config
    before = compiler.DISABLE_JIT
    compiler.DISABLE_JIT = True
    try:
        with warnings.catch_warnings():  # of its plots, which are not used
            warnings.simplefilter("ignore")
            import shap
    finally:
        compiler.DISABLE_JIT = before
    return shap
