"""Which profile of Hypothesis the tests run with: the short one, or that of `make test-all`."""

from __future__ import annotations

from hypothesis import settings

IS_LONG = settings.get_current_profile_name() == "long"
"""Whether all is tried that the short profile tries some of."""
