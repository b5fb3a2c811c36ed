"""The store that the settings name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from obstore.store import LocalStore, MemoryStore, S3Store
from pydantic import SecretStr

from unmask.errors import SettingsError
from unmask.settings import ServiceSettings
from unmask.storage.base import Store
from unmask.storage.objects import ObjectStore

_RETRY: Any = {
    "max_retries": 10,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=3), "base": 2},
}
"""An S3 server that fails for some seconds is waited for; what is asked of it can be asked twice."""


def open_store(settings: ServiceSettings) -> Store:
    """Connect to the store that `storage_url` names; nothing is asked of it yet.

    Raises:
        SettingsError: the address can't be understood, or the folder can't be made.
    """
    url = urlsplit(settings.storage())
    match url.scheme:
        case "file":
            folder = Path(unquote(url.path))
            return ObjectStore(_folder(folder), folder=folder)
        case "memory":
            return ObjectStore(MemoryStore())
        case "s3" if url.netloc:
            prefix = url.path.strip("/")
            own = _s3(settings, url.netloc, prefix, settings.storage_endpoint)
            outside = settings.storage_public_endpoint or settings.storage_endpoint
            signer = _s3(settings, url.netloc, prefix, outside) if settings.presign else None
            return ObjectStore(own, signer)
    raise SettingsError("UNMASK_STORAGE_URL must read s3://BUCKET, s3://BUCKET/PREFIX, file:///PATH or memory:.")


def _folder(path: Path) -> LocalStore:
    try:
        return LocalStore(path, mkdir=True, automatic_cleanup=True)
    except (OSError, ValueError) as refused:
        raise SettingsError(f"The folder of the store can't be used: {path}.") from refused


def _s3(settings: ServiceSettings, bucket: str, prefix: str, endpoint: str | None) -> S3Store:
    config: Any = {"region": settings.storage_region}
    if endpoint is not None:
        config |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
    config |= _secrets(settings.storage_key, settings.storage_secret)
    if settings.storage_encryption != "none":
        config["server_side_encryption"] = settings.storage_encryption
    if settings.storage_kms_key is not None:
        config["sse_kms_key_id"] = settings.storage_kms_key
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,
        client_options={
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
            "connect_timeout": timedelta(seconds=5),
            "read_timeout": timedelta(seconds=20),
            "timeout": timedelta(hours=1),
        },
        retry_config=_RETRY,
    )


def _secrets(key: SecretStr | None, secret: SecretStr | None) -> dict[str, str]:
    if (key is None) != (secret is None):
        raise SettingsError("UNMASK_STORAGE_KEY and UNMASK_STORAGE_SECRET belong together.")
    if key is None or secret is None:
        return {}
    return {"access_key_id": key.get_secret_value(), "secret_access_key": secret.get_secret_value()}
