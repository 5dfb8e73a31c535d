"""A local AWS: moto's server with a CloudTrail that records, selects and delivers.

    with LocalAws() as aws:
        trails = aws.client("cloudtrail")

or `python -m local_aws` for clients of any language.
"""

from local_aws.server import AlreadyRunning, LocalAws
from local_aws.web_server import PortTaken

__all__ = ["AlreadyRunning", "LocalAws", "PortTaken"]
