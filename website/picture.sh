#!/usr/bin/env bash
# docs/images/report.png: the report of a real lab in which one selector was made wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
export LAB_STATE_DIR=$work XDG_STATE_HOME=$work
trap 'python -m local_aws stop; rm -r "$work"' EXIT
python -m local_aws start --background --port 0 --delivery-delay 0
eval "$(python -m local_aws env)"
python -m lab_steps run --organization-trail none --name "Jo Student" > "$work/run.txt"
aws cloudtrail put-event-selectors --trail-name student-data-events --event-selectors \
  '[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": false, "DataResources":
     [{"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]}]}]' > "$work/selectors.json"
python -m lab_steps report --format html --output "$work/report.html" || [ $? -eq 1 ]
node website/picture.mjs "file://$work/report.html" docs/images/report.png 1280 760 light
