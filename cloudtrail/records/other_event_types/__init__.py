"""Records of what is no API call: their `eventType` is not `AwsApiCall`.

sign_in.py         signing in to the console
service_events.py  what a service does by itself: `AwsServiceEvent`
"""
