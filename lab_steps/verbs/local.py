"""`local`: serve a local AWS, with what must exist before the lab, until Ctrl-C.

Its options are those of `python -m local_aws`, which reads them.
"""

from __future__ import annotations

from lab_steps.lab import Lab
from lab_steps.targets.on_the_spot import local_aws_arguments


def serve(lab: Lab, arguments: list[str]) -> int:
    """Serve as the `arguments` say."""
    from local_aws.__main__ import main

    return main([*local_aws_arguments(lab.organization_trail), *arguments])
