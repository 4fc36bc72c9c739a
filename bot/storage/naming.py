"""What picture files are called: by the generation that they belong to, and by what is in them.

In: a generation's id, a file.  Out: keys such as "generations/7/<SHA-256>.png", and whether a file is what its key
says.

Writing the same once more changes nothing, and what a failing disk made of a file is found when it is read.  Two
generations that hold the same picture have a file each: what one person erases is gone at once, without a look at who
else has it, and never from under a row that is just being written.
"""

import hashlib
import re
from pathlib import PurePosixPath
from typing import Final

START: Final = "from-"  # what a generation began from may be the very picture that it became
NAMED: Final = re.compile(rf"(?:{START})?([0-9a-f]{{64}})\.[a-z]+")


def key_of(generation_id: int, data: bytes, suffix: str, *, start: bool = False) -> str:
    """The key of a picture or a grid, or of the picture that a generation starts from."""
    return f"generations/{generation_id}/{START if start else ''}{hashlib.sha256(data).hexdigest()}.{suffix}"


def digest_in(key: str) -> str | None:
    """The SHA-256 that the key tells; None for what earlier versions wrote, and for small copies."""
    found = NAMED.fullmatch(PurePosixPath(key).name)
    return None if found is None else found[1]


def is_damaged(key: str, data: bytes) -> bool:
    digest = digest_in(key)
    return digest is not None and hashlib.sha256(data).hexdigest() != digest
