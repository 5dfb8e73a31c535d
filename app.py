"""The CDK app: settings from the context, the lab's stacks, synth."""

from __future__ import annotations

import sys

from stacks.lab import add_lab, reviewed_app
from stacks.settings import LabSettings, SettingsError


def main() -> int:
    """Synthesize; a setting that cannot be used is one line on stderr and exit code 1."""
    app = reviewed_app()
    try:
        settings = LabSettings.from_context(app.node.get_all_context())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    add_lab(app, settings)
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
