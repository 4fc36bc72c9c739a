"""Errors: what they carry, and how a log and a terminal read them."""

from datetime import UTC, datetime

import pytest

from bot import errors


def test_an_error_tells_its_code_and_its_data() -> None:
    """As the request log keeps it, and as a log line shows it."""
    error = errors.LimitReached("person", 10, 1, "minute", datetime(2030, 1, 1, tzinfo=UTC))
    assert error.code == "limit_reached"
    assert error.details["free_at"] == "2030-01-01T00:00:00+00:00"
    assert str(error).startswith("limit_reached whose='person' amount=10")
    assert str(errors.GenerationFailed("out_of_memory", {"doing": "decode"})) == "out_of_memory doing='decode'"


def test_only_what_passes_says_when_to_try_again() -> None:
    """A timeout and a limit end; a ban and a full queue do not say when."""
    end = datetime(2030, 1, 1, tzinfo=UTC)
    assert errors.Sanctioned("timeout", "", end).retry_at == end
    assert errors.LimitReached("person", 1, 1, "day", end).retry_at == end
    assert errors.Sanctioned("ban").retry_at is None
    assert errors.QueueFull("all", 1, 1).retry_at is None


def test_what_another_version_kept_is_still_an_error() -> None:
    """A row with fields that are not known here is no reason to break."""
    error = errors.restored("not_saved", {"thing": "x"})
    assert isinstance(error, errors.GenerationFailed)
    assert (error.code, error.details) == ("not_saved", {"thing": "x"})


def test_a_configuration_error_names_variable_value_problem_and_cure() -> None:
    """All four stand in one line."""
    error = errors.ConfigurationError("QUEUE_SIZE", "0", "it must be at least 1", "Set it to 1 or more.")
    assert str(error) == "QUEUE_SIZE='0': it must be at least 1. Set it to 1 or more."


@pytest.mark.parametrize(
    "kind",
    [errors.Sanctioned, errors.ChannelNotAllowed, errors.DirectMessagesRefused, errors.LimitReached, errors.QueueFull],
    ids=lambda k: k.__name__,
)
def test_refusals_before_work_are_not_admitted(kind: type[Exception]) -> None:
    """One except clause catches all that cost nothing."""
    assert issubclass(kind, errors.NotAdmitted)
    assert issubclass(kind, errors.UserError)
