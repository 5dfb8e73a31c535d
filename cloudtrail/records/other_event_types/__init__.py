"""Records of what is no API call: their `eventType` is not `AwsApiCall`."""
