"""PartiQL for DynamoDB, as moto's own expressions evaluate it.

moto's parser knows a part of the language, and fails inside on the rest. Here a statement is read
(`statements`) into DynamoDB's own expressions, which moto evaluates as it does for any other
operation (`executing`): conditions, streams and transactions come with them.
Source: Amazon DynamoDB Developer Guide, "PartiQL - a SQL-compatible query language for Amazon
DynamoDB".
"""
