"""Tags with a meaning: what belongs to a lab, and which account is meant for labs."""

from __future__ import annotations

PROJECT_TAG = ("Project", "cloudtrail-lab")
"""The tag of everything that a lab creates: it alone shows what belongs to a lab."""

CONSENT_GROUP = "/cloudtrail-lab/consent"
"""The log group whose tag CONSENT_TAG says that its account, in its Region, is meant for labs."""

CONSENT_TAG = "consent"
CONSENTS = ("named", "unasked")
