"""The CDK app: settings from the context, the lab's stacks, synth."""

from __future__ import annotations

import sys

try:
    from stacks.athena import AthenaSettings, add_athena
    from stacks.budget import BudgetStack
    from stacks.class_stacks import add_class
    from stacks.lab_stacks import add_lab
    from stacks.review import reviewed_app
except ModuleNotFoundError as error:
    sys.exit(
        f"{error.name} is missing for {sys.executable}. In a clone, run `make setup`, then put "
        ".venv/bin and node_modules/.bin first on your PATH. Elsewhere: pip install "
        "'cloudtrail-lab[lab]'"
    )

from stacks.class_settings import ClassSettings
from stacks.settings import LabSettings, SettingsError


def main() -> None:
    """Synthesize; a setting that cannot be used is one line on stderr and exit code 1."""
    app = reviewed_app()
    context = app.node.get_all_context()
    try:
        settings = LabSettings.from_context(context)
        athena = AthenaSettings.from_context(context)
        chosen = ClassSettings.from_context(context, settings.region)
    except SettingsError as error:
        sys.exit(str(error))
    if chosen is not None:  # The lab is then the students', in their accounts.
        add_class(app, settings, chosen)
    else:
        add_lab(app, settings)
        if settings.budget:
            BudgetStack(app, settings)
        if athena is not None:
            add_athena(app, settings, athena)
    app.synth()


if __name__ == "__main__":
    main()
