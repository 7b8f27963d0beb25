"""The forms that people fill in, by their names."""

from typing import NamedTuple


class Template(NamedTuple):
    """A form: its name, the event that becomes of it, when it is filled in, how it is recorded."""

    name: str
    type: str
    line: str
    record: str

    def to_json(self) -> dict[str, object]:
        """The template as `--json` prints it."""
        return self._asdict()


TEMPLATES = (
    Template(
        "decision", "decision.proposed", "a choice that somebody will ask about", "mledger decide MODEL"
    ),
    Template("plan", "plan.agreed", "what is agreed before experiments", ""),
    Template("dataset", "dataset.registered", "the sheet of a dataset", ""),
    Template("review", "review.submitted", "what a review has found", ""),
    Template("retirement", "model.retired", "the end of a model", ""),
)
