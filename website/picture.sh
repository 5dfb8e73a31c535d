#!/usr/bin/env bash
# Renews docs/images: guide.png, the guide of a lab whose trails are deployed; console.png, the console's page of a trail
# after a run; report.png, the report with one selector made wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
export LAB_STATE_DIR=$work XDG_STATE_HOME=$work
trap 'python -m local_aws stop; rm -r "$work"' EXIT
# Chromium's own font has no check marks: they are in the system's (Debian: fonts-dejavu-core).
cat > "$work/fonts.conf" <<END
<fontconfig>
  <include>$(echo "$PWD"/node_modules/.cache/chromium-*/fonts.conf)</include>
  <dir>/usr/share/fonts</dir>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
END
export FONTCONFIG_FILE=$work/fonts.conf
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
node website/console.mjs "$AWS_ENDPOINT_URL" student:cloudtrail-lab \
  '#/cloudtrail/trails/arn%3Aaws%3Acloudtrail%3Aus-east-1%3A123456789012%3Atrail%2Fstudent-management-events' docs/images/console.png
aws cloudtrail put-event-selectors --trail-name student-data-events --event-selectors \
  '[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": false, "DataResources":
     [{"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]}]}]' > "$work/selectors.json"
python -m lab_steps report --format html --output "$work/report.html" || [ $? -eq 1 ]
node website/picture.mjs "file://$work/report.html" docs/images/report.png 1280 760 light
