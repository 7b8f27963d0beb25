"""The first event of a run: expectations and what was found."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from mledger.attachment import Attachment
from mledger.capture.base import Capture, leave_out, one_line
from mledger.errors import InputError
from mledger.events import base as events
from mledger.events.fields import MAX_TITLE
from mledger.recording import reading
from mledger.recording.criteria import read_criteria

if TYPE_CHECKING:
    from mledger.events.run import RunStarted
    from mledger.recording.recorder import Known, Recorder
    from mledger.recording.using import Used

REPRODUCES, TOLERANCE = "MLEDGER_REPRODUCES", "MLEDGER_TOLERANCE"
UNSTATED = "nobody stated what was expected of this run"
# What goes into the event as it was said.
_AS_SAID = ("hypothesis", "tags", "tuning", "early_stopping", "checkpoint_policy", "unstated", "tolerance")


class Begun(NamedTuple):
    """The event, its files, what is shown of it, and what people should know."""

    body: "RunStarted"
    attach: tuple[Attachment, ...]
    summary: tuple[str, ...]
    warnings: "tuple[Warned, ...]"


class Warned(NamedTuple):
    """Something that people should know, and the way out; `hushed` is what need not be said to the quiet."""

    line: str
    fix: str | None = None
    hushed: bool = False


def started(
    recorder: "Recorder", stream: str, said: Mapping[str, Any], capture: Callable[[], Capture]
) -> Begun:
    """What is to be recorded at the start. Errors: UsageError for what was said."""
    fields, files, gaps = _said(said)
    data = _data(recorder, said)
    if data:
        fields["datasets"] = [one.row for one in data]
    if unknown := [one.gap for one in data if one.gap]:
        gaps["datasets"] = unknown
    fields |= _reproduction(recorder, stream, fields)
    leave_out(recorder.path)
    found = _seeded(said, capture)
    lacking = ((name, one_line("; ".join(lines))) for name, lines in gaps.items())
    found.fields["captures"] += [{"name": name, "gap": gap} for name, gap in lacking]
    # What a person says counts more than what was found.
    seeds = found.fields.get("seeds", {}) | fields.pop("seeds", {})
    attach = _told_apart((*files, *found.files))
    more = {"seeds": seeds, "files": [file.file.model_dump(exclude_none=True) for file in attach]}
    warned = [Warned(one.gap, one.fix) for one in data if one.gap and one.fix]
    body = cast("RunStarted", events.build("run.started", found.fields | fields | more))
    known = _known(recorder, stream, said)
    if known is not None and body.run in known.names:  # as it is recorded, not as it was typed
        free, taken = _other(body.run, stream, known.names, strict=recorder.strict)
        body = body.model_copy(update={"run": free})
        warned.append(taken)
    body.to_bytes()  # which may be too large
    warned += _warnings(recorder, stream, body, known)
    return Begun(body, attach, tuple(_summary(body, found)), tuple(warned))


def _told_apart(files: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """Each file once, under a name of its own: a lock file may be given as configuration, too."""
    kept: dict[str, Attachment] = {}
    for file in files:
        held = kept.setdefault(file.name, file)
        if held.data != file.data:
            kept[f"{len(kept)}-{file.name}"] = file._replace(name=f"{len(kept)}-{file.name}")
    return tuple(kept.values())


def _warnings(
    recorder: "Recorder", stream: str, body: "RunStarted", known: "Known | None"
) -> Iterator[Warned]:
    """What a person should know at once: that nobody said what is expected, of the run or of the model."""
    lacking = [name for name in ("hypothesis", "criteria") if not getattr(body, name)]
    if lacking:
        yield Warned(f"the run has no {' and no '.join(lacking)}: this is recorded as a gap")
    if not recorder.first_of(stream) or known is None:
        return
    if not known.registered:
        line = recorder.unregistered(stream)
        line += "" if known.names else "; it begins with this run"
        slip = "did you mean" in line
        yield Warned(line, f"mledger append model.registered {stream} --edit", hushed=not slip)
    elif not known.framed:
        line = f"nobody has said what {stream} is to achieve, before it is tried"
        yield Warned(line, f"mledger append problem.framed {stream} --edit", hushed=True)


def _known(recorder: "Recorder", stream: str, said: Mapping[str, Any]) -> "Known | None":
    """What is known of the model, where it matters: at its first run here, and if the run has a name."""
    if said.get("name") is None and not recorder.first_of(stream, look=True):
        return None
    return recorder.known(stream)


def _other(name: str, stream: str, taken: Mapping[str, str], *, strict: bool) -> tuple[str, Warned]:
    """The name with the first number that is free: a script that runs each night need not stop for it."""
    line = f"run {name} of {stream} is there already, event {taken[name]}"
    if strict:
        raise InputError(line, fix="give another name, or none")
    numbers = (f"-{n}" for n in count(2))
    free = next(other for end in numbers if (other := name[: MAX_TITLE - len(end)] + end) not in taken)
    return free, Warned(f"{line}; this one is {free}")


def _said(
    said: Mapping[str, Any],
) -> tuple[dict[str, Any], list[Attachment], dict[str, list[str]]]:
    """The fields that a person said, the configuration files, and what could not be said of some."""
    fields: dict[str, Any] = {name: said[name] for name in _AS_SAID if said.get(name) is not None}
    fields["run"] = _name(said)
    gaps: dict[str, list[str]] = {}
    if said.get("criteria") is not None:
        fields["criteria"] = read_criteria(said["criteria"])
    if said.get("predicted") is not None:
        fields["predicted"] = read_criteria(said["predicted"])
    if "hypothesis" not in fields or not fields.get("criteria"):
        fields.setdefault("unstated", UNSTATED)
    for name in ("decision", "plan", "reproduces"):
        if said.get(name) is not None:
            fields[name] = reading.reference(said[name]) or said[name]
    if said.get("params") is not None:
        fields["params"], odd = reading.plain_params(said["params"])
        gaps |= {"params": odd} if odd else {}
    if said.get("why"):
        fields["param_reasons"] = reading.reasons(said["why"])
    files = [Attachment.read(path, role="configuration") for path in _paths(said.get("config"))]
    if files:
        fields["params_digest"] = files[0].file.sha256
    return fields, files, gaps


def _data(recorder: "Recorder", said: Mapping[str, Any]) -> "list[Used]":
    """The data that a person named, as it is known. Errors: as `used`."""
    if not said.get("datasets"):
        return []
    from mledger.recording.using import used

    return [used(recorder, data, None, role) for role, data in _by_role(said["datasets"])]


def _by_role(datasets: Any) -> list[tuple[str, Any]]:
    if isinstance(datasets, Mapping):
        return list(datasets.items())
    return [("train", data) for data in ([datasets] if isinstance(datasets, str) else datasets)]


def _paths(config: Any) -> Sequence[Any]:
    if config is None:
        return ()
    return (config,) if isinstance(config, str | os.PathLike) else tuple(config)


def _name(said: Mapping[str, Any]) -> str:
    """The name of the run: the one given, or one made of the time."""
    if said.get("name") is not None:
        return cast(str, said["name"])
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def _reproduction(recorder: "Recorder", stream: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What `mledger repro` asks for: the first run of that model repeats another."""
    model, _, number = os.environ.get(REPRODUCES, "").rpartition("@")
    if not number or model != stream or "reproduces" in fields or not recorder.first_of(stream, look=True):
        return {}
    return {"reproduces": number, "tolerance": float(os.environ.get(TOLERANCE) or 0)}


def _seeded(said: Mapping[str, Any], capture: Callable[[], Capture]) -> Capture:
    """What is found out, after the seeds were set that are asked for."""
    if said.get("seed") is None:
        return capture()
    from mledger.capture.seeds import set_all

    seeds = set_all(reading.whole_seed(said["seed"]))
    found = capture()
    found.fields["seeds"] = found.fields.get("seeds", {}) | seeds
    others = [row for row in found.fields["captures"] if row["name"] != "seeds"]
    found.fields["captures"] = [*others, {"name": "seeds", "how": f"set by mledger to {said['seed']}"}]
    return found


def _summary(body: "RunStarted", found: Capture) -> list[str]:
    """The line that is shown: commit, seed, accelerator, packages."""
    git, env, hardware = body.git, body.env, body.hardware
    parts = []
    if git is not None:
        parts.append(f"commit {git.commit[:7]} {'dirty' if git.dirty else 'clean'}")
    else:
        gaps = (row.get("gap") for row in found.fields["captures"] if row["name"] == "git")
        parts += [gap for gap in gaps if gap]
    if body.seeds:
        parts.append(f"seed {', '.join(dict.fromkeys(str(seed) for seed in body.seeds.values()))}")
    if hardware is not None and hardware.gpu:
        parts.append(hardware.gpu)
    if env is not None and env.packages:
        parts.append(f"{len(env.packages)} packages")
    return parts
