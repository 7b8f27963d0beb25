"""How an event is filled in: its fields explained, and a template."""


def wanted(cls, loc):
    return None


def names_beside(cls, loc):
    return []
