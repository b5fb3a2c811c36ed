"""A media written anew: other codecs, other sizes, changed pictures or sound, streamed and with its clock kept.

The probe of an analysis and the evaluation both use it; it knows nothing of either. No program is run: libav (PyAV),
OpenCV and numpy do the work, in this process, with a fixed number of threads so that the bytes come out the same.
"""
