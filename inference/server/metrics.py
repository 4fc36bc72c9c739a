"""What Prometheus may ask of an inference server.

One registry a server, so that two in one process (tests) do not share counters.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from inference.backends import BackendStatus
from inference.contract import Done, Event, Failed, Image

BUCKETS = (0.5, 1, 2, 3, 5, 8, 13, 21, 34, 60, 120, 300)


class ServerMetrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._generations = Counter(
            "easel_generations", "Generations that have ended, by how.", ["outcome"], registry=self.registry
        )
        self._pictures = Counter("easel_pictures", "Pictures sent.", registry=self.registry)
        self._seconds = Histogram(
            "easel_generation_seconds", "From acceptance to the last picture.", buckets=BUCKETS, registry=self.registry
        )
        self._verdicts = Counter("easel_verdicts", "Prompts checked, by action.", ["action"], registry=self.registry)
        self._slots = Gauge("easel_slots", "Cache slots of the engine.", ["state"], registry=self.registry)
        self._waiting = Gauge("easel_generations_waiting", "Generations without a slot.", registry=self.registry)

    def event(self, event: Event) -> None:
        """Count one event of a generation's stream."""
        match event:
            case Image():
                self._pictures.inc()
            case Done(seconds):
                self._seconds.observe(seconds)
                self._generations.labels("done").inc()
            case Failed(code):
                self._generations.labels(code).inc()

    def cancelled(self) -> None:
        self._generations.labels("cancelled").inc()

    def verdict(self, action: str) -> None:
        self._verdicts.labels(action).inc()

    def render(self, status: BackendStatus | None) -> bytes:
        """The page in Prometheus' text format."""
        if status is not None:
            self._slots.labels("free").set(status.free_slots)
            self._slots.labels("taken").set(status.slots - status.free_slots)
            self._waiting.set(status.waiting)
        return generate_latest(self.registry)
