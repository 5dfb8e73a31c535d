"""Everything the local AWS changes in moto, in one place.

    installing.py            makes every change, at the start or at a service's first request
    patching.py              how: tables of moto's functions, what takes their place, and why
    requests.py              what a request asks, and who sent it: as the recorder decided
    answers.py               responses that differ from AWS's
    unserved.py              calls that moto does not serve
    quick/                   what moto would do again for each call
    access/                  who may do what
    s3/                      S3
    dynamodb/                DynamoDB
    account_regions.py       Regions that an account opts in to
    control_policy_types.py  an organization's types of policies, enabled or not
    flow_logs.py             flow logs of a VPC
    log_group_tags.py        tags of log groups
    organizations.py         accounts of an organization
    quotas.py                quotas that keep this process from crashing
    stack_resources.py       what CloudFormation needs of services
    state_machines.py        state machines, which call this server
    tagged_resources.py      the Resource Groups Tagging API
    topics.py                what SNS refuses

Each change corrects something that moto gets wrong for a CloudTrail user. Everything else of moto
stays as it is, and all is restored when the server stops.
"""
