"""What is special about the records of single services: their parameters, answers and errors.

    s3.py          S3: made from the HTTP request, not from parameters
    dynamodb.py    DynamoDB: keys appear, attribute values never do
    partiql.py     its PartiQL statements, redacted
    ec2.py         EC2: names of its first XML API
    iam.py         IAM: what responses leave out
    apigateway.py  API Gateway: what the path names, and the body
    saml.py        STS: assertions of SAML providers

What their `resources` have is in `records/resources.py`, but for S3's.
"""
