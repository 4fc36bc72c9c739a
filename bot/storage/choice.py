"""Which storage the settings choose.

In: settings.  Out: the storage, open.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.config import Settings
from bot.storage.folder import FolderStorage, Storage
from bot.storage.s3 import Bucket, open_bucket


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[Storage]:
    """A folder in DATA_DIR, or the bucket of PICTURES_URL.  Raises ConfigurationError where it cannot be used."""
    if settings.pictures_url is None:
        folder = FolderStorage(settings.pictures_dir)
        folder.open()
        yield folder
        return
    key = settings.s3_secret_access_key
    bucket = Bucket(
        settings.pictures_url,
        settings.s3_endpoint,
        settings.s3_region,
        settings.s3_access_key_id,
        key.get_secret_value() if key else None,
    )
    async with open_bucket(bucket) as storage:
        yield storage
