"""A synthetic voice: eSpeak NG, from the Python package espeakng-loader, called through ctypes.

The package carries the library and its data, so nothing has to be installed beside Python.
"""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
from numpy.typing import NDArray

VOICE = b"en-us+f3"
WORDS_A_MINUTE = 165
_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples go to the callback, before espeak_Synth returns
_RATE, _CHARS_UTF8 = 1, 1  # espeakRATE and espeakCHARS_UTF8 of speak_lib.h
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@cache
def speak(words: str) -> tuple[NDArray[np.float32], int]:
    """Return the words as mono samples (-1 to 1) and their rate. RuntimeError when the synthesiser fails.

    Cached, because the synthesiser keeps state: a second synthesis in the same process differs a little.
    """
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate <= 0:
        raise RuntimeError("eSpeak NG could not be started")
    pieces: list[NDArray[np.int16]] = []

    def take(samples: ctypes._Pointer[ctypes.c_short], count: int, _: int) -> int:
        if samples and count:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    keep = _CALLBACK(take)  # must outlive the synthesis
    library.espeak_SetSynthCallback(keep)
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # breath is drawn at random, else by the clock
    library.espeak_SetVoiceByName(VOICE)
    library.espeak_SetParameter(_RATE, WORDS_A_MINUTE, 0)
    text = words.encode() + b"\0"
    failed = library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, 1, 0, _CHARS_UTF8, None, None)
    library.espeak_Terminate()
    if failed or not pieces:
        raise RuntimeError("eSpeak NG gave no sound")
    return np.concatenate(pieces).astype(np.float32) / 32768.0, int(rate)
