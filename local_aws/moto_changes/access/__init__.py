"""Who may do what, as AWS says: actions, policies, sessions, trust, simulations, refusals."""
