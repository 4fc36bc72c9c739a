"""Where picture files live: a bucket of an S3-compatible store.

In: keys (see `naming`) and bytes.  Out: the bytes again.  An object is written whole or not at all.
Trouble that passes is tried again by the library, three times in all.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

import structlog

from bot.errors import ConfigurationError, NotFound, NotSaved
from bot.storage.folder import StoredFile
from bot.storage.naming import is_damaged

log = structlog.get_logger(__name__)

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 30
CONNECTIONS: Final = 32


@dataclass(frozen=True, slots=True)
class Bucket:
    """`url` is s3://bucket or s3://bucket/prefix.  Without keys, the library finds those of the machine's role.

    `endpoint` is the store's address; None is Amazon's.
    """

    url: str
    endpoint: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def prefix(self) -> str:
        path = urlsplit(self.url).path.strip("/")
        return f"{path}/" if path else ""


class S3Storage:
    """Made by `open_bucket`."""

    def __init__(self, client: Any, bucket: Bucket) -> None:
        self._client = client
        self._bucket = bucket

    async def put(self, key: str, data: bytes) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            await self._client.put_object(Body=data, **self._where(key))
        except (BotoCoreError, ClientError, OSError) as error:
            about = {"key": key, "bucket": self._bucket.name, "bytes": len(data)}
            log.error("storage.not_saved", **about, problem=str(error))  # noqa: TRY400  # a line says all
            raise NotSaved("picture") from error

    async def get(self, key: str) -> bytes:
        from botocore.exceptions import ClientError

        try:
            answer = await self._client.get_object(**self._where(key))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise NotFound("file") from error
            raise
        async with answer["Body"] as body:
            data = bytes(await body.read())
        if is_damaged(key, data):
            log.error("storage.damaged", key=key, bucket=self._bucket.name, bytes=len(data))
            raise NotFound("file")
        return data

    async def delete(self, key: str) -> None:
        await self._client.delete_object(**self._where(key))

    async def files(self) -> AsyncIterator[StoredFile]:
        prefix = self._bucket.prefix
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket.name, Prefix=prefix)
        async for page in pages:
            for one in page.get("Contents", ()):
                yield StoredFile(one["Key"].removeprefix(prefix), int(one["Size"]), one["LastModified"])

    def _where(self, key: str) -> dict[str, str]:
        parts = PurePosixPath(key).parts
        if not parts or PurePosixPath(key).is_absolute() or ".." in parts:
            raise ValueError(f"key {key!r} leads out of the storage")
        return {"Bucket": self._bucket.name, "Key": self._bucket.prefix + "/".join(parts)}


@asynccontextmanager
async def open_bucket(bucket: Bucket) -> AsyncIterator[S3Storage]:
    """The storage, until the block ends.  Raises ConfigurationError where the bucket cannot be reached."""
    try:
        from aiobotocore.config import AioConfig
        from aiobotocore.session import get_session
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        cure = "pip install -e '.[s3]' in Easel's folder, or leave it empty for DATA_DIR."
        raise ConfigurationError(
            "PICTURES_URL", bucket.url, f"the library for S3 is not here ({error})", cure
        ) from error

    config = AioConfig(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, max_pool_connections=CONNECTIONS,
        retries={"mode": "standard", "max_attempts": 3},
        # Stores other than Amazon's know neither newer checksums nor buckets as parts of the host's name.
        request_checksum_calculation="when_required", response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if bucket.endpoint else None,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(
                get_session().create_client(
                    "s3", endpoint_url=bucket.endpoint, region_name=bucket.region or "us-east-1", config=config,
                    aws_access_key_id=bucket.access_key_id, aws_secret_access_key=bucket.secret_access_key,
                )
            )  # fmt: skip
            await client.head_bucket(Bucket=bucket.name)
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            cure = "See that the bucket is there, and S3_ENDPOINT, S3_REGION and the S3_ keys are its own."
            raise ConfigurationError(
                "PICTURES_URL", bucket.url, f"the bucket cannot be used ({error})", cure
            ) from error
        yield S3Storage(client, bucket)
