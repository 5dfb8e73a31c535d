"""Where a lab is, and who we are there.

    target.py       one place, and its clients
    choosing.py     the one that options and environment name: an endpoint, or an account
    on_the_spot.py  a local AWS that is started for a run
    endpoints.py    endpoint URLs, parsed strictly, and where they are configured
    regions.py      the Region that is named, and whether there is one of that name
    profiles.py     sessions of the person's profiles
    roles.py        sessions of roles in other accounts
    renewing.py     credentials that end during a run
    caller.py       who we are there, and what its clock says
    consent.py      the mark that an account is meant for labs
    control.py      what a local AWS tells besides AWS's own APIs

It imports `checking`, and is the only package that starts a local AWS.
"""
