// A web page of another site tries everything on the local AWS that its browser lets it try.
//
// node browser.mjs AWS PAGE...: what the server answered, as JSON. AWS is the local AWS, each PAGE one of
// another site, or the server's own below a name that the browser resolves to loopback (rebinding).
import { launched } from "../browser.mjs";

const [aws, ...pages] = process.argv.slice(2);

// Runs in the page.
async function attack(aws) {
  const scope = "test/20260101/us-east-1";
  const signed = (service) =>
    `AWS4-HMAC-SHA256 Credential=${scope}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const simple = (path, body, more) =>
    fetch(aws + path, { method: "POST", mode: "no-cors", body, ...more });
  const step = '{"advance_seconds": 86400}';
  const recorded = JSON.stringify({ method: "PUT", url: `${aws}/replayed`, headers: {}, body: "" });
  const json = (service, target) => ({
    method: "POST",
    headers: { authorization: signed(service), "x-amz-target": target, "content-type": "application/x-amz-json-1.1" },
    body: "{}",
  });
  const loaded = (element) =>
    new Promise((resolve) => {
      element.onload = element.onerror = resolve;
      document.body.append(element);
    });
  const made = (name, fields) => Object.assign(document.createElement(name), fields);
  const form = (path, enctype, fields) => {
    const target = made("iframe", { name: `frame${Math.random()}` });
    const shown = loaded(target);
    const sent = made("form", { action: aws + path, method: "post", enctype, target: target.name });
    for (const [name, value] of Object.entries(fields)) sent.append(made("input", { name, value }));
    document.body.append(sent);
    return shown.then(() => {
      const answered = new Promise((resolve) => (target.onload = resolve));
      sent.submit();
      return answered;
    });
  };
  const socket = () =>
    new Promise((resolve) => {
      const opened = new WebSocket(`${aws.replace("http", "ws")}/moto-api/reset`);
      opened.onerror = opened.onopen = resolve;
    });
  const stream = () =>
    new Promise((resolve) => {
      const source = new EventSource(`${aws}/moto-api/seed?a=1`);
      source.onerror = () => resolve(source.close());
    });
  const tries = [
    simple("/moto-api/recorder/upload-recording", recorded),
    simple("/moto-api/recorder/start-recording", ""),
    fetch(`${aws}/moto-api/recorder/replay-recording`, { mode: "no-cors" }),
    fetch(`${aws}/moto-api/recorder/download-recording`),
    simple("/moto-api/reset", ""),
    simple("/moto-api/reset", "", { referrerPolicy: "no-referrer" }),
    simple("/moto-api/reset-auth", "inf"),
    simple("/_local-aws/clock", step),
    simple("/_local-aws/deliver", ""),
    simple("/_local-aws/sign-in", '{"as": "root"}'),
    fetch(`${aws}/_local-aws/session?access_key_id=test`),
    fetch(`${aws}/_console/`),
    loaded(made("script", { src: `${aws}/_console/` })),
    loaded(made("iframe", { src: `${aws}/_console/` })),
    simple("/iam_us-east-1/", new URLSearchParams({ Action: "CreateUser", UserName: "eve", Version: "2010-05-08" })),
    simple("/forged/key", "x"),
    fetch(`${aws}/iam_us-east-1/?Action=CreateUser&UserName=eve&Version=2010-05-08`, { mode: "no-cors", referrerPolicy: "no-referrer" }),
    fetch(`${aws}/moto-api/data.json`),
    fetch(`${aws}/`, json("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents")),
    fetch(`${aws}/`, json("dynamodb", "DynamoDB_20120810.ListTables")),
    fetch(`${aws}/forged`, { method: "PUT", headers: { authorization: signed("s3") } }),
    fetch(`${aws}/forged`, { method: "PUT" }),
    Promise.resolve(navigator.sendBeacon(`${aws}/_local-aws/clock`, step)),
    loaded(made("img", { src: `${aws}/moto-api/recorder/start-recording` })),
    loaded(made("img", { src: `${aws}/moto-api/seed?a=1`, referrerPolicy: "no-referrer" })),
    loaded(made("script", { src: `${aws}/moto-api/data.json` })),
    loaded(made("link", { rel: "stylesheet", href: `${aws}/moto-api/seed?a=1` })),
    loaded(made("iframe", { src: `${aws}/moto-api/` })),
    loaded(made("iframe", { src: `/redirect?${aws}/moto-api/seed?a=1` })),
    fetch(`/redirect?${aws}/moto-api/reset`, { method: "POST", mode: "no-cors" }),
    form("/moto-api/reset", "application/x-www-form-urlencoded", {}),
    form("/_local-aws/clock", "text/plain", { '{"advance_seconds": 86400, "a': '": 1}' }),
    form("/kept", "multipart/form-data", { key: "AWSLogs/forged", success_action_status: "201", file: "x" }),
    socket(),
    stream(),
  ];
  const sandboxed = made("iframe", {
    sandbox: "allow-scripts",
    srcdoc: `<script>fetch("${aws}/moto-api/reset", {method: "POST", mode: "no-cors"})</script>`,
  });
  await loaded(sandboxed);
  const outcomes = await Promise.allSettled(tries);
  const answers = outcomes.map(({ value }) => value).filter((value) => value instanceof Response);
  return answers.filter(({ type }) => type !== "opaque").map(({ status }) => status);
}

const browser = await launched(
  "--host-resolver-rules=MAP *.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
);
try {
  const context = await browser.newContext();
  const answers = [];
  context.on("response", (response) => {
    if (new URL(response.url()).port === new URL(aws).port) answers.push(response.status());
  });
  const page = await context.newPage();
  const found = { answers, readable: [], pages: [] };
  for (const url of pages) {
    found.pages.push(await (await page.goto(url)).text());
    const target = url.includes("rebind") ? new URL(url).origin : aws;
    found.readable.push(...(await page.evaluate(attack, target)));
    const led = page.waitForURL(`${target}/moto-api/seed?a=1`);
    await page.evaluate((address) => void (location.href = address), `${target}/moto-api/seed?a=1`);
    await led;
  }
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
}
