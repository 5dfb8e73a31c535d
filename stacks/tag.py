"""The tag on everything that a lab makes: by it, and by nothing else, a lab knows its own."""

from __future__ import annotations

PROJECT_TAG = ("Project", "cloudtrail-lab")
