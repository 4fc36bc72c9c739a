"""Tiny published models for tests, and a stand-in for huggingface.co that serves them on loopback.

The stand-in speaks what `huggingface_hub` asks of it to download a file: HEAD and GET of
/REPOSITORY/resolve/REVISION/FILE with the commit, an ETag (of large files their SHA-256), and ranges. It can break a
transfer off.
"""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import torch

from inference.checkpoints.hub import HubFile, HubRepository, PublishedModel

GOLDEN = Path(__file__).parent / "fixtures" / "golden"
REVISION = "0123456789abcdef0123456789abcdef01234567"
LARGE = ("flax_model.msgpack", "pytorch_model.bin")


def original_folder(folder: Path) -> Path:
    """A DALL·E mini as it was published, 16 codes a picture, with its VQGAN in it."""
    shutil.copytree(GOLDEN / "dallebart_mini", folder, ignore=shutil.ignore_patterns("golden*"))
    shutil.copytree(GOLDEN / "vqgan", folder / "vqgan", ignore=shutil.ignore_patterns("golden*"))
    shutil.copy(GOLDEN / "text" / "enwiki-words-frequency.txt", folder)
    return folder


def clip_folder(folder: Path) -> Path:
    """The files of a CLIP, its weights as PyTorch keeps them, with a constant among them as in old ones."""
    folder.mkdir(parents=True)
    for name in ("config.json", "preprocessor_config.json", "vocab.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    tensors = {"logit_scale": torch.tensor(4.6), "text_model.embeddings.position_ids": torch.arange(77)[None]}
    torch.save(tensors, folder / "pytorch_model.bin")
    return folder


def tiny(dalle: tuple[HubFile, ...] = (HubFile("config.json"), HubFile("flax_model.msgpack"))) -> PublishedModel:
    """The entry of a published model whose files `repositories` makes."""
    names = ("config.json", "preprocessor_config.json", "vocab.json", "merges.txt", "pytorch_model.bin")

    def repository(name: str, files: tuple[HubFile, ...]) -> HubRepository:
        return HubRepository(name, REVISION, "none", 1_000_000, files)

    return PublishedModel(
        "tiny/mini",
        dalle=repository("tiny/mini", (*dalle, HubFile("tokenizer.json"), HubFile("no-such-file.json", optional=True))),
        words=repository("tiny/mini", (HubFile("enwiki-words-frequency.txt", optional=True),)),
        vqgan=repository("tiny/vqgan", (HubFile("config.json"), HubFile("flax_model.msgpack"))),
        clip=repository("tiny/clip", tuple(map(HubFile, names))),
    )


def repositories(folder: Path) -> Path:
    """The files of `tiny`, a folder for each repository."""
    (original_folder(folder / "tiny" / "mini") / "vqgan").rename(folder / "tiny" / "vqgan")
    clip_folder(folder / "tiny" / "clip")
    return folder


@dataclass
class HubStandIn:
    """What is served, and what was asked for: lines like "GET tiny/mini/config.json bytes=0-"."""

    root: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)
    """Files of which no byte is sent beyond the given one."""


@contextmanager
def serving(root: Path) -> Iterator[HubStandIn]:
    """A hub on loopback, until the block ends."""
    hub = HubStandIn(root)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(with_body=False)

        def do_GET(self) -> None:
            self.answer(with_body=True)

        def tell(self) -> None:
            """/api/models/REPOSITORY and …/revision/REVISION: its files and its commit."""
            name = self.path.removeprefix("/api/models/").partition("?")[0].partition("/revision/")[0]
            hub.asked.append(f"{self.command} {name}")
            folder = root / name
            files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
            siblings = [{"rfilename": str(path.relative_to(folder)), "size": path.stat().st_size} for path in files]
            body = json.dumps({"id": name, "sha": REVISION, "siblings": siblings}).encode()
            found = {} if files else {"X-Error-Code": "RepoNotFound"}
            headers = {"Content-Length": str(len(body)), "Content-Type": "application/json", **found}
            self.send(200 if files else 404, headers)
            self.wfile.write(body)

        def answer(self, *, with_body: bool) -> None:
            if self.path.startswith("/api/models/"):
                self.tell()
                return
            repository, _, rest = self.path.lstrip("/").partition("/resolve/")
            revision, _, name = rest.partition("/")
            asked_range = self.headers.get("Range", "")
            hub.asked.append(f"{self.command} {repository}/{name} {asked_range}".rstrip())
            path = root / repository / name
            missing = "RepoNotFound" if not (root / repository).is_dir() else ""
            missing = missing or ("RevisionNotFound" if revision != REVISION else "")
            missing = missing or ("EntryNotFound" if not path.is_file() else "")
            if missing:
                self.send(404, {"X-Error-Code": missing, "X-Repo-Commit": REVISION, "Content-Length": "0"})
                return
            data = path.read_bytes()
            is_large = name in LARGE or name.endswith(".safetensors")
            digest = (hashlib.sha256 if is_large else hashlib.sha1)(data).hexdigest()
            start = int(asked_range.removeprefix("bytes=").partition("-")[0] or 0)
            headers = {"X-Repo-Commit": REVISION, "ETag": f'"{digest}"', "Content-Length": str(len(data) - start)}
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.send(206 if start else 200, headers)
            if with_body:
                self.wfile.write(data[start : hub.broken.get(name, len(data))])
                self.close_connection = name in hub.broken

        def send(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for header, value in headers.items():
                self.send_header(header, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
