"""The order in which events were recorded, by their numbers."""


def place(number: str) -> tuple[int, ...]:
    """Where an event stands: the entry, and which of its events."""
    return tuple(map(int, number.split(".")))
