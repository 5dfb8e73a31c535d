#!/usr/bin/env bash
# docs/images/guide.png: the guide of a real lab whose trails stand; then report.png: its report, one selector made wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
export LAB_STATE_DIR=$work XDG_STATE_HOME=$work
trap 'python -m local_aws stop; rm -r "$work"' EXIT
python -m local_aws start --background --port 0 --delivery-delay 0 \
  --console-user student:cloudtrail-lab --log-group /cloudtrail-lab/consent:consent=unasked \
  --organization-trail lab-account-managment-events
eval "$(python -m local_aws env)"
python -m lab_steps up > "$work/up.txt"
aws cloudtrail list-trails > "$work/trails.json"
python -m lab_steps guide --no-browser --endpoint-url "$AWS_ENDPOINT_URL" > "$work/guide.txt" &
until url=$(grep -oP '^guide +\K.*' "$work/guide.txt"); do sleep 0.2; done
node website/picture.mjs "$url#step-17" docs/images/guide.png 1280 760 light
kill $!
python -m lab_steps run --name "Jo Student" > "$work/run.txt"
aws cloudtrail put-event-selectors --trail-name student-data-events --event-selectors \
  '[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": false, "DataResources":
     [{"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]}]}]' > "$work/selectors.json"
python -m lab_steps report --format html --output "$work/report.html" || [ $? -eq 1 ]
node website/picture.mjs "file://$work/report.html" docs/images/report.png 1280 760 light
