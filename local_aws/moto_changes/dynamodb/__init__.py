"""DynamoDB's changes: PartiQL, as moto's own expressions evaluate it, and stream records.

partiql.py     what statements do to tables
statements.py  a statement, read
tokens.py      its tokens and values
streams.py     stream records
"""
