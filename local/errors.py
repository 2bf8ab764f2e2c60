"""What goes wrong on a user's machine, said with the way out."""


class LocalError(Exception):
    """One line: what is wrong, then what to do. The command line prints it without a traceback and exits with 1."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}: {remedy}")
        self.problem = problem
        self.remedy = remedy
