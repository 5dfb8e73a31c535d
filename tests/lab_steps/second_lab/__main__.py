"""`python -m tests.lab_steps.second_lab`: its command line."""

from __future__ import annotations

import sys

from lab_steps.__main__ import main
from tests.lab_steps.second_lab.lab import SECOND_LAB

if __name__ == "__main__":
    sys.exit(main(lab=SECOND_LAB))
