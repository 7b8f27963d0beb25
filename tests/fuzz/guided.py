"""Lets atheris try one parser: python -m tests.fuzz.guided PARSER [options of libFuzzer] [SEEDS]."""

import sys

import atheris

with atheris.instrument_imports(include=["mledger"]):
    from tests.fuzz.parsers import try_on


def main() -> None:
    """Try until the time is over, or until something breaks."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, lambda data: try_on(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
