"""Who may do what, as AWS says.

    callers.py           who calls, and what IAM's wildcards match
    session_keys.py      keys of temporary sessions
    sessions.py          sessions of GetSessionToken and GetFederationToken
    role_trust.py        who may assume a role
    refusals.py          refusals in AWS's words, when policies are enforced
    iam_actions.py       the IAM actions behind a request
    control_policies.py  an organization's control policies
    policy_checks.py     invalid policies, refused
    inline_policies.py   policies of roles, users and groups
    managed_policies.py  AWS's managed policies
    simulations.py       IAM's simulation

Whether a policy allows something is decided by `cloudtrail.policies`.
"""
