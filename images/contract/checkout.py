"""Finds the folders of this checkout."""

from pathlib import Path

ROOT = next(folder for folder in Path(__file__).resolve().parents if (folder / "Pulumi.yaml").is_file())
IMAGES = ROOT / "images"
