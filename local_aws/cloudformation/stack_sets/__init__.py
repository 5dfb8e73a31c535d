"""StackSets: one template as stacks of many accounts and Regions.

    responses.py           the API
    requests.py            its requests about stack sets
    operation_requests.py  what they say about an operation
    answers.py             its answers
    sets.py                stack sets, their instances and operations, as the API describes them
    running.py             an operation over all targets, Region by Region
    auto_deployment.py     stacks follow the organization
    targets.py             the accounts that a request names
    organizations.py       the organization, as StackSets sees it
    deploying.py           one stack in one account
    access.py              the way into that account

An operation works on its targets Region by Region. It reaches each account as in AWS, with a role
that assumes a role there, and the stack engine of that account and Region does the rest:
`CreateStack`, `UpdateStack` and `DeleteStack` are calls like any other, judged and recorded there.

Source: AWS CloudFormation User Guide, "StackSets".
"""
