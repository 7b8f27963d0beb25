"""The conversation of a review: look closer, comment, approve, reject."""

from typing import TYPE_CHECKING, Any

import click

from mledger.errors import InputError, KeyFileError, MledgerError
from mledger_cli import opening, passphrase, screen, text
from mledger_cli.commands import answering
from mledger_cli.commands.append import tell

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.events.base import EventBody
    from mledger.ledger import Ledger
    from mledger.reader import Reader
    from mledger.reports.base import Document
    from mledger_cli.context import Settings

PROMPT = "[d]iff  [e]vidence  [a]pprove  [r]eject  [c]omment  [q]uit"
HELP = {
    "d": "what changed since the version before, or since the beginning",
    "e": "the events that the page rests on",
    "a": "approve: you are asked why, and sign",
    "r": "reject: you are asked why, and sign",
    "c": "say something, and decide later",
    "q": "leave; nothing more is signed",
}
# What is recorded of these on the ledger itself changes who may sign, and what is asked for.
GOVERNING = ("key.", "role.", "policy.")
MEANINGS = {"approve": ("approval", "review", "responsibility"), "reject": ("rejection", "review")}


class Review:
    """One person before one question; nothing is recorded until it is signed."""

    def __init__(
        self, settings: "Settings", reader: "Reader", question: "Fact", document: "Document", key: str | None
    ) -> None:
        """Know what was shown, and after how many entries."""
        self.settings = settings
        self.reader = reader
        self.question = question
        self.document = document
        self.key = key
        self.seen: int = document.data["entries"]

    def ask(self) -> None:
        """Ask until the question is answered or the person leaves."""
        acts = {"d": self._diff, "e": self._evidence, "c": self._comment}
        while (choice := self._choice()) != "q":
            try:
                if choice in acts:
                    acts[choice]()
                elif choice in {"a", "r"}:
                    if self._answer("approve" if choice == "a" else "reject"):
                        return
                else:
                    self._lines([f"{letter}  {what}" for letter, what in HELP.items()])
            except MledgerError as error:  # the person is still there, and may do something else
                self._say(f"{error.message}" + (f"\n  fix: {error.fix}" if error.fix else ""))

    def _choice(self) -> str:
        answer: str = click.prompt(f"\n{PROMPT}", prompt_suffix=" > ", default="q", show_default=False)
        return answer.strip().lower()[:1]

    # --- looking closer

    def _diff(self) -> None:
        """Everything that changed in the stream since the version, or the day, before."""
        from mledger_cli.rendering import diff_lines

        start = self._start()
        found = self.reader.diff(start, self.seen - 1, self.question.stream)
        self._lines(diff_lines(found, screen.width() or 80, self.settings.out.moment))

    def _start(self) -> int:
        """The entry of the version before, if the dossier names one; else the opening of the ledger."""
        changed = next((s for s in self.document.sections if s.title == "changed"), None)
        numbers = changed.blocks[0].numbers if changed is not None else ()  # type: ignore[union-attr]
        return int(numbers[0].partition(".")[0]) if numbers else 0

    def _evidence(self) -> None:
        """Every event that the page cites, on a line each."""
        from mledger_cli.commands.log import columns

        facts = list(self.reader.judged([self.reader.fact(number) for number in self.document.numbers]))
        self.settings.out.table(facts, columns(self.settings), none="the page cites no event")

    # --- signing

    def _comment(self) -> None:
        from mledger.events.base import build

        words = click.prompt("Comment", prompt_suffix=" > ")
        body = build("comment.added", {"on": self.question.number, "text": words})
        self._sign(body, "authorship", f"a comment on event {self.question.number}")

    def _answer(self, verb: str) -> bool:
        from mledger.desk.dossier import PLANS

        answering.check_fits(self.reader, self.question, approve=verb == "approve")
        plan = self.question.type in PLANS
        words = None if plan else click.prompt("Reason", prompt_suffix=" > ")
        meaning = "approval" if plan else self._meaning(MEANINGS[verb])
        body = answering.body_of(self.question, words, approve=verb == "approve")
        return self._sign(body, meaning, self.document.title)

    def _meaning(self, meanings: tuple[str, ...]) -> str:
        listed = "  ".join(f"({n}) {meaning}" for n, meaning in enumerate(meanings, 1))
        while True:
            said = click.prompt(f"Your signature means  {listed}", prompt_suffix=" > ", default="1").strip()
            if said in meanings:
                return said
            if said.isascii() and said.isdigit() and 1 <= int(said) <= len(meanings):
                return meanings[int(said) - 1]
            self._say(f"Say a number from 1 to {len(meanings)}.")

    def _sign(self, body: "EventBody", meaning: str, what: str) -> bool:
        """Say what is signed, ask for the passphrase, record it. Whether that was done."""
        from mledger.keystore import Keystore
        from mledger.opening import find_record

        record = find_record(self.reader, self.key or opening.chosen_key(), Keystore())
        member = self.reader.keyring().members.get(record.key_id)
        name = member.name if member is not None else record.owner
        leaf = (self.reader.leaf_at(self.seen - 1) or b"").hex()
        when = self.settings.out.moment(self.reader.now())
        self._say(
            f"You sign: {body.type}, {what} - as {name}, {meaning}, {when}, "
            f"after entry {self.seen - 1} ({leaf[:12]})"
        )
        if not record.encrypted and not click.confirm("The key has no passphrase. Sign?"):
            return False
        if body.type == "promotion.approved":
            answering.check_new(self.reader, self.question, record.key_id)
        with self._open(record.name) as ledger:
            self._check_unmoved(ledger)
            receipt = ledger.append(body, self.question.stream, meaning=meaning)
            more = (
                answering.outlook(ledger, self.question)
                if body.type in ("promotion.approved", "act.approved")
                else None
            )
        self.seen = self.reader.head.size
        tell(self.settings, receipt)
        if more:
            self.settings.out.note(more)
        return True

    def _open(self, name: str) -> "Ledger":
        """The ledger with the key, whose passphrase is asked of the person now, three times if need be."""
        from mledger.ledger import Ledger

        for _ in range(passphrase.TRIES - 1):
            try:
                return Ledger.open(self.settings.path, key=name, passphrase=passphrase.asking_anew(name))
            except KeyFileError as error:
                self._say(error.message)
        return Ledger.open(self.settings.path, key=name, passphrase=passphrase.asking_anew(name))

    def _check_unmoved(self, ledger: "Ledger") -> None:
        """Nothing, unless that on which the page rests has changed since: nobody signs that unseen.

        That is the stream of the question, the data that it names, and who may do what. Errors: InputError.
        """
        end = ledger.head.size
        new: dict[int, str] = {}
        for stream in self.document.data["streams"]:
            new |= {fact.seq: stream for fact in ledger.facts(stream, self.seen, end)}
        for fact in ledger.facts("ledger", self.seen, end):
            if fact.type.startswith(GOVERNING):
                new[fact.seq] = "ledger"
        if new:
            entries = text.counted(len(new), "entry was", "entries were")
            where = ", ".join(dict.fromkeys(new.values()))
            raise InputError(
                f"{entries} added to {where} since you began to look; nothing was signed",
                fix=f"mledger review {self.question.number}",
            )

    # --- saying

    def _say(self, words: str) -> None:
        self.settings.out.prose(words)

    def _lines(self, lines: list[Any]) -> None:
        self.settings.out.raw("\n".join(lines) + "\n")
