"""Plays the life of a model in ./demo: each command is shown, then run.

python examples/breast_cancer/run.py [FOLDER]
"""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import playing  # noqa: E402  it lies beside this folder

# As `playing` reads it: # is said, the rest is run; (2): it must end with exit code 2.
STORY = r"""
# 1. Alice opens a ledger. Bob and the training job get keys of their own.
mledger init --origin hospital.example/biopsy \
    --name 'Alice Example' --no-passphrase
mledger key new --owner 'Bob Example' --no-passphrase
mledger key new --owner 'Training job' --no-passphrase
mledger key enroll bob-example --role reviewer --as alice-example
mledger key enroll training-job --machine --role machine --as alice-example

# 2. Before there is any result: what it is for, and what will be a success.
mledger append model.registered model/biopsy --from model.yaml \
    --as alice-example
mledger append problem.framed model/biopsy --from problem.yaml \
    --as alice-example
python train.py register

# 3. A decision with its alternatives: Alice proposes, Bob accepts.
mledger append decision.proposed model/biopsy --from decision.yaml \
    --as alice-example
mledger append decision.accepted model/biopsy --as bob-example \
    --set decision=6 --set reason='Doctors asked for reasons they can read.'

# 4. A baseline. The run is in the ledger before it has a result.
python train.py tree
mledger conclude tree --as alice-example \
    --lesson 'A tree that fits on a page misses one malignant tumour in ten.'

# 5. An idea that fails is kept as faithfully as one that works.
(1) python train.py ten-features
mledger conclude ten-features --as alice-example --verdict inconclusive \
    --lesson 'chi2 wants counts: choose the features first, then scale them.'

# 6. The last samples arrive. Whether to use them is a decision, too.
python train.py refresh
mledger append decision.proposed model/biopsy --from all-samples.yaml \
    --as alice-example
mledger append decision.accepted model/biopsy --as bob-example \
    --set decision=15 --set reason='Event 14 says how little moved.'

# 7. The model that was decided on is trained on all of them.
python train.py balanced
mledger append version.released model/biopsy --from version.json \
    --as alice-example

# 8. Alice asks for production. She may not approve that herself; Bob may.
mledger append promotion.requested model/biopsy --as alice-example \
    --set version=1.0 --set to_stage=production \
    --set reason='Both thresholds of event 4 are reached in event 18.'
(2) mledger append promotion.approved model/biopsy --as alice-example \
    --set request=21 --set reason='It is late.'
mledger append promotion.approved model/biopsy --as bob-example \
    --set request=21 --set reason='I ran it again and got the same numbers.'
mledger append deployment.recorded model/biopsy --as training-job \
    --set version=1.0 --set stage=production --set request=21 \
    --set environment='pathology, first floor'

# 9. Is anything missing? And did anybody change anything?
mledger check biopsy
mledger verify

# 10. What did we know before the data was refreshed in event 14?
mledger replay model/biopsy --known-at 13

# 11. Somebody who can write to the file makes a metric look better, in a copy.
cp mledger.db forged.db
sqlite-utils forged.db 'DROP TRIGGER event_only_erase'
sqlite-utils forged.db "UPDATE event SET body = \
    json_set(body, '$.metrics[0].value', 0.999) WHERE seq = 18"
(3) mledger verify --ledger forged.db
"""


def main(folder: Path) -> int:
    """Play the story; 0 if each command ended as it should."""
    told = (
        f"The life of a model, from the first idea to production. All of it is in {folder}/.",
        "Its keys have no passphrase, because they are toys.",
    )
    return playing.play(STORY, folder, prepare, told=told, then=("mledger log", "mledger show 6"))


def prepare(folder: Path) -> dict[str, str]:
    """Fill a new folder with what the story needs."""
    folder.mkdir(parents=True)
    for file in (HERE / "train.py", *HERE.glob("*.yaml")):
        shutil.copy(file, folder)
    return {}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo")))
