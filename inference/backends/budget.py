"""What a day's pictures may cost, kept in a file so that a restart does not begin a new day.

In: prices of pictures.  Out: whether they may still be ordered.  Days are UTC.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


class BudgetSpent(Exception):
    """Today's pictures have cost what they may; `resets_at` is when the next day begins."""

    def __init__(self, budget: float, resets_at: datetime) -> None:
        super().__init__(f"{budget:.2f} a day are spent; more from {resets_at.isoformat(timespec='minutes')} on")
        self.budget = budget
        self.resets_at = resets_at


class Budget:
    """`per_day` 0 is no bound; what is spent is counted all the same.

    What others spend who share the file, processes among them, counts from the moment at which they write it.
    """

    def __init__(self, per_day: float, file: Path | None, now: Callable[[], datetime] | None = None) -> None:
        self.per_day = per_day
        self._file = file
        self._now = now or partial(datetime.now, UTC)
        self._day, self._spent = self._today(), 0.0
        self._read()

    @property
    def spent(self) -> float:
        """Today."""
        self._read()
        return self._spent if self._day == self._today() else 0.0

    def take(self, price: float) -> None:
        """Spend before ordering, so that orders beside each other cannot go over.  Raises BudgetSpent."""
        today = self._today()
        self._read()
        if today != self._day:
            self._day, self._spent = today, 0.0
        if self.per_day and self._spent + price > self.per_day + 1e-9:
            midnight = datetime.fromisoformat(today).replace(tzinfo=UTC) + timedelta(days=1)
            raise BudgetSpent(self.per_day, midnight)
        self._spent += price
        self._write()

    def give_back(self, price: float) -> None:
        """What was ordered did not come."""
        self._read()
        self._spent = max(0.0, self._spent - price)
        self._write()

    def _today(self) -> str:
        return self._now().date().isoformat()

    def _read(self) -> None:
        if self._file is None or not self._file.is_file():
            return
        try:
            values = json.loads(self._file.read_bytes())
            self._day, self._spent = str(values["day"]), float(values["spent"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("budget.unreadable", file=str(self._file), reason=str(error))
            self._spent = self.per_day  # nobody knows what was spent: nothing more that day

    def _write(self) -> None:
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new = self._file.with_name(self._file.name + ".partial")
            new.write_text(json.dumps({"day": self._day, "spent": round(self._spent, 6)}), encoding="utf-8")
            new.replace(self._file)
        except OSError as error:
            log.warning("budget.not_written", file=str(self._file), reason=str(error))
            self._file = None  # what it says is true no longer: from here on only this process remembers
