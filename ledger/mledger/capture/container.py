"""The image of the container, where the environment tells it."""

import os
import re
from pathlib import Path

from mledger.capture.base import Found, source

# The first is for whoever starts the container; the others are set by CI systems, or usual.
VARIABLES = ("MLEDGER_CONTAINER_DIGEST", "CI_JOB_IMAGE", "CONTAINER_IMAGE", "IMAGE_DIGEST", "DOCKER_IMAGE")
_MARKS = ("/.dockerenv", "/run/.containerenv")
_DIGEST = re.compile(r"(?:^|sha256:)([0-9a-f]{64})$")


@source("container")
def _container() -> Found:
    for name in VARIABLES:
        if found := _DIGEST.search(os.environ.get(name, "").strip()):
            return Found({"env": {"container_digest": found[1]}}, f"${name}")
    inside = "KUBERNETES_SERVICE_HOST" in os.environ or any(Path(mark).exists() for mark in _MARKS)
    if inside:
        return Found(gap=f"this is a container, and nothing tells its image: set {VARIABLES[0]}")
    return Found()
