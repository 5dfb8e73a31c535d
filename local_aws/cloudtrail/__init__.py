"""The CloudTrail service: `service.py` has everything that one server has of it.

`responses.py` is the wire, `trails.py` the operations, `trail_requests.py` their inputs,
`trail_states.py` who is in force, `history.py` Event history; `delivery/` brings what was
recorded to its destinations.
"""
