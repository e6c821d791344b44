"""A folder as a shared disk may have it: one sound bundle, and a dozen that are none."""

import json
import os
import shutil

__all__ = ["SPECIAL", "spoilt_bundles"]


def pipe(file):
    os.mkfifo(file)


def loop(file):
    file.symlink_to(file.name)


def device(file):
    file.symlink_to("/dev/zero")


def below(file):
    file.mkdir()


SPECIAL = (pipe, loop, device, below)
"""What makes no ordinary file at a place."""

TITLES = {
    "number": "1" + "0" * 400,
    "text": '"\\ud800"',
    "escape": '"\\u001b[31m"',
    "deep": "[" * 5000 + "]" * 5000,
    "infinite": "1e999",
}
"""What stands in bundle.json in the place of the title."""


def spoilt_bundles(root, sound):
    """Fill the folder ``root``: the bundle ``sound`` as "good", and others."""
    for name in ("good", "cut", "altered", "long", "empty", *TITLES):
        shutil.copytree(sound, root / name)
    for name, text in TITLES.items():
        file = root / name / "bundle.json"
        document = json.loads(file.read_text()) | {"title": "here"}
        file.write_text(json.dumps(document).replace('"here"', text))
    (root / "cut" / "bundle.json").write_bytes(b'{"format": 2, ')
    (root / "altered" / "cover.webp").write_bytes(b"other")
    (root / "long" / "bundle.json").write_bytes(b" " * 5_000_000)
    (root / "empty" / "bundle.json").write_bytes(b"")
    (root / "no-folder").write_bytes(b"")
    for special in SPECIAL:
        shutil.copytree(sound, root / special.__name__)
        (root / special.__name__ / "cover.webp").unlink()
        special(root / special.__name__ / "cover.webp")
        place = root / f"no-{special.__name__}"
        place.mkdir()
        special(place / "bundle.json")
    for name in (b"caf\xe9", b"red\x1b[31m"):
        shutil.copytree(os.fsencode(sound), os.fsencode(root) + b"/" + name)
    (root / "round").symlink_to("round")
