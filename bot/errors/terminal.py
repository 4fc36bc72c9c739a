"""Errors of whoever starts Easel or sits at its terminal: a sentence each, with its cure."""


class ConfigurationError(Exception):
    """A setting that cannot be used.  Read by the operator, on the terminal, before anything has started.

    `final`: only another setting mends it; else what it names, such as a database, may only be away for a while.
    `others` cannot be used either.
    """

    def __init__(self, variable: str, value: str, problem: str, cure: str, *, final: bool = False) -> None:
        super().__init__(f"{variable}={value!r}: {problem}. {cure}")
        self.variable = variable
        self.value = value
        self.problem = problem
        self.cure = cure
        self.final = final
        self.others: tuple[ConfigurationError, ...] = ()


class CommandError(Exception):
    """What a command of the terminal cannot do, in a sentence."""
