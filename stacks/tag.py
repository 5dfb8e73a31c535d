"""The tag on everything that a lab creates: it alone shows what belongs to a lab."""

from __future__ import annotations

PROJECT_TAG = ("Project", "cloudtrail-lab")
