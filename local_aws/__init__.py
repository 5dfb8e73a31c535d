"""A local AWS: moto's server with a CloudTrail that records, selects and delivers."""
