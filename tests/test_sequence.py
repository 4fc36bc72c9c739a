"""What a sequence needs and how it starts."""

import dataclasses

import pytest
import torch

from inference.engine.sequence import Sequence, SequenceStatus
from inference.models.sampling import SamplingParams


@pytest.mark.parametrize(("guidance_scale", "slots"), [(1.0, 1), (1.5, 2), (10.0, 2)])
def test_guidance_takes_a_second_slot(guidance_scale: float, slots: int) -> None:
    """Without guidance there is no unconditional row to keep."""
    params = SamplingParams(guidance_scale=guidance_scale)
    sequence = Sequence("a", 0, 0, 7, params, 16, torch.Generator())
    assert sequence.slots_needed == slots


def test_a_new_sequence_waits_without_slots() -> None:
    """Nothing is drawn before the scheduler admits it."""
    sequence = Sequence("a", 0, 0, 7, SamplingParams(), 16, torch.Generator())
    assert (sequence.status, sequence.slots, sequence.position) == (SequenceStatus.WAITING, (), 0)


def test_sampling_parameters_cannot_change_under_way() -> None:
    """They are shared by all pictures of a generation."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        SamplingParams().top_k = 3  # type: ignore[misc]
