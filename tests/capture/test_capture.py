"""What is found out about a run: on clean and dirty trees, and where nothing can be found."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import types
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.capture.base import capture, one_line, sources
from mledger.capture.command import MASK, shown
from mledger.capture.git import without_credentials
from mledger.capture.gpu import _known
from mledger.capture.packages import _installed
from mledger.capture.seeds import set_all
from mledger.core.canonical import MAX_INTEGER

LINES = """
import json
from mledger.capture.base import capture
found = capture()
files = {file.name: file.data.decode() for file in found.files}
print(json.dumps({"fields": found.fields, "files": files}))
"""


@pytest.fixture
def git(program, tmp_path, monkeypatch):
    """A repository in the current folder, and git to work on it."""
    program("git")
    monkeypatch.chdir(tmp_path)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Alice Example")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "alice@acme.example")

    def run(*words):
        done = subprocess.run(["git", *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    run("init", "-q", "-b", "main")
    return run


def found(*args, **environment):
    """What a script in the current folder finds out about itself, and the files that it keeps."""
    Path("train.py").write_text(LINES)
    done = subprocess.run(
        [sys.executable, "train.py", *args],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    said = json.loads(done.stdout)
    said["captures"] = {row["name"]: row for row in said["fields"]["captures"]}
    return said


def test_a_clean_tree_is_its_commit(git):
    """Commit, branch and remote are recorded, the remote without its password; nothing differs."""
    git("remote", "add", "origin", "https://alice:s3cret@git.acme.example/ml/credit.git?token=abc")
    Path("train.py").write_text(LINES)
    git("add", ".")
    git("commit", "-qm", "first")
    said = found()
    assert said["fields"]["git"] == {
        "commit": git("rev-parse", "HEAD"),
        "branch": "main",
        "remote": "https://git.acme.example/ml/credit.git",
        "dirty": False,
    }
    assert said["captures"]["git"] == {"name": "git", "how": "git status"}
    assert "s3cret" not in json.dumps(said)


def test_a_dirty_tree_keeps_what_differs(git):
    """What differs from the commit is kept, staged or not, and named by its digest."""
    Path("train.py").write_text(LINES)
    Path("model.py").write_text("depth = 3\n")
    git("add", ".")
    git("commit", "-qm", "first")
    Path("model.py").write_text("depth = 4\n")
    Path("data.csv").write_text("1\n")
    said = found()
    diff = said["files"]["changes.diff"]
    assert "-depth = 3\n+depth = 4\n" in diff
    assert said["fields"]["git"]["dirty"] is True
    assert said["fields"]["git"]["diff_digest"] == hashlib.sha256(diff.encode()).hexdigest()
    assert said["captures"]["git"]["gap"] == "data.csv is untracked, and in no difference"
    git("add", ".")
    assert "+1" in found()["files"]["changes.diff"]


def test_a_script_that_no_commit_holds_is_dirty(git):
    """A script that is untracked makes the tree dirty, and is known by its digest."""
    Path("model.py").write_text("depth = 3\n")
    git("add", ".")
    git("commit", "-qm", "first")
    said = found()
    assert said["fields"]["git"]["dirty"] is True
    assert "train.py itself is not in the commit" in said["captures"]["git"]["gap"]
    assert said["fields"]["code_digest"] == hashlib.sha256(Path("train.py").read_bytes()).hexdigest()


def test_nothing_that_a_repository_configures_is_run(git):
    """Diff programs and file system monitors of a repository are not run, and its index is left alone."""
    Path("train.py").write_text(LINES)
    os.utime("train.py", (0, 0))  # touched later, when it is run, and not changed: git would write that down
    Path("model.py").write_text("depth = 3\n")
    git("add", ".")
    git("commit", "-qm", "first")
    Path("evil").write_text("#!/bin/sh\ntouch pwned\n")
    Path("evil").chmod(0o755)
    git("config", "diff.external", "./evil")
    git("config", "core.fsmonitor", "./evil")
    Path("model.py").write_text("depth = 4\n")
    index = Path(".git/index").read_bytes()
    assert "+depth = 4" in found()["files"]["changes.diff"]
    assert not Path("pwned").exists()
    assert Path(".git/index").read_bytes() == index


def test_where_there_is_no_git_a_gap_says_so(tmp_path, monkeypatch, git):
    """No commit yet, no repository, no git: each is a gap in words, never a failure."""
    assert found()["captures"]["git"]["gap"] == "the repository has no commit yet"
    (tmp_path / ".git").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert found()["captures"]["git"]["gap"] == f"{tmp_path.name} is in no git repository"
    (tmp_path / "elsewhere").rename(tmp_path / ".git")
    monkeypatch.setenv("PATH", "/nowhere")
    assert found()["captures"]["git"]["gap"] == "git is not installed"


def test_git_that_hangs_or_breaks_is_a_gap(tmp_path, monkeypatch, git):
    """A git that does not answer in time is stopped; one that fails is quoted."""
    from mledger.capture import git as source

    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setattr(source, "TIMEOUT", 0.2)
    assert source._git()().gap == "git took longer than 0 s"
    (programs / "git").write_text("#!/bin/sh\necho fatal: index file corrupt >&2\nexit 128\n")
    monkeypatch.setattr(source, "TIMEOUT", 20.0)
    assert source._git()().gap == "fatal: index file corrupt"


CHANGING = """
import json, os, subprocess, sys
from mledger.capture.base import capture
def git(*words):
    subprocess.run([os.environ["REAL_GIT"], *words], check=True, stdout=subprocess.DEVNULL)
found = []
for words in json.loads(sys.argv[1]):
    git(*words)
    fields = capture().fields
    rows = {row["name"]: row for row in fields["captures"]}
    found.append([fields["git"].get("remote"), "itself is not" in rows["git"].get("gap", "")])
print(json.dumps(found))
"""


@pytest.fixture
def counted(tmp_path_factory, monkeypatch):
    """Have each start of git written down; what was asked since the last time."""
    place = tmp_path_factory.mktemp("programs")
    asked = place / "asked"
    monkeypatch.setenv("REAL_GIT", shutil.which("git"))
    (place / "git").write_text(f'#!/bin/sh\necho "$7" >> {asked}\nexec "$REAL_GIT" "$@"\n')
    (place / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(place), prepend=":")

    def since():
        words = asked.read_text().split() if asked.exists() else []
        asked.unlink(missing_ok=True)
        return words

    return since


def changing(*steps):
    """The remote, and whether the script is in no commit, after each step of git in one process."""
    Path("train.py").write_text(CHANGING)
    done = subprocess.run(
        [sys.executable, "train.py", json.dumps(steps)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("where", ["the repository", "a further working tree", "a submodule"])
def test_git_is_asked_again_only_for_what_changed(git, counted, where):
    """Later runs of a process ask for the status alone, until index or configuration change."""
    git("commit", "-q", "--allow-empty", "-m", "first")
    if where == "a further working tree":
        git("worktree", "add", "-q", "further")
        os.chdir("further")
    elif where == "a submodule":
        git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(Path.cwd()), "sub")
        os.chdir("sub")
    steps = [
        ["remote", "-v"],
        ["remote", "-v"],
        ["add", "train.py"],
        ["commit", "-qm", "more"],
        ["config", "remote.origin.url", "/srv/b.git"],
        ["rm", "-q", "--cached", "train.py"],
    ]
    counted()
    found = changing(*steps)
    assert [untracked for _, untracked in found] == [True, True, False, False, False, True]
    assert {remote for remote, _ in found[4:]} == {"/srv/b.git"}
    assert counted().count("status") == len(steps)
    changing(["remote", "-v"], ["remote", "-v"], ["remote", "-v"])
    asked = Counter(counted())
    assert (asked["status"], asked["config"], asked["ls-files"]) == (3, 1, 1)


def test_where_the_environment_names_a_repository_git_is_asked_each_time(git, counted, monkeypatch):
    """With GIT_DIR nothing is taken to be as it was."""
    git("commit", "-q", "--allow-empty", "-m", "first")
    monkeypatch.setenv("GIT_DIR", str(Path.cwd() / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(Path.cwd()))
    counted()
    assert changing(["remote", "-v"], ["remote", "-v"]) == [[None, True]] * 2
    asked = Counter(counted())
    assert (asked["status"], asked["config"], asked["ls-files"]) == (2, 2, 2)


def test_what_is_untracked_in_a_submodule_is_no_difference(git):
    """The tree is clean if the difference has no bytes, and dirty with what a submodule's files differ by."""
    git("commit", "-q", "--allow-empty", "-m", "first")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(Path.cwd()), "sub")
    Path("train.py").write_text(LINES)
    git("add", ".")
    git("commit", "-qm", "second")
    Path("sub/mledger.db").write_text("new")
    assert found()["fields"]["git"]["dirty"] is False
    git("-C", "sub", "add", "mledger.db")
    said = found()
    assert said["fields"]["git"]["dirty"] is True
    assert "-dirty" in said["files"]["changes.diff"]


@pytest.mark.parametrize("how", ["LITERAL", "GLOB", "NOGLOB", "ICASE"])
def test_what_names_mean_to_git_is_not_for_the_environment_to_say(git, how):
    """Where paths are taken literally for other programs, what differs is still all of it."""
    Path("model.py").write_text("depth = 3\n")
    git("add", ".")
    git("commit", "-qm", "first")
    Path("model.py").write_text("depth = 4\n")
    assert "+depth = 4" in found(**{f"GIT_{how}_PATHSPECS": "1"})["files"]["changes.diff"]


def test_what_differs_is_all_of_it_whatever_is_configured(git):
    """A difference from a folder below, with settings that would cut it or make it no patch."""
    Path("src").mkdir()
    Path("src/train.py").write_text(LINES)
    Path("model.py").write_text("depth = 3\n")
    git("add", ".")
    git("commit", "-qm", "first")
    for name, value in (
        ("relative", "true"),
        ("noprefix", "true"),
        ("submodule", "log"),
        ("color", "always"),
    ):
        git("config", f"diff.{name}" if name != "color" else "color.ui", value)
    Path("model.py").write_text("depth = 4\n")
    os.chdir("src")
    diff = found()["files"]["changes.diff"]
    assert "--- a/model.py\n+++ b/model.py\n" in diff
    os.chdir("..")
    git("checkout", "-q", "model.py")
    Path("changes.diff").write_text(diff)
    git("apply", "changes.diff")
    assert Path("model.py").read_text() == "depth = 4\n"


def test_a_folder_is_followed_to_its_repository(git, tmp_path_factory, monkeypatch):
    """A script that is started by way of a link lies where the link leads, as git sees it."""
    Path("train.py").write_text(LINES)
    git("add", ".")
    git("commit", "-qm", "first")
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(Path.cwd())
    monkeypatch.chdir(link)
    assert found()["fields"]["git"]["dirty"] is False


def test_packages_and_lock_file_are_listed(git):
    """Every package is there with its version, and the lock file of the repository is kept."""
    Path("uv.lock").write_text("version = 1\n")
    said = found()
    assert {"mledger", "pydantic", "cryptography"} <= said["fields"]["env"]["packages"].keys()
    assert said["fields"]["env"]["packages_digest"] == hashlib.sha256(b"version = 1\n").hexdigest()
    assert said["files"]["uv.lock"] == "version = 1\n"
    assert said["fields"]["env"]["python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert said["fields"]["hardware"]["cpu"]


def test_a_program_for_accelerators_is_asked(tmp_path, monkeypatch):
    """What nvidia-smi says is recorded, the same cards counted; one that fails is a gap."""
    monkeypatch.chdir(tmp_path)
    smi = tmp_path / "bin" / "nvidia-smi"
    smi.parent.mkdir()
    smi.write_text("#!/bin/sh\necho 'RTX A6000, 560.35.03'\necho 'RTX A6000, 560.35.03'\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{smi.parent}:{os.environ['PATH']}")
    hardware = found()["fields"]["hardware"]
    assert (hardware["gpu"], hardware["driver"]) == ("2 x RTX A6000", "560.35.03")
    smi.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'\nexit 9\n")
    assert found()["captures"]["gpu"]["gap"] == "nvidia-smi: NVIDIA-SMI has failed"


def test_a_container_is_known_where_ci_tells(tmp_path, monkeypatch):
    """The digest of the image comes from the environment of CI, or from our own variable."""
    monkeypatch.chdir(tmp_path)
    digest = "5e0a" * 16
    said = found(CI_JOB_IMAGE=f"registry.acme.example/train@sha256:{digest}")
    assert said["fields"]["env"]["container_digest"] == digest
    assert said["captures"]["container"]["how"] == "$CI_JOB_IMAGE"
    assert found(MLEDGER_CONTAINER_DIGEST=digest)["fields"]["env"]["container_digest"] == digest
    assert "container_digest" not in found(CI_JOB_IMAGE="python:3.12")["fields"]["env"]


def test_seeds_are_found_where_they_can_be(tmp_path, monkeypatch):
    """The seed of numpy's generator is found before anything is drawn; what cannot be found is a gap."""
    monkeypatch.chdir(tmp_path)
    lines = LINES.replace("import json", "import json, numpy; numpy.random.seed(7)")
    monkeypatch.setitem(found.__globals__, "LINES", lines)
    said = found(PYTHONHASHSEED="3")
    assert said["fields"]["seeds"] == {"PYTHONHASHSEED": "3", "numpy": 7}
    assert said["captures"]["seeds"]["gap"].startswith("of random no seed")
    drawn = lines.replace("seed(7)", "seed(7); numpy.random.random()")
    monkeypatch.setitem(found.__globals__, "LINES", drawn)
    assert "numpy" not in found()["fields"].get("seeds", {})


class Torch(types.ModuleType):
    """What torch says of its seeds and switches."""

    def __init__(self):
        """Begin unseeded."""
        super().__init__("torch")
        self.seed = 1 << 63
        self.backends = types.SimpleNamespace(cudnn=types.SimpleNamespace(benchmark=True))
        self.version = types.SimpleNamespace(cuda="12.6")

    def manual_seed(self, seed):
        """Take a seed."""
        self.seed = seed

    def initial_seed(self):
        """The seed that was set."""
        return self.seed

    def are_deterministic_algorithms_enabled(self):
        """Whether results are repeatable."""
        return False


def test_torch_is_asked_where_it_is_imported(monkeypatch):
    """Seed, switches and CUDA of torch are found, and its seed is set with the others."""
    monkeypatch.setitem(sys.modules, "torch", Torch())
    fields = capture().fields
    assert fields["seeds"]["torch"] == MAX_INTEGER
    assert fields["determinism_flags"]["torch.backends.cudnn.benchmark"] is True
    assert fields["hardware"]["cuda"] == "12.6"
    assert set_all(7)["torch"] == 7
    assert capture().fields["seeds"]["torch"] == 7


def test_secrets_of_the_command_are_masked(tmp_path, monkeypatch):
    """Options that look like passwords or tokens are masked, and how many."""
    monkeypatch.chdir(tmp_path)
    said = found("--depth", "4", "--db-password", "hunter2", "--token=abc", "https://u:pw@x.example/data")
    assert "hunter2" not in said["fields"]["cmd"]
    assert said["fields"]["cmd"].endswith(
        "--depth 4 --db-password *** '--token=***' 'https://***@x.example/data'"
    )
    assert said["captures"]["command"]["gap"] == "3 masked, for they look like secrets"


SECRETS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=12, max_size=20).map("Z{}Z".format)


@given(st.sampled_from(["--password", "--api-key", "--AUTH_TOKEN", "-secret", "--my.passphrase"]), SECRETS)
def test_no_secret_of_a_named_option_is_shown(option, secret):
    """Whatever follows an option of that name, in one word or in two, is not shown."""
    for words in ([option, secret], [f"{option}={secret}"], [f"{option.lstrip('-')}={secret}"]):
        line, masked = shown(["python", "train.py", *words, "--depth", "4"])
        assert secret not in line
        assert MASK in line
        assert masked == 1
        assert "--depth 4" in line


@given(st.lists(st.text(max_size=80), max_size=40))
def test_any_command_fits_on_a_line(words):
    """Any command is one printable line of at most a thousand characters."""
    line, _ = shown(["python", *words])
    assert line.isprintable()
    assert len(line) <= 1000


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://alice:s3cret@git.example/a.git", "https://git.example/a.git"),
        ("https://ghp_token@github.example/a/b", "https://github.example/a/b"),
        ("git@git.example:ml/a.git", "git@git.example:ml/a.git"),
        ("ssh://git:pw@git.example:22/a.git", "ssh://git@git.example:22/a.git"),
        ("https://git.example/a.git?private_token=x", "https://git.example/a.git"),
        ("/srv/git/a.git", "/srv/git/a.git"),
        ("", ""),
    ],
)
def test_a_remote_is_kept_without_credentials(url, kept):
    """Passwords and tokens in the address of a repository are not kept; the user of ssh is."""
    assert without_credentials(url) == kept


def test_a_source_that_fails_is_a_gap(monkeypatch):
    """A source that raises makes no run fail: the gap names the error."""

    def broken():
        raise RuntimeError("a strange\nmachine")

    monkeypatch.setitem(capture.__globals__["_sources"]._items, "zz", broken)
    rows = {row["name"]: row for row in capture().fields["captures"]}
    assert rows["zz"]["gap"] == "RuntimeError: a strange machine"
    assert "zz" in sources()


def test_packages_are_looked_up_again_when_they_change(tmp_path, monkeypatch):
    """A package that is installed meanwhile is seen; other files that come and go cost no look-up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    capture()
    before = _installed.cache_info().misses
    (tmp_path / "mledger.db-wal").write_text("")
    capture()
    assert _installed.cache_info().misses == before
    told = tmp_path / "features-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: My_Features\nVersion: 1.0\n")
    assert capture().fields["env"]["packages"]["my-features"] == "1.0"


def test_it_is_quick_the_second_time(tmp_path, monkeypatch):
    """Packages and machine are looked up once in a process."""
    monkeypatch.chdir(tmp_path)
    _known.clear()
    capture()
    assert min(capture().seconds for _ in range(5)) < 0.1


def test_a_line_is_cut():
    """A line that is too long is cut with an ellipsis."""
    assert one_line("a\x00b\n c" * 100, 20) == "a b ca b ca b ca b …"
