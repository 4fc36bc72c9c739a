"""What people read when something is refused."""

from datetime import UTC, datetime

import pytest

from bot import errors


def test_a_timeout_and_a_ban_say_which_they_are_and_why() -> None:
    """The sentence names kind and reason; only the timeout has an end."""
    end = datetime(2030, 1, 1, tzinfo=UTC)
    timeout, ban = errors.Sanctioned("timeout", "spam", end), errors.Sanctioned("ban", "")
    assert (str(timeout), timeout.retry_at) == ("You are timed out from Easel: spam.", end)
    assert str(errors.Sanctioned("ban", "Why not?")) == "You are banned from Easel: Why not?"
    assert (str(ban), ban.retry_at) == ("You are banned from Easel.", None)


def test_a_blocked_prompt_names_category_and_field() -> None:
    """The person learns which of the two prompts it was, without the filter's details."""
    error = errors.PromptBlocked("hate", "negative_prompt", 7)
    assert str(error) == "This negative prompt was not accepted (category: hate)."
    assert error.generation_id == 7


def test_what_was_not_saved_carries_its_id() -> None:
    """With an id the operator finds the cause in the log."""
    assert "Its id is 12" in str(errors.NotSaved("Your generation", 12))
    assert "id is" not in str(errors.NotSaved("Your vote"))


def test_a_configuration_error_names_variable_value_problem_and_cure() -> None:
    """All four stand in one line."""
    error = errors.ConfigurationError("QUEUE_SIZE", "0", "it must be at least 1", "Set it to 1 or more.")
    assert str(error) == "QUEUE_SIZE='0': it must be at least 1. Set it to 1 or more."


@pytest.mark.parametrize(
    "kind",
    [errors.Sanctioned, errors.ChannelNotAllowed, errors.LimitReached, errors.QueueFull],
    ids=lambda k: k.__name__,
)
def test_refusals_before_work_are_not_admitted(kind: type[Exception]) -> None:
    """One except clause catches all that cost nothing."""
    assert issubclass(kind, errors.NotAdmitted)
    assert issubclass(kind, errors.UserError)
