"""A process that has imported the bot and forks one whenever it is asked, for importing is most of a bot's start.

`python -m tests.discord_wire.nursery` reads a line of JSON a request from its standard input, until that closes:
{"environment": {…}, "folder": …, "log": …} starts a bot there and answers its process id, {"ended": pid} waits for its
end and answers its exit status, which is negative where a signal ended it.
"""

import atexit
import functools
import gc
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent


class Nursery:
    """The process, from the side that asks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.discord_wire.nursery"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    @classmethod
    @functools.cache
    def open(cls) -> "Nursery":
        """The one of this process; it ends with it."""
        opened = cls()
        atexit.register(opened._close)
        return opened

    def start(self, environment: Mapping[str, str], folder: Path, log: Path) -> int:
        """The id of a new bot's process, which appends what it says to `log`."""
        return self._ask({"environment": dict(environment), "folder": str(folder), "log": str(log)})

    def status(self, pid: int) -> int:
        """The exit status of a bot that has ended; to be asked once."""
        return self._ask({"ended": pid})

    def _ask(self, request: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def _close(self) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()


def main() -> None:
    from bot.wording.catalogue import catalogue, known_languages
    from tests.discord_wire import child

    for language in known_languages():
        catalogue(language)
    gc.collect()
    gc.freeze()  # a collector that looks through it would copy its pages
    for line in sys.stdin:
        asked = json.loads(line)
        if "ended" in asked:
            answer = os.waitstatus_to_exitcode(os.waitpid(asked["ended"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                move(asked["environment"], asked["folder"], asked["log"])
                child.main()
                return
        print(answer, flush=True)


def move(environment: dict[str, str], folder: str, log: str) -> None:
    """Stand where a process that was started for the bot would stand."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for place, flags, descriptors in (
        (os.devnull, os.O_RDONLY, (0,)),
        (log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, (1, 2)),
    ):
        opened = os.open(place, flags)
        for descriptor in descriptors:
            os.dup2(opened, descriptor)
        os.close(opened)


if __name__ == "__main__":
    main()
