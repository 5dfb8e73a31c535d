"""What CloudTrail *is*, as pure functions over values: no I/O, no clock, no AWS client."""
