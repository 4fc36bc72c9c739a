"""Who decodes next: waiting generations, running sequences, free slots.

In: generations, each a list of sequences.  Out: the sequences that may start now, with their slots.
It knows no torch, no clock and no model, so that every order of events can be tested in microseconds.

The rule: the next free slots go to the generation with the fewest running sequences; among equals to the one that has
waited longest since it came or was last served.  So nine pictures cannot hold up one that comes after them, and an
unlucky generation with nothing running is passed by nobody who came or was served after it.  A sequence that needs more
slots than are free waits, and nobody overtakes it: otherwise a stream of sequences with one slot could starve those
that need two.
"""

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

from inference.engine.sequence import Sequence, SequenceStatus


class Scheduler:
    """Hands `slots` cache slots to sequences.  Not thread-safe: the engine's thread owns it."""

    def __init__(self, slots: int) -> None:
        if slots < 2:
            raise ValueError(f"the scheduler has {slots} slots; a guided sequence needs 2")
        self.slots = slots
        self.running: list[Sequence] = []
        self._free = list(range(slots))  # a heap: the lowest first, for a GPU reads all slots up to the highest taken
        self._waiting: dict[str, deque[Sequence]] = {}  # in order of arrival or of the last turn

    @property
    def free_slots(self) -> int:
        return len(self._free)

    @property
    def waiting(self) -> int:
        """Sequences that wait for slots."""
        return sum(map(len, self._waiting.values()))

    def add(self, generation_id: str, sequences: Iterable[Sequence]) -> None:
        """Queue a generation; it is considered at the next `admit`."""
        if generation_id in self._waiting:
            raise ValueError(f"generation {generation_id} is already waiting")
        queue = deque(sequences)
        if queue:
            self._waiting[generation_id] = queue

    def again(self, sequence: Sequence) -> None:
        """Queue one more sequence of a generation that was added before."""
        self._waiting.setdefault(sequence.generation_id, deque()).append(sequence)

    def admit(self) -> list[Sequence]:
        """Start as many sequences as the free slots allow, fairly; returns them in the order of admission."""
        admitted = []
        running = self._running_by_generation()
        while self._waiting:
            # min() keeps the first among equals, and the dict is in the order of turns
            generation_id = min(self._waiting, key=lambda name: running.get(name, 0))
            queue = self._waiting[generation_id]
            if queue[0].slots_needed > len(self._free):
                break
            sequence = queue.popleft()
            del self._waiting[generation_id]
            if queue:
                self._waiting[generation_id] = queue  # at the end: whoever had a turn waits for everybody else's
            sequence.slots = tuple(heappop(self._free) for _ in range(sequence.slots_needed))
            sequence.status = SequenceStatus.RUNNING
            running[generation_id] = running.get(generation_id, 0) + 1
            self.running.append(sequence)
            admitted.append(sequence)
        return admitted

    def finish(self, sequences: Iterable[Sequence]) -> None:
        """Take running sequences out and free their slots."""
        for sequence in sequences:
            self._leave(sequence, SequenceStatus.FINISHED)

    def cancel(self, generation_id: str) -> list[Sequence]:
        """Take a generation out at once, waiting and running; returns what left.  Unknown ids are ignored."""
        waiting = list(self._waiting.pop(generation_id, ()))
        for sequence in waiting:
            sequence.status = SequenceStatus.CANCELLED
        running = [sequence for sequence in self.running if sequence.generation_id == generation_id]
        for sequence in running:
            self._leave(sequence, SequenceStatus.CANCELLED)
        return running + waiting

    def _leave(self, sequence: Sequence, status: SequenceStatus) -> None:
        self.running.remove(sequence)
        for slot in sequence.slots:
            heappush(self._free, slot)
        sequence.slots = ()
        sequence.status = status

    def _running_by_generation(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for sequence in self.running:
            counts[sequence.generation_id] = counts.get(sequence.generation_id, 0) + 1
        return counts
