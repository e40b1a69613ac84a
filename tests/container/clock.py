"""A clock that a test moves, in place of the one that drawing reads."""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
