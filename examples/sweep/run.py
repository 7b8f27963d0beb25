"""Plays a sweep of twenty runs in ./sweep: each command is shown, then run.

python examples/sweep/run.py [FOLDER]
"""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import playing  # noqa: E402  it lies beside this folder

METADATA = "Metadata-Version: 2.1\nName: features\nVersion: {version}\n"
IGNORED = "home/\nsite-*/\nactivate\nmledger.db*\n__pycache__/\n*.csv\n"
FIRST = 400

# As `playing` reads it: # is said, the rest is run; (2): it must end with exit code 2.
STORY = r"""
# 1. A ledger, a repository with the training script, and the data that there is by now.
mledger init --origin hospital.example/biopsy --name 'Alice Example' --no-passphrase -q
git init -q
git add train.py sweep.py
git -c user.name=Alice -c user.email=alice@hospital.example commit -qm 'Train a classifier'
mledger data add cases.csv --as cases --group malignant --origin 'Hospitals of Wisconsin' \
  --collected 'A needle biopsy of each patient, digitised.' --by-whom 'Wolberg and others' \
  --licence 'CC BY 4.0'

# 2. Twenty ideas. Some fail, most do not come true; all are kept.
python sweep.py

# 3. What came of them: what failed or was refuted is counted.
mledger runs

# 4. What the sweep taught.
mledger conclude 6 --lesson 'Much regularisation is best: C of 0.1.' --next 'Propose it.'
mledger conclude 20 --lesson 'A tree that can be read costs 0.06.'

# 5. What differs between two of them, and nothing else.
mledger runs compare 6 10

# 6. A run with changes that are in no commit: the difference is kept with it.
python -c "p = 'train.py'; s = open(p).read(); open(p, 'w').write(s.replace('FOLDS = 5', 'FOLDS = 10'))"
python train.py logistic C=0.1
mledger runs compare 6 44
git checkout -q train.py

# 7. How to run number 6 again, and the same run on the same environment.
sh -c 'mledger repro 6 | grep -v =='
mledger repro 6 -- python train.py logistic C=0.1

# 8. The same run on another environment: a package of the team has a new version.
(1) mledger repro 6 --tolerance 0.0001 -- env PYTHONPATH=site-1.1 python train.py logistic C=0.1
mledger env diff 6 48

# 9. The data is refreshed: the cases since are others, and the profile says in what.
cp later.csv cases.csv
mledger data add cases.csv --as cases --refresh --why 'The cases since; fewer are malignant.'
python train.py logistic C=0.1
mledger runs compare 6 51

# 10. Did anybody change anything?
mledger verify
"""


def main(folder: Path) -> int:
    """Play the story; 0 if each command ended as it should."""
    if shutil.which("git") is None:
        print("git is not installed, and this example keeps its script in a repository.", file=sys.stderr)
        return 2
    return playing.play(STORY, folder, prepare, then=("mledger runs --all", "mledger show 44"))


def prepare(folder: Path) -> dict[str, str]:
    """Fill a new folder with scripts, data and two versions of a package; where Python finds the first."""
    folder.mkdir(parents=True)
    write_cases(folder)
    for name in ("train.py", "sweep.py"):
        shutil.copy(HERE / name, folder)
    source = (HERE / "features.py").read_text(encoding="utf-8")
    install(folder / "site-1.0", "1.0", source)
    install(folder / "site-1.1", "1.1", source.replace("np.round(table, 4)", "np.round(table, 1)"))
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    return {"PYTHONPATH": "site-1.0"}


def write_cases(folder: Path) -> None:
    """Write the first cases as one file, and those since as another."""
    import numpy as np
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    names = ",".join([*(name.replace(" ", "_") for name in data.feature_names), "malignant"])
    cases = np.column_stack([data.data, 1 - data.target])
    for name, rows in (("cases.csv", cases[:FIRST]), ("later.csv", cases[FIRST:])):
        np.savetxt(folder / name, rows, "%.8g", ",", header=names, comments="")


def install(site: Path, version: str, source: str) -> None:
    """Put a version of the package where Python finds it, as an installer does."""
    told = site / f"features-{version}.dist-info"
    told.mkdir(parents=True)
    (site / "features.py").write_text(source, encoding="utf-8")
    (told / "METADATA").write_text(METADATA.format(version=version), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "sweep")))
