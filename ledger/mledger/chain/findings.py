"""What a verification found, and how grave each kind is."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Rule(NamedTuple):
    """One thing that can be wrong: its kind, whether it breaks integrity, and what it means."""

    kind: str
    integrity: bool
    title: str


RULES: dict[str, Rule] = {
    "entry.format": Rule("content", True, "the signed bytes are no entry of this format"),
    "entry.leaf": Rule("content", True, "the stored leaf hash is not the hash of the entry"),
    "entry.origin": Rule("content", True, "the entry names another ledger"),
    "entry.signature": Rule("signature", True, "the signature does not fit the signed bytes"),
    "chain.seq": Rule("gap", True, "a position is missing, doubled or out of order"),
    "chain.link": Rule("link", True, "the entry does not follow the one before it"),
    "chain.genesis": Rule("link", True, "entry 0 does not open the ledger, or something opens it again"),
    "chain.time": Rule("time", True, "recorded time runs backwards"),
    "time.future": Rule("time", True, "dated later than the clock that checks it allows"),
    "time.anchored": Rule("time", True, "the recorded time is not within what the time anchors prove"),
    "anchor.bad": Rule(
        "signature", False, "a recorded anchor proves nothing: its token or its checkpoint is wrong"
    ),
    "anchor.overdue": Rule("policy", False, "entries waited longer for a time anchor than the policy allows"),
    "witness.bad": Rule("signature", False, "a cosignature of a required witness does not hold"),
    "witness.overdue": Rule(
        "policy", False, "the cosignatures that the policy requires are missing or too old"
    ),
    "body.missing": Rule("content", True, "a body is gone and no redaction names it"),
    "body.kept": Rule("content", False, "a redaction names a body that is still there"),
    "body.digest": Rule("content", True, "a body is not the one that was signed"),
    "body.format": Rule("content", True, "a body is not strict JSON"),
    "body.schema": Rule("content", False, "a body does not fit its event type"),
    "attachment.missing": Rule("content", True, "a file that an event says is kept is gone"),
    "attachment.digest": Rule("content", True, "an attachment is not the file that events name"),
    "column.copy": Rule("copy", True, "a column does not say what was signed"),
    "tree.node": Rule("tree", True, "a stored node of the tree is wrong"),
    "tree.root": Rule("tree", True, "the root is not the one that was expected"),
    "event.twice": Rule("gap", True, "the same event id stands twice"),
    "event.stream": Rule("policy", False, "an event stands on a stream of the wrong kind"),
    "policy.body": Rule("policy", False, "a body lacks what the policy in force asks of its type"),
    "store.stray": Rule("copy", True, "the file holds something that the chain does not account for"),
    "cache.wrong": Rule("copy", False, "a cache outside the ledger said something else; it was made anew"),
    "report.wrong": Rule("copy", False, "a report in a bundle is not what the events of the bundle say"),
    "checkpoint.bad": Rule(
        "signature", True, "a kept checkpoint is not signed by the ledger's key, or does not fit"
    ),
    "head.rollback": Rule("head", True, "entries that were seen before are gone"),
    "head.diverged": Rule("head", True, "the history is not the one that was seen before"),
    "head.unknown": Rule("head", True, "the expected head is nowhere in this ledger"),
    "key.unknown": Rule("authority", True, "signed by a key that nobody enrolled"),
    "key.revoked": Rule("authority", True, "signed by a key after it was revoked"),
    "key.disputed": Rule("authority", False, "signed while the key may have been compromised"),
    "key.name": Rule("authority", True, "the printed name is not the one enrolled with the key"),
    "key.meaning": Rule("authority", False, "a machine signs as a person, or a person as a machine"),
    "role.forbidden": Rule("authority", False, "no role of the key may record this"),
    "four-eyes": Rule("authority", False, "somebody judged what they asked for themselves"),
    "approvals.missing": Rule(
        "authority", False, "a version entered a stage without the approvals that the policy asks for"
    ),
    "retention.early": Rule("policy", False, "content is erased before the policy in force lets it go"),
    "reference": Rule("policy", False, "an event answers one that is not there"),
    "event.unknown": Rule("authority", False, "an event of the rules that this installation cannot read"),
    "governance": Rule("authority", True, "a key or role changes in a way that cannot be"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the rule, where, and what was seen.

    `where` is an event number, `entry N`, or what else names the place.
    """

    rule: str
    where: str
    message: str
    entries: range | None = field(default=None, compare=False)
    """The entries that an authority finding is about."""

    @property
    def kind(self) -> str:
        """content, link, gap, signature, time, tree, copy, head, authority or policy."""
        return RULES[self.rule].kind

    @property
    def integrity(self) -> bool:
        """Whether the ledger can no longer be believed as it stands (exit code 3)."""
        return RULES[self.rule].integrity

    def to_json(self) -> dict[str, object]:
        """The finding as `--json` prints it."""
        return {
            "rule": self.rule,
            "kind": self.kind,
            "integrity": self.integrity,
            "where": self.where,
            "message": self.message,
        }
