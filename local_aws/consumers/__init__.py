"""What happens after an event: log groups, alarms, event buses, notifications, and their listeners.

Each is moto's own service, changed to do what AWS does. Calls go through the outbox
(`local_aws.cloudtrail.delivery.outbox`), which calls each destination in order, and keeps those
that hang from delaying others.
"""
