"""Bodies that the bot sends, held against Discord's own OpenAPI description.

In: method, path and body.  Out: what is wrong with it, or None.  Without the description (DISCORD_OPENAPI, or
`shared/discord/` beside the project) everything passes.
"""

import gzip
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

ROOT: Final = Path(__file__).parent.parent.parent
METHODS: Final = ("POST", "PUT", "PATCH")


def description_file() -> Path:
    """Where Discord's description lies, or would."""
    named = os.environ.get("DISCORD_OPENAPI")
    return Path(named) if named else ROOT.parent / "shared" / "discord" / "openapi.json.gz"


@cache
def _description() -> dict[str, Any] | None:
    file = description_file()
    if not file.exists():
        return None
    document: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
    # Discord describes ids as strings and takes numbers, too, which is what discord.py sends.
    schemas = document["components"]["schemas"]
    schemas["SnowflakeType"] = {"type": ["string", "integer"]}
    # Its reference for people knows media channels (16), the description does not yet.
    schemas["ChannelTypes"] = {"type": "integer", "minimum": 0, "maximum": 16}
    return document


class Schemas:
    """The checks by method and path; each is built when it is first asked for."""

    def __init__(self) -> None:
        self._description = _description()
        self._routes = list(self._templates())
        self._validators: dict[tuple[str, str], tuple[jsonschema_rs.Draft202012Validator, dict[str, Any]] | None] = {}

    @property
    def known(self) -> bool:
        """Whether there is a description to check against."""
        return self._description is not None

    def problem(self, method: str, path: str, body: object) -> str | None:
        """The first thing that Discord would not take; None where all is well or nothing is known of the path."""
        template = next((template for template, pattern in self._routes if pattern.fullmatch(path)), None)
        if self._description is None or method not in METHODS or template is None:
            return None
        if (method, template) not in self._validators:
            self._validators[method, template] = self._validator(method, template)
        known = self._validators[method, template]
        if known is None:
            return f"{method} {template} takes no JSON"
        validator, schema = known
        if validator.is_valid(body):
            return None
        # It is hundreds of times as fast, but says of a body with choices only that none of them fits.
        error = best_match(Draft202012Validator(schema).iter_errors(body))
        if error is None:
            return f"{method} {template}: refused by jsonschema_rs alone"
        return f"{method} {template}: {error.json_path}: {error.message[:300]}"

    def _templates(self) -> Iterator[tuple[str, re.Pattern[str]]]:
        paths = self._description["paths"] if self._description else {}
        # A literal such as @original goes before a placeholder.
        for template in sorted(paths, key=lambda one: (one.count("{"), one)):
            parts = [r"[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/")]
            yield template, re.compile("/".join(parts))

    def _validator(
        self, method: str, template: str
    ) -> tuple[jsonschema_rs.Draft202012Validator, dict[str, Any]] | None:
        if self._description is None:
            return None
        operation = self._description["paths"][template].get(method.lower(), {})
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            return None
        root = {"components": self._description["components"], **content["schema"]}
        return jsonschema_rs.Draft202012Validator(root), root
