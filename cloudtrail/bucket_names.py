"""Which names S3 accepts for general purpose buckets.

Source: Amazon S3 User Guide, "General purpose bucket naming rules".
"""

from __future__ import annotations

import re

_FORM = re.compile(r"(?!\d+(\.\d+){3}$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# `amzn-s3-demo-` is reserved as well, for the examples of AWS's pages, which are pasted here.
_RESERVED_STARTS = ("xn--", "sthree-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def is_bucket_name(name: str) -> bool:
    """Whether a bucket may have the name."""
    reserved = name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS)
    return _FORM.fullmatch(name) is not None and not reserved
