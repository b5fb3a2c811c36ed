"""The object store: one protocol, and one implementation over S3, a folder and memory."""
