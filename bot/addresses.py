"""Addresses that an operator writes down: of inference servers, for instance.

In: a URL.  Out: the same, checked.
"""

from urllib.parse import urlsplit


def check_server_url(url: str) -> str:
    """The address of an inference server.  Raises ValueError for what is none."""
    parts = urlsplit(url)
    reachable = parts.netloc if parts.scheme in ("http", "https") else parts.scheme == "unix" and parts.path
    if not reachable:
        raise ValueError(f"{url!r} is neither http://host:port, https://host:port nor unix:///path/to/socket")
    return url
