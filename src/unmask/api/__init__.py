"""The HTTP interface under /v1. It never imports TensorFlow."""
