"""StackSets: one template as stacks of many accounts and Regions.

An operation works on its targets Region by Region. It reaches each account as in AWS, with a role
that assumes a role there, and the stack engine of that account and Region does the rest:
`CreateStack`, `UpdateStack` and `DeleteStack` are calls like any other, judged and recorded there.

- `sets`: stack sets, their instances and operations, as the API describes them;
- `responses`, `answers`, `requests`, `operation_requests`: the API;
- `targets`, `organizations`: the accounts that a request names;
- `access`: the way into an account; `deploying`: one stack there;
- `running`: an operation over all targets; `auto_deployment`: stacks follow the organization.

Source: AWS CloudFormation User Guide, "StackSets".
"""
