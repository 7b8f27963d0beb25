"""The lineage of a model's version: source, transforms, features, run, model.

It is walked from the version back to where data came from, by what events say: a release names its
run, a run its data, a transform what it made of what. Each node has the digest by which it is known.
What is missing on the way is a node of its own or a line of `missing`; nothing is guessed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from mledger.chain.history import Fact
from mledger.core.digest import short
from mledger.errors import NotFoundError
from mledger.events.artifact import ArtifactPublished
from mledger.events.dataset import DatasetRefreshed, DatasetRegistered
from mledger.events.measures import DatasetState
from mledger.events.run import RunAbandoned, RunFailed, RunFinished, RunStarted
from mledger.events.transform import TransformRecorded
from mledger.events.version import VersionReleased
from mledger.projections.corrections import amendments
from mledger.projections.runs import whole
from mledger.projections.statements import Trail
from mledger.registry import unknown

Kind = Literal["source", "data", "transform", "features", "run", "model", "missing"]
Of = Callable[[str], Iterable[Fact]]
"""The facts of a stream, in order."""


@dataclass(frozen=True, slots=True)
class Node:
    """One step of the way: what it is, the digest by which it is known, the event that says so."""

    id: str
    kind: Kind
    label: str
    digest: str | None = None
    what: str | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """What went into what, and as what."""

    source: str
    target: str
    label: str = ""


@dataclass(slots=True)
class Lineage:
    """A graph without circles, its nodes in the order in which they were reached from the version."""

    about: str
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def into(self, node: str) -> list[Edge]:
        """The edges that lead into a node."""
        return [edge for edge in self.edges if edge.target == node]

    def to_json(self) -> dict[str, object]:
        """The graph as `--json` prints it."""
        return {
            "about": self.about,
            "nodes": [{name: getattr(node, name) for name in Node.__slots__} for node in self.nodes.values()],
            "edges": [{"from": e.source, "to": e.target, "label": e.label} for e in self.edges],
            "missing": self.missing,
        }


class _Said(NamedTuple):
    """A body as corrections have made it, with the number of its event."""

    body: Any
    number: str


def lineage(of: Of, model: str, version: str | None = None) -> Lineage:
    """Where a version of a model comes from; without a version, the one released last.

    Errors: NotFoundError if no version, or none of that name, is released.
    """
    return _Walk(of, model).run(version)


class _Walk:
    """One walk from a version back to the sources."""

    def __init__(self, of: Of, model: str) -> None:
        self._of = of
        self._name = model
        self._held: dict[str, list[_Said]] = {}
        self._trails: dict[str, Trail] = {}
        self._graph = Lineage(model)
        self._ahead: list[tuple[DatasetState, str, str]] = []

    def run(self, wanted: str | None) -> Lineage:
        """Walk, and give the graph."""
        released: dict[str, _Said] = {}
        for said in self._all(f"model/{self._name}", VersionReleased):
            released.setdefault(said.body.version, said)
        if not released:
            raise NotFoundError(
                f"no version of {self._name} is released", fix="mledger types version.released --template"
            )
        version = next(reversed(released)) if wanted is None else wanted
        if version not in released:
            line = unknown(f"version of {self._name}", version, released)
            raise NotFoundError(
                f"{line}; there are {', '.join(released)}", fix=f"mledger replay {self._name}"
            )
        said = released[version]
        self._graph.about = f"{self._name}@{version}"
        files = said.body.artifacts
        chief = next((file for file in files if file.role == "model"), files[0])
        top = self._node(Node("model", "model", self._graph.about, chief.sha256, chief.name, said.number))
        run = said.body.run or self._run_of(chief.sha256)
        if run is None:
            self._miss(f"{self._graph.about} does not say which run trained it")
        else:
            self._run(run, top, "named" if self._differs(said) else "trained")
        while self._ahead:  # in turns: a way of a thousand steps is no reason to fail
            self._data(*self._ahead.pop(0))
        return self._graph

    def _run_of(self, sha256: str) -> str | None:
        """The run that made a file, by the event that published it."""
        published = self._all(f"model/{self._name}", ArtifactPublished)
        return next(
            (said.body.run for said in published if said.body.sha256 == sha256 and said.body.run), None
        )

    def _differs(self, released: _Said) -> bool:
        """Whether released files are not those that the run made; each is named as missing."""
        from mledger.projections.lifecycle import model
        from mledger.projections.making import others

        state = model.fold(self._of(f"model/{self._name}"))
        version = state.versions.get(released.body.version)
        found = list(others(state, version)) if version is not None else []
        for other in found:
            self._miss(other.told())
        return bool(found)

    def _run(self, reference: str, below: str, label: str) -> None:
        stream = f"model/{self._name}"
        started = self._all(stream, RunStarted)
        number = self._trails[stream].resolve(reference)
        named = [said for said in started if said.body.run == reference]
        found = next(iter(named), None) or next((said for said in started if said.number == number), None)
        if found is None:
            self._edge(self._hole(f"run {reference}", "is not recorded"), below, label)
            return
        names = {found.body.run, found.number}
        ends = self._all(stream, RunFinished, RunFailed, RunAbandoned)
        body = whole(found.body, next((said.body for said in ends if said.body.run in names), None))
        digest, what = body.code_digest, "code"
        if body.git is not None:
            digest, what = body.git.commit, "commit, dirty" if body.git.dirty else "commit"
        node = self._node(
            Node(f"run {body.run}", "run", f"run {body.run}", digest, what if digest else None, found.number)
        )
        self._edge(node, below, label)
        if digest is None:
            self._miss(f"run {body.run} names no code: neither commit nor digest")
        ended = [
            said.body
            for said in self._all(stream, RunFinished, RunFailed, RunAbandoned)
            if said.body.run == body.run or self._trails[stream].resolve(said.body.run) == found.number
        ]
        uses = tuple(dict.fromkeys(use for one in (body, *ended) for use in one.datasets))
        if not uses:
            self._miss(f"run {body.run} names no data")
        self._ahead += [(use, node, use.role) for use in uses]

    def _data(self, state: DatasetState, below: str, label: str) -> None:
        """A state of data, what made it, or where it came from."""
        name = state.name.removeprefix("dataset/")
        found = self._recorded(name, state)
        version = state.version or (found.body.version if found else None)
        title = f"{name}@{version}" if version else name
        known = title in self._graph.nodes
        digest, what = _digest(found.body if found else None, state)
        made = [] if known else self._made(name, state, version, digest)
        features = tuple(dict.fromkeys(feature for said in made for feature in said.body.features_out))
        kind: Kind = "features" if features else "data"
        shown = f"{title}: {', '.join(features)}" if features else title
        if not known:
            self._node(Node(title, kind, shown, digest, what, found.number if found else None))
        self._edge(title, below, label)
        if known:
            return
        if found is None:
            self._miss(f"{title} is not recorded")
        elif digest is None:
            self._miss(f"{title} has no digest of the whole")
        elif state.digest is not None and state.digest not in _digests(found.body):
            self._miss(f"{title} has another digest where it was used, {short(state.digest)}")
        for said in made:
            self._transform(said, title)
        if not made and found is not None:
            self._source(name, found, title)

    def _made(self, name: str, state: DatasetState, version: str | None, digest: str | None) -> list[_Said]:
        """The transforms that made a state."""
        streams = (f"dataset/{name}", f"model/{self._name}")
        known = {sha256 for sha256 in (state.digest, digest) if sha256}
        return [
            said
            for stream in streams
            for said in self._all(stream, TransformRecorded)
            for out in said.body.outputs
            if out.name.removeprefix("dataset/") == name
            and (
                out.digest in known
                or (out.digest is None and out.version == version)
                or out.version == version
            )
        ]

    def _transform(self, said: _Said, below: str) -> None:
        body: TransformRecorded = said.body
        code = body.code
        digest = (code.commit or code.sha256) if code else None
        what = None if code is None else "commit" if code.commit else code.path or "code"
        key = f"transform {said.number}"
        known = key in self._graph.nodes
        if not known:
            self._node(Node(key, "transform", body.name, digest, what, said.number))
        self._edge(key, below)
        if known:
            return
        if digest is None:
            self._miss(f"transform {body.name} names no code ({said.number})")
        for state in body.inputs:
            self._ahead.append((state, key, ", ".join(body.features_in)))

    def _source(self, name: str, found: _Said, below: str) -> None:
        """Where the data of a state came from: what is said of it, and the file that it was read from."""
        registered = self._all(f"dataset/{name}", DatasetRegistered)
        origin = registered[-1].body.origin if registered else "nobody has said where it comes from"
        file = next((d for d in found.body.digests if d.name != "content"), found.body.digests[0])
        number = registered[-1].number if registered else None
        node = Node(f"source {below}", "source", " ".join(origin.split()), file.sha256, file.name, number)
        self._edge(self._node(node), below)
        if not registered:
            self._miss(f"{name} is not registered, so nobody has said where it comes from")

    def _recorded(self, name: str, state: DatasetState) -> _Said | None:
        """The event that recorded a state: by its version, else by its digest, else the newest."""
        found = self._all(f"dataset/{name}", DatasetRegistered, DatasetRefreshed)
        if state.version is not None:
            return next((said for said in found if said.body.version == state.version), None)
        if state.digest is not None:
            return next((said for said in found if state.digest in _digests(said.body)), None)
        return found[-1] if found else None

    # --- what the streams hold

    def _all(self, stream: str, *classes: type) -> list[_Said]:
        """The events of some classes on a stream that count, as they were corrected."""
        if stream not in self._held:
            facts, trail = tuple(self._of(stream)), Trail()
            amended = amendments(facts)
            for fact in facts:
                trail.know(fact)
            bodies = ((fact, amended.get(fact.number)) for fact in facts)
            self._trails[stream] = trail
            self._held[stream] = [
                _Said(made.body if made and made.body is not None else fact.data, fact.number)
                for fact, made in bodies
                if fact.refused is None
            ]
        return [said for said in self._held[stream] if isinstance(said.body, classes)]

    # --- the graph

    def _node(self, node: Node) -> str:
        self._graph.nodes[node.id] = node
        return node.id

    def _hole(self, label: str, why: str) -> str:
        self._miss(f"{label} {why}")
        return self._node(Node(f"missing {label}", "missing", f"{label}: {why}"))

    def _edge(self, source: str, target: str, label: str = "") -> None:
        edge = Edge(source, target, label)
        if edge not in self._graph.edges:
            self._graph.edges.append(edge)

    def _miss(self, line: str) -> None:
        if line not in self._graph.missing:
            self._graph.missing.append(line)


def _digests(body: Any) -> set[str]:
    return {digest.sha256 for digest in body.digests}


def _digest(body: Any, state: DatasetState) -> tuple[str | None, str | None]:
    """The one digest of a state, and of what it is: as recorded, else as it was cited."""
    held: Mapping[str, str] = (
        {digest.name: digest.sha256 for digest in body.digests} if body is not None else {}
    )
    for name in ("content", "manifest"):
        if name in held:
            return held[name], name
    if len(held) == 1:
        name, sha256 = next(iter(held.items()))
        return sha256, name
    return state.digest, None


# --- forms

_SHAPES: dict[Kind, tuple[str, str]] = {
    "source": ("[(", ")]"),
    "data": ("[", "]"),
    "features": ("[/", "/]"),
    "transform": ("{{", "}}"),
    "run": ("([", "])"),
    "model": ("[[", "]]"),
    "missing": (">", "]"),
}
_DOT: dict[Kind, str] = {
    "source": "cylinder",
    "data": "box",
    "features": "parallelogram",
    "transform": "hexagon",
    "run": "oval",
    "model": "box3d",
    "missing": "note",
}


def mermaid(graph: Lineage) -> str:
    """The graph as a flow chart of Mermaid, from sources to the model."""
    names = {key: f"n{place}" for place, key in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for key, node in graph.nodes.items():
        left, right = _SHAPES[node.kind]
        text = "<br/>".join(_entities(line) for line in _words(node))
        lines.append(f'  {names[key]}{left}"{text}"{right}')
    for edge in graph.edges:
        label = f'|"{_entities(edge.label)}"|' if edge.label else ""
        lines.append(f"  {names[edge.source]} -->{label} {names[edge.target]}")
    return "\n".join(lines) + "\n"


def dot(graph: Lineage) -> str:
    """The graph for Graphviz."""
    names = {key: f"n{place}" for place, key in enumerate(graph.nodes)}
    lines = [f"digraph {_quoted(graph.about)} {{", "  rankdir=LR;"]
    for key, node in graph.nodes.items():
        lines.append(
            f"  {names[key]} [shape={_DOT[node.kind]}, label={_quoted(chr(10).join(_words(node)))}];"
        )
    for edge in graph.edges:
        label = f" [label={_quoted(edge.label)}]" if edge.label else ""
        lines.append(f"  {names[edge.source]} -> {names[edge.target]}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _words(node: Node) -> list[str]:
    """What stands in a node: its name, the digest, the event."""
    digest = f"{node.what or 'sha256'} {short(node.digest)}" if node.digest else "no digest"
    return [
        node.label,
        *([] if node.kind == "missing" else [digest]),
        *([f"event {node.event}"] if node.event else []),
    ]


def _entities(text: str) -> str:
    """Text inside the quotes of Mermaid, which reads marks of HTML there."""
    marks = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "&": "#amp;", "`": "#96;"}
    return "".join(marks.get(character, character) for character in " ".join(text.split()))


def _quoted(text: str) -> str:
    """A string of the DOT language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
