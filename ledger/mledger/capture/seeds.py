"""Seeds of random generators: set on request, found where they can be."""

import os
import sys
from typing import Any

from mledger.capture.base import Found, source
from mledger.core.canonical import MAX_INTEGER

_SWITCHES = ("CUBLAS_WORKSPACE_CONFIG", "TF_DETERMINISTIC_OPS")
_NUMPY_LIMIT = 1 << 32
_FACTOR = 1_812_433_253  # of the Mersenne Twister's initialisation


def set_all(seed: int) -> dict[str, int]:
    """Seed every generator that is there, numpy and torch if they are imported; the seed of each."""
    import random

    random.seed(seed)
    done = {"python": seed}
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed % _NUMPY_LIMIT)
        done["numpy"] = seed % _NUMPY_LIMIT
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(seed)
        done["torch"] = seed
    return done


@source("seeds")
def _seeds() -> Found:
    seeds: dict[str, Any] = {}
    if (hashing := os.environ.get("PYTHONHASHSEED", "random")) != "random":
        seeds["PYTHONHASHSEED"] = hashing
    unknown = ["random"]
    if "numpy" in sys.modules:
        found = _numpy()
        if found is None:
            unknown.append("numpy")
        else:
            seeds["numpy"] = found
    if (torch := sys.modules.get("torch")) is not None:
        seeds["torch"] = min(int(torch.initial_seed()), MAX_INTEGER)
    gap = f"of {' and '.join(unknown)} no seed can be found afterwards; say run.seed(N)"
    return Found(
        {"seeds": seeds, "determinism_flags": _flags()}, "read from the generators" if seeds else None, gap
    )


def _numpy() -> int | None:
    """The seed of numpy's global generator, if nothing was drawn from it since it was set."""
    random = sys.modules["numpy"].random
    state = random.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        return None
    seed, second = map(int, state["state"]["key"][:2])
    if second != (_FACTOR * (seed ^ seed >> 30) + 1) % _NUMPY_LIMIT:
        return None  # the second word follows from a seed; to make a generator of it takes longer
    same = random.RandomState(seed).get_state(legacy=False)["state"]
    fresh = state["state"]["pos"] == same["pos"] and (state["state"]["key"] == same["key"]).all()
    return seed if fresh else None


def _flags() -> dict[str, Any]:
    """Switches that make results repeatable, as far as they are set."""
    flags: dict[str, Any] = {name: os.environ[name] for name in _SWITCHES if name in os.environ}
    if (torch := sys.modules.get("torch")) is not None:
        flags["torch.use_deterministic_algorithms"] = bool(torch.are_deterministic_algorithms_enabled())
        flags["torch.backends.cudnn.benchmark"] = bool(torch.backends.cudnn.benchmark)
    return flags
