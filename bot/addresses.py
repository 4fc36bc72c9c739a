"""Addresses that an operator writes down, some with a name and a password in them.

In: a URL, or a text that quotes one.  Out: the same, checked; what of it may be shown; what of it may not.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

LOGIN: Final = re.compile(r"(\b[\w+.-]+://)?\S*@")  # rather too much than a password with / or @ in it
PASSWORD: Final = re.compile(r"[\w+.-]+://[^/?#@:\s]*:(\S+)@")


def check_server_url(url: str) -> str:
    """The address of an inference server.  Raises ValueError for what is none."""
    parts = urlsplit(url)
    reachable = parts.netloc if parts.scheme in ("http", "https") else parts.scheme == "unix" and parts.path
    if not reachable:
        shown = without_login(url)
        raise ValueError(f"{shown!r} is neither http://host:port, https://host:port nor unix:///path/to/socket")
    return url


def without_login(text: str) -> str:
    """As it may be shown: what stands before an @ is gone."""
    return LOGIN.sub(r"\1(hidden)@", text)


def secrets_of(values: Iterable[object]) -> tuple[str, ...]:
    """Of settings' values, what no log may show: secrets, and the passwords in addresses, as written and as meant."""
    alone = [one for value in values for one in (value if isinstance(value, tuple) else (value,))]
    hidden = [value.get_secret_value() for value in alone if isinstance(value, SecretStr)]
    written = [*hidden, *(value for value in alone if isinstance(value, str))]
    return (
        *hidden,
        *(form for text in written for found in PASSWORD.findall(text) for form in (found, unquote(found))),
    )
