"""DynamoDB's changes: PartiQL, as moto's own expressions evaluate it, and stream records."""
