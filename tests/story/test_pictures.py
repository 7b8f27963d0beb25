"""The pictures of terminals show what commands print."""

import importlib.util
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.architecture.tree import ROOT
from tests.docs.transcript import Names

SCRIPT = ROOT / "docs" / "pictures.py"


def test_the_pictures_are_fresh(played: Path) -> None:
    """Each picture is what `python docs/pictures.py` draws, but for digests, and none is left over."""
    spec = importlib.util.spec_from_file_location("pictures", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    drawn = dict(script.pictures(played))
    kept = {file.stem: file.read_text(encoding="utf-8") for file in script.HERE.glob("*.svg")}
    assert kept.keys() == drawn.keys()
    for name, picture in drawn.items():
        assert Names().same(kept[name], picture), f"{name}: run python docs/pictures.py"


@pytest.mark.parametrize("file", sorted((ROOT / "docs" / "pictures").glob("*.svg")), ids=lambda f: f.stem)
def test_a_picture_stays_in_its_frame(file: Path) -> None:
    """Every line ends inside the frame, and nothing is in a colour that black and white would lose."""
    picture = ET.parse(file).getroot()  # noqa: S314  our own file
    width = float(picture.get("width"))
    texts = picture.findall(".//{http://www.w3.org/2000/svg}text")
    assert texts
    assert all(float(text.get("x")) + float(text.get("textLength")) < width for text in texts)
    assert not [text for text in texts if text.get("fill")]
