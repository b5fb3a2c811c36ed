"""The parts of make_samples.py: a camera, a forged face, a soundtrack and an encoder."""
