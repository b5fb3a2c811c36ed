"""Decoding of untrusted media in processes of their own, with limits: this side asks, `unmask.sandboxed` does."""
