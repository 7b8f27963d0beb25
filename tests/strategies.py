"""Hypothesis strategies for what mledger is made of: the body of any event, made from its class."""

import base64
import unicodedata
from collections.abc import Callable
from datetime import UTC, date
from functools import cache, partial
from typing import Annotated, Any, Literal, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from mledger.core.canonical import MAX_INTEGER
from mledger.core.moment import format_moment
from mledger.core.names import is_printed
from mledger.core.note import COSIGNATURE, format_vkey
from mledger.events import (
    act,
    anchor,
    artifact,
    base,
    dataset,
    decision,
    decision_parts,
    evaluation,
    evidence,
    fields,
    grave,
    handover,
    incident,
    key,
    ledger,
    measures,
    monitoring,
    policy,
    profile,
    promotion,
    record,
    release,
    retention,
    rollback,
    run,
    run_parts,
    shape,
    transform,
    version,
    vouching,
)
from mledger.events.words import Means
from mledger.keys.ed25519 import is_weak, key_id
from tests.schemas import schemas

Values = dict[str, Any]
Strategy = st.SearchStrategy[Any]

# Cn holds the noncharacters, which I-JSON bans; Zl and Zp break lines; the rest reorders them.
_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_visible = st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"], exclude_characters=_BIDI)
_written = _visible | st.sampled_from("\n\t\u2028" + _BIDI)


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def lines(limit: int = 40) -> Strategy:
    """Single lines as mledger writes them."""
    found = st.text(_visible, min_size=1, max_size=min(limit, 40)).map(_clean)
    return found.filter(lambda text: 0 < len(text) <= limit)


def texts() -> Strategy:
    """Texts of several lines as mledger writes them."""
    return st.text(_written, min_size=1, max_size=60).map(_clean).filter(bool)


# What MLflow may hand over: parameters that JSON cannot say among them.
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER * 8, MAX_INTEGER * 8)
    | st.floats()
    | st.text(_written, max_size=20)
)
free_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(lines(), inner, max_size=3),
    max_leaves=6,
)
params = st.dictionaries(lines(), free_values, max_size=3)

digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
days = st.dates(date(1970, 1, 1)).map(date.isoformat)
instants = st.datetimes(timezones=st.just(UTC)).map(format_moment)
event_numbers = st.one_of(
    st.integers(0, MAX_INTEGER).map(str),
    st.builds("{}.{}".format, st.integers(0, MAX_INTEGER), st.integers(1, 999_999)),
)
event_refs = event_numbers | st.uuids().map(str)
event_types = st.from_regex(r"[a-z][a-z0-9_-]{0,8}(\.[a-z][a-z0-9_-]{0,8}){1,2}", fullmatch=True)
role_names = st.from_regex("[a-z][a-z0-9_-]{0,20}", fullmatch=True)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["NaN", "Infinity", "-Infinity"])
amounts = st.floats(0, 1e12)
uris = st.from_regex(r"(https|s3|gs|file)://[a-z0-9./_-]{1,20}", fullmatch=True)
media_types = st.sampled_from(["application/json", "text/csv; charset=utf-8", "application/vnd.acme+zip"])
publics = st.binary(min_size=32, max_size=32).map(lambda raw: base64.b64encode(raw).decode())
witness_keys = st.binary(min_size=32, max_size=32).map(
    partial(format_vkey, "witness.example", alg=COSIGNATURE)
)
origins = st.from_regex(r"[a-z]{1,9}\.example(/[a-z-]{1,9})?", fullmatch=True)
patterns = st.one_of(st.just("*"), event_types, event_types.map("!{}".format), event_types.map("{}.*".format))
commits = st.one_of(st.binary(min_size=20, max_size=20), st.binary(min_size=32, max_size=32)).map(bytes.hex)


def _means(alias: Any) -> str:
    """What the alias means; the outer of two, if it is made of another."""
    return next(item.text for item in reversed(alias.__metadata__) if isinstance(item, Means))


# The strategy of each small type; a new one without an entry here fails in the contract suite.
_BY_MEANING: dict[str, Strategy] = {
    _means(alias): strategy
    for alias, strategy in (
        (fields.Line, lines(1000)),
        (fields.Summary, lines(300)),
        (fields.Name, lines(200)),
        (fields.Text, texts()),
        (fields.Uri, uris),
        (fields.MediaType, media_types),
        (fields.Digest, digests),
        (fields.Amount, amounts),
        (fields.Share, st.floats(0, 1)),
        (fields.Label, st.text(_written, max_size=20).map(partial(unicodedata.normalize, "NFC"))),
        (fields.Number, numbers),
        (fields.Day, days),
        (fields.Instant, instants),
        (fields.Free, free_values),
        (fields.Params, params),
        (fields.EventNumber, event_numbers),
        (fields.EventRef, event_refs),
        (fields.EventType, event_types),
        (fields.RoleName, role_names),
        (fields.StreamName, st.from_regex(r"ledger|(model|dataset)/[a-z0-9-]{1,9}", fullmatch=True)),
        (key.PublicKey, publics),
        (key.PrintedName, lines(200).filter(is_printed)),
        (key.Address, st.from_regex(r"[a-z.]{1,9}@[a-z]{1,9}\.example", fullmatch=True)),
        (key.SuccessionNote, st.just(key.EXAMPLE_SUCCESSION)),
        (ledger.Origin, origins),
        (vouching.WitnessKey, witness_keys),
        (vouching.RootCertificate, st.just(vouching.EXAMPLE_ROOT)),
        (anchor.CheckpointNote, st.just(anchor.EXAMPLE_NOTE)),
        (anchor.Token, st.binary(min_size=1, max_size=40).map(lambda raw: base64.b64encode(raw).decode())),
        (anchor.AnchorKind, st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)),
        (policy.Pattern, patterns),
        (retention.PeriodText, st.sampled_from(["P10Y", "P6M", "P90D", "P1Y6M", "P2W"])),
        (policy.CheckName, st.from_regex("[A-Z]{2,6}-[0-9]{3}", fullmatch=True)),
        (policy.StreamKind, st.from_regex(r"\*|[a-z][a-z0-9-]{0,8}", fullmatch=True)),
        (shape.Schema, schemas),
        (fields.Commit, commits),
    )
}


def _of_type(annotation: Any, metadata: tuple[Any, ...] = ()) -> Strategy:
    """The strategy of a type with the limits that stand in its metadata."""
    for item in reversed(metadata):
        if isinstance(item, Means) and item.text in _BY_MEANING:
            return _BY_MEANING[item.text]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of_type(args[0], (*args[1:], *metadata))
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return _lists(args[0], metadata)
    if origin is dict:
        return st.dictionaries(_of_type(args[0]), _of_type(args[1]), min_size=1, max_size=3)
    if annotation in {int, bool}:
        return st.booleans() if annotation is bool else _integers(metadata)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return values(annotation)
    if type(None) in args:
        (inner,) = (arg for arg in args if arg is not type(None))
        return st.none() | _of_type(inner, metadata)
    raise AssertionError(f"no strategy for {annotation!r} with {metadata!r}: add one to tests/strategies.py")


def _lists(item: Any, metadata: tuple[Any, ...]) -> Strategy:
    least = max(_limits(metadata, "min_length"), default=0)
    unique = any(getattr(check, "func", None) is fields.unique for check in metadata)
    return st.lists(_of_type(item), min_size=least, max_size=3, unique_by=_identity if unique else None)


def _integers(metadata: tuple[Any, ...]) -> Strategy:
    highest = [*_limits(metadata, "le"), *(limit - 1 for limit in _limits(metadata, "lt")), MAX_INTEGER]
    return st.integers(max(_limits(metadata, "ge"), default=-MAX_INTEGER), min(highest))


def _limits(metadata: tuple[Any, ...], name: str) -> list[int]:
    nested = [*metadata, *(inner for item in metadata for inner in getattr(item, "metadata", ()))]
    return [value for item in nested if (value := getattr(item, name, None)) is not None]


def _identity(item: Any) -> Any:
    return item["name"] if isinstance(item, dict) and "name" in item else repr(item)


@cache
def values(cls: type[BaseModel]) -> Strategy:
    """Values that `cls` accepts, as JSON would give them, with any of the optional fields."""
    required, optional = {}, {}
    for name, info in cls.model_fields.items():
        where = required if info.is_required() else optional
        where[info.alias or name] = _of_type(info.annotation, tuple(info.metadata))
    found = st.fixed_dictionaries(required, optional=optional)
    return found.map(_FIXES[cls]) if cls in _FIXES else found


def bodies(type: str | None = None) -> st.SearchStrategy[base.EventBody]:
    """Valid bodies of the event `type`, or of any type of our own."""
    if type is None:
        return st.sampled_from(base.names()).flatmap(bodies)
    return values(base.find(type)).map(lambda found: base.build(type, found))


# What the rules inside a class ask for, made out of values that its fields alone allow.


def _key_info(found: Values) -> Values:
    """The key's own id; what no key could be becomes one that could."""
    raw = base64.b64decode(found["public"])
    public = bytes([9] * 32) if is_weak(raw) else raw
    return found | {"public": base64.b64encode(public).decode(), "id": key_id(public)}


def _one_of(*names: str) -> Callable[[Values], Values]:
    """Keep the first of some fields that is there."""

    def fix(found: Values) -> Values:
        given = [name for name in names if found.get(name) is not None]
        return {name: value for name, value in found.items() if name not in names or name in given[:1]}

    return fix


_TARGETS = ("event", "digest", "commit", "uri")


def _ref(found: Values) -> Values:
    found = _one_of(*_TARGETS)(found)
    if "digest" not in found:
        found.pop("kept", None)
    return found if {*_TARGETS} & found.keys() else found | {"event": "0"}


def _condition(found: Values) -> Values:
    found = _one_of("date", "metric", "dataset")(found)
    if not {"date", "metric", "dataset"} & found.keys():
        found["metric"] = "auc"
    if "date" in found:
        return {"date": found["date"]}
    value = found.get("value")
    return found | {
        "operator": found.get("operator") or "<=",
        "value": 1 if value is None else value,
    }


def _change(found: Values) -> Values:
    return found if found.get("from") is not None or found.get("to") is not None else found | {"to": 1}


def _new_version(found: Values) -> Values:
    return found | {"previous": None} if found.get("previous") == found["version"] else found


def _moved(found: Values) -> Values:
    return found | {"from_stage": None} if found.get("from_stage") == found["to_stage"] else found


def _policy(found: Values) -> Values:
    """Names of types that can never be ours, so that no rule knows their fields; a role that approves."""
    types = {f"acme-{name}": rule for name, rule in found.get("types", {}).items()}
    role = min(found["roles"])
    approves = {"roles": found["roles"] | {role: {"may": ["promotion.*", "act.*"]}}}
    grave = [
        {"types": ["key.revoked"], "needs": {role: max(rule["needs"].values())}}
        for rule in found.get("grave") or ()
    ]
    rules = [rule | {"needs": {role: max(rule["needs"].values())}} for rule in found.get("approvals") or ()]
    return found | {
        **(approves if rules or grave else {}),
        "approvals": rules,
        "grave": grave,
        "types": types,
        "required": {f"corp-{name}": wanted for name, wanted in found.get("required", {}).items()},
    }


def _opened(found: Values) -> Values:
    roles = sorted(found["policy"]["roles"])
    return found | {"key": found["key"] | {"roles": roles[:2]}}


def _proposed(found: Values) -> Values:
    options = [dict(option) for option in found["alternatives"]]
    if len(options) == 1 and found.get("single_option_reason") is None:
        options.append({"name": options[0]["name"][:150] + "~"})
    chosen = options[0]["name"]
    for option in options[1:]:
        option["why_not"] = option.get("why_not") or "It costs more."
    found = {name: value for name, value in found.items() if value is not None}
    texts = ("summary", "question", "rationale", "data_quality_influence")
    still = [name for name in texts if name not in found]
    for parameter in found.get("parameters", ()):
        parameter["justification"] = parameter.get("justification") or "It is better."
    told = [name for name in found.get("open", ()) if name not in still]
    return found | {"alternatives": options, "choice": chosen, "open": [*told, *still]}


def _metrics(found: Values) -> Values:
    kept: dict[Any, Values] = {}
    for metric in found.get("metrics", ()):
        kept.setdefault(tuple(metric.get(name) for name in ("name", "step", "dataset", "slice")), metric)
    series = {
        tuple(one.get(name) for name in ("name", "dataset", "slice")): one for one in found.get("series", ())
    }
    summed = {"series": list(series.values())} if series else {}
    return found | {"metrics": list(kept.values())} | summed


def _started(found: Values) -> Values:
    stated = found.get("hypothesis") is not None and found.get("criteria")
    return found if stated or found.get("unstated") else found | {"unstated": "imported"}


def _capture(found: Values) -> Values:
    return found if found.get("how") or found.get("gap") else found | {"gap": "no commit yet"}


def _period(found: Values) -> Values:
    return {"start": min(found.values()), "end": max(found.values())}


def _handed_over(found: Values) -> Values:
    return found | {"to": found["from"][:150] + "~"} if found["from"] == found["to"] else found


def _reason(found: Values) -> Values:
    return found if found.get("decision") or found.get("reason") else found | {"decision": "46"}


def _code(found: Values) -> Values:
    return found if found.get("commit") or found.get("sha256") else found | {"sha256": "c0de" * 16}


def _column(found: Values) -> Values:
    points = {
        name: {quantile["at"]: quantile for quantile in found.get(name, ())}
        for name in ("quantiles", "lengths")
    }
    values = {category["value"]: category for category in found.get("categories", ())}
    edges = {
        float(e): bin_ for bin_ in found.get("bins", ()) if (e := bin_.get("below")) not in {None, "NaN"}
    }
    return (
        found
        | {name: [places[at] for at in sorted(places)] for name, places in points.items()}
        | {"categories": list(values.values()), "bins": [edges[edge] for edge in sorted(edges)]}
    )


def _times(found: Values) -> Values:
    names = [name for name in ("started_at", "detected_at", "ended_at") if found.get(name)]
    return found | dict(zip(names, sorted(found[name] for name in names), strict=True))


def _bundle(found: Values) -> Values:
    files = [
        {"role": "model", "size": 1} | {k: v for k, v in f.items() if v is not None}
        for f in found["manifest"]
    ]
    other = found | {"manifest": files}
    return other | {"supersedes": None} if found.get("supersedes") == found["version"] else other


def _successor(found: Values) -> Values:
    return found | {"successor": None} if found.get("successor") == found["artifact"] else found


_FIXES: dict[type[BaseModel], Callable[[Values], Values]] = {
    key.KeyInfo: _key_info,
    fields.Ref: _ref,
    anchor.AnchorRecorded: lambda found: found | {"size": 902},
    vouching.Witnesses: lambda found: found | {"needed": len(found["keys"])},
    decision_parts.Condition: _condition,
    decision_parts.ParameterChange: _change,
    decision.DecisionProposed: _proposed,
    measures.Period: _period,
    dataset.DatasetRefreshed: _new_version,
    version.VersionReleased: _new_version,
    promotion.PromotionRequested: _moved,
    ledger.LedgerOpened: _opened,
    policy.Policy: _policy,
    grave.GraveRule: lambda found: found | {"types": ["key.revoked"]},
    act.ActRequested: lambda found: found | {"act": "key.revoked", "fields": found["fields"] or {"x": 1}},
    run.RunStarted: _started,
    run_parts.Capture: _capture,
    run.RunFinished: _metrics,
    run.RunFailed: _metrics,
    run.RunAbandoned: _metrics,
    evaluation.EvaluationRecorded: _metrics,
    evidence.EvidenceAttached: _metrics,
    monitoring.MonitoringReported: _metrics,
    run_parts.ParamReason: _reason,
    run_parts.Tuning: lambda found: found | {"space": found["space"] or {"max_depth": [3, 4]}},
    handover.HandoverRecorded: _handed_over,
    transform.Code: _code,
    profile.ColumnProfile: _column,
    incident.IncidentReported: _times,
    release.ReleaseBundled: _bundle,
    artifact.ArtifactRetired: _successor,
    promotion.PromotionExecuted: _moved,
    record.RecordCorrected: lambda found: found | {"fields": found["fields"] or {"title": "Credit risk"}},
    decision.DecisionSuperseded: lambda found: found | {"by": "7" if found["decision"] != "7" else "8"},
    rollback.RollbackExecuted: lambda found: found | {"to_version": found["from_version"][:150] + "~"},
}
