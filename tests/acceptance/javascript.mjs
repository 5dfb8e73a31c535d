// A life of a trail with the JavaScript SDK v3; prints what it saw as JSON.
import {
  CloudTrailClient,
  CreateTrailCommand,
  DeleteTrailCommand,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  ListPublicKeysCommand,
  paginateLookupEvents,
  PutEventSelectorsCommand,
  StartLoggingCommand,
  TrailNotFoundException,
} from "@aws-sdk/client-cloudtrail";

const [bucket] = process.argv.slice(2);
const client = new CloudTrailClient({});
const created = await client.send(
  new CreateTrailCommand({ Name: "from-javascript", S3BucketName: bucket }),
);
await client.send(
  new PutEventSelectorsCommand({
    TrailName: "from-javascript",
    EventSelectors: [{ ReadWriteType: "WriteOnly", IncludeManagementEvents: true }],
  }),
);
await client.send(new StartLoggingCommand({ Name: "from-javascript" }));
const status = await client.send(new GetTrailStatusCommand({ Name: created.TrailARN }));
const selectors = await client.send(
  new GetEventSelectorsCommand({ TrailName: "from-javascript" }),
);
const described = await client.send(new DescribeTrailsCommand({}));
const keys = await client.send(new ListPublicKeysCommand({}));

const events = [];
const pages = paginateLookupEvents({ client, pageSize: 2 }, {});
for await (const page of pages) {
  events.push(...page.Events);
}

let refusal;
try {
  await client.send(new DeleteTrailCommand({ Name: "no-such-trail" }));
} catch (error) {
  refusal = { known: error instanceof TrailNotFoundException, message: error.message };
}

console.log(
  JSON.stringify({
    arn: created.TrailARN,
    isLogging: status.IsLogging,
    started: status.StartLoggingTime instanceof Date,
    readWriteType: selectors.EventSelectors[0].ReadWriteType,
    trails: described.trailList.map((trail) => trail.Name),
    keyBytes: keys.PublicKeyList[0].Value.length,
    events: events.map((event) => event.EventName),
    userAgent: JSON.parse(events.at(-1).CloudTrailEvent).userAgent,
    refusal,
  }),
);
