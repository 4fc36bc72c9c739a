"""How many threads a machine, or a container on it, is good for."""

import os

import pytest
import torch

from inference.native.cores import _paid_cores, usable_cores


def test_there_is_always_a_core() -> None:
    """At least one, and no more than the process may run on."""
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("max 100000", None), ("200000 100000", 2), ("150000 100000", 1), ("50000 100000", 1), ("", None), ("1 0", None)],
)
def test_a_control_group_pays_for_whole_cores(limit: str, cores: int | None) -> None:
    """Half a core is rounded up to one, one and a half down: a thread that waits for its share slows all."""
    assert _paid_cores(limit) == cores


@pytest.mark.parametrize("turn", ["first", "second"])
def test_no_test_computes_with_the_threads_of_another(turn: str) -> None:
    """Twenty times as slow where as many workers share the cores, and another sum in the last digit."""
    assert torch.get_num_threads() == 1
    torch.set_num_threads(2)
