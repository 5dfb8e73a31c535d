// node walkthrough.mjs AWS GUIDE: the 38 steps by mouse and keyboard, as the guide says; then mistakes; what was seen.
import { enter, pick, to, visit } from "./browser.mjs";
import { Guide, listed } from "./guide.mjs";

const [aws, address] = process.argv.slice(2);
const visited = await visit(aws, undefined, {}, address);
const { browser, seen } = visited;
const guide = new Guide(visited.page, seen);
await guide.open(address);
const page = await guide.openConsole();
const button = (named) => page.getByRole("button", { name: named, exact: true });
const link = (named) => page.getByRole("link", { name: named, exact: true });
const heading = (named) => page.getByRole("heading", { name: named }).first();
const says = (text) => page.getByText(text).first();
const choose = async (label, option) => {
  if ((await page.getByLabel(label, { exact: true }).innerText()).trim() === option) return;
  await page.getByLabel(label, { exact: true }).click();
  await page.getByRole("option", { name: option, exact: true }).click();
};

async function organizationsTrailIsRefused() {
  await to(page, "CloudTrail", "Dashboard");
  await link("lab-account-managment-events").click();
  await button("Stop logging").click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop logging" }).click();
  await page.getByRole("dialog").getByText(/Exception: /).first().waitFor();
  seen.refusal = await page.getByRole("dialog").innerText();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
}

// The steps of a trail begin at `first`; `chooseEvents` is what the others between say of its second page.
async function createTrail(first, last, chooseEvents) {
  const [, trail] = /Trail name ([^;]+);/.exec(await guide.does(first + 1));
  const [, purpose] = /insert (\S+) into the proposed name/.exec(await guide.does(first + 1));
  await to(page, "CloudTrail", "Trails");
  await button("Create trail").or(link("Create trail")).click();
  await page.getByLabel("Trail name").fill(trail);
  const bucket = page.getByLabel("Trail log bucket and folder");
  const proposed = await bucket.inputValue();
  await bucket.fill(proposed.replace("aws-cloudtrail-logs-", `aws-cloudtrail-logs-${purpose}-`));
  for (const [, label] of (await guide.does(first + 2)).matchAll(/[Uu]ntick ([^;.]+)/g)) await page.getByLabel(label).uncheck();
  await button("Next").click();
  await chooseEvents();
  await button("Next").click();
  await heading("Review and create").waitFor();
  await button("Create trail").click();
  await says(`Trail ${trail} was created`).waitFor();
  await guide.turns("PASS", first, last);
  return trail;
}

async function managementEvents() {
  await tick(/ tick (.+?),/.exec(await guide.does(8))[1]);
  await tick(/tick (.+)\./.exec(await guide.does(9))[1]);
  await tick(/tick (.+?);/.exec(await guide.does(10))[1]);
}

async function dataEvents() {
  const [, ticked, unticked] = /tick (.+) and untick (.+)\./.exec(await guide.does(14));
  await page.getByLabel(unticked).uncheck();
  await tick(ticked);
  const [, type, template] = /type (\w+); log selector template ([^;]+);/.exec(await guide.does(15));
  await choose("Resource type", type);
  await choose("Log selector template", template);
  await page.getByLabel("Selector name - optional").fill("any name");
}

async function tick(labels) {
  for (const each of listed(labels)) await page.getByLabel(each, { exact: true }).check();
}

async function createTable() {
  const [, table] = /table name (\w+)/.exec(await guide.does(19));
  const [, key, type] = /key (\w+), type (\w+)/.exec(await guide.does(20));
  await to(page, "DynamoDB", "Tables");
  await guide.turns("PASS", 17, 18);
  await link("Create table").click();
  await page.getByLabel("Table name").fill(table);
  await page.getByLabel("Partition key", { exact: true }).fill(key);
  await choose("Partition key type", type);
  await button("Create table").click();
  await link(table).click();
  await guide.turns("PASS", 19, 22);
  await link("Edit Read/write capacity").click();
  await page.getByLabel("Provisioned", { exact: true }).check();
  await button("Save changes").click();
  await says(`The capacity of ${table} is being changed`).waitFor();
}

async function createItem() {
  const [, table] = /Choose (\w+) in/.exec(await guide.does(24));
  const [, type, attribute] = /attribute, (\w+); call it (\w+)/.exec(await guide.does(27));
  await to(page, "DynamoDB", "Explore items");
  await choose("Table", table);
  await says("The table has no items").waitFor();
  await guide.turns("PASS", 23, 25);
  await link("Create item").click();
  await page.getByLabel("id, Number, a key").fill("1");
  await pick(page, "Add new attribute", type);
  await page.getByRole("textbox", { name: "Attribute name", exact: true }).fill(attribute);
  await page.getByLabel(`Value, ${type}`).fill("Ada Lovelace");
  await button("Create item").click();
  await says("The item was created").waitFor();
  await link("1").click();
  await heading("Edit item").waitFor();
  await page.getByRole("textbox", { name: "Attribute name", exact: true }).waitFor();
  seen.item = await page.getByLabel(`Value, ${type}`).inputValue();
  await link("Cancel").click();
  await guide.turns("PASS", 26, 28);
}

// From the trail's page down its folders to the files in which the guide found the events of a step.
async function readLogs(trail, step) {
  await guide.page.locator(`#step-${step}.PASS`).waitFor({ state: "attached" });
  const found = new Set();
  await to(page, "CloudTrail", "Trails");
  await link(trail).click();
  await page.getByRole("link", { name: /AWSLogs/ }).click();
  for (const folder of ["CloudTrail/", "us-east-1/", /^\d{4}\/$/, /^\d\d\/$/, /^\d\d\/$/]) {
    const was = page.url();
    await page.getByRole("table").getByRole("link", { name: folder, exact: true }).click();
    await page.waitForURL((url) => url.href !== was);
  }
  const day = page.url();
  for (const file of await guide.files(step)) {
    await page.getByRole("button", { name: /^Refresh/ }).click();
    await page.getByLabel(/^Find in/).fill(file);
    await link(file).click();
    await link("Open").click();
    const text = await page.locator("pre").innerText();
    for (const each of JSON.parse(text).Records) found.add(each.eventName);
    seen.described ??= await page.getByText(/^\w+ \d+x/).innerText();
    await page.goto(day);
  }
  return [...found];
}

async function filterHistory() {
  await to(page, "CloudTrail", "Event history");
  const attributes = [
    ["Event name", "CreateTable", "CreateTable"],
    ["Resource name", "Users", "CreateTable"],
    ["Resource type", "AWS::DynamoDB::Table", "CreateTable"],
    ["User name", "student", "LookupEvents"],
    ["Event source", "dynamodb.amazonaws.com", "UpdateTable"],
  ];
  for (const [attribute, value, event] of attributes) {
    await choose("Lookup attribute", attribute);
    await page.getByLabel("Value", { exact: true }).fill(value);
    await page.getByLabel("Value", { exact: true }).press("Enter");
    await page.getByRole("row").getByRole("link", { name: event }).first().waitFor();
  }
  await choose("Time", "Between two times");
  await page.getByLabel("From (UTC)").fill("yesterday");
  await button("Look up").click();
  await says("Wanted a time such as").waitFor();
  await page.getByLabel("From (UTC)").fill("2020-01-01T00:00");
  await page.getByLabel("Until (UTC)").fill("2020-01-02T00:00");
  await button("Look up").click();
  await says("No events. Try another filter").waitFor();
  await choose("Time", "Last 30 minutes");
  await button("Look up").click();
  await page.getByRole("row").getByRole("link", { name: "UpdateTable" }).first().waitFor();
  await choose("Lookup attribute", "Event name");
  await page.getByLabel("Value", { exact: true }).fill("PutItem");
  await button("Look up").click();
  await says("No events. Try another filter").waitFor();
  await choose("Lookup attribute", "Read-only");
  await choose("Value", "true");
  await button("Look up").click();
  await page.getByRole("row").getByRole("link", { name: "LookupEvents" }).first().waitFor();
  await choose("Lookup attribute", "User name");
  await page.getByLabel("Value", { exact: true }).fill("student");
  await button("Look up").click();
  await page.getByRole("row", { name: /student/ }).getByRole("link", { name: "LookupEvents" }).first().click();
  await heading("Event record").waitFor();
  seen.record = JSON.parse(await page.locator("pre").innerText());
}

const edit = async (trail, part, act) => {
  await to(page, "CloudTrail", "Trails");
  await link(trail).click();
  await link(`Edit ${part}`).click();
  await page.getByRole("heading", { name: new RegExp(`^${part} of`) }).waitFor();
  await act();
  await button("Save changes").click();
  await says(`${part} of ${trail} were saved`).waitFor();
};

// What students do wrong in the forms, each with the step that tells it.
const mistakes = {
  7: (management) => edit(management, "General details", () => page.getByLabel("Log file validation").check()),
  9: (management) => edit(management, "Management events", () => page.getByLabel("Read", { exact: true }).uncheck()),
  10: (management) => edit(management, "Insights events", () => page.getByLabel("API error rate").uncheck()),
  15: (_, data) => edit(data, "Data events", () => choose("Log selector template", "Log writeOnly events")),
  16: async (_, data) => {
    await to(page, "CloudTrail", "Trails");
    await link(data).click();
    await button("Stop logging").click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop logging" }).click();
  },
};

// Does what the guide says about a step that failed: `CloudTrail, Trails, TRAIL, PART: Edit; what to do there`.
async function repair(step) {
  const told = await guide.repairs(step);
  const [, trail, part, act] = /^CloudTrail, Trails, ([^,:]+)(?:, ([^:]+))?: (.+)\.$/.exec(told);
  if (!part) return button(/^(.+), at the top right$/.exec(act)[1]).click();
  return edit(trail, part, async () => {
    for (const [, un, labels] of act.matchAll(/\b(un)?tick ([^;]+)/g)) {
      for (const each of listed(labels.replace(/under [^,]+,/, ""))) {
        await page.getByLabel(each, { exact: true }).setChecked(!un);
      }
    }
    const [, template] = /with (.+) and a selector name/.exec(act) ?? [];
    if (template) await choose("Log selector template", template);
  });
}

try {
  await enter(page, await guide.user());
  await heading("Services").waitFor();
  await organizationsTrailIsRefused();
  await to(page, "CloudTrail", "Event history");
  await page.getByRole("link", { name: "ConsoleLogin" }).first().waitFor();
  await to(page, "CloudTrail", "Trails");
  await guide.turns("PASS", 1, 4);
  const management = await createTrail(5, 10, managementEvents);
  const data = await createTrail(11, 16, dataEvents);
  await createTable();
  await createItem();
  await to(page, "DynamoDB", "Tables");
  await link("Users").waitFor();
  seen.managementEvents = await readLogs(management, 34);
  seen.dataEvents = await readLogs(data, 37);
  await filterHistory();
  await guide.turns("PASS", 29, 38);
  seen.verdict = await guide.verdict();
  seen.repairs = [];
  for (const [step, make] of Object.entries(mistakes)) {
    await make(management, data);
    await guide.turns("FAIL", +step, +step);
    seen.repairs.push(await guide.repairs(step));
    await repair(step);
    await guide.turns("PASS", +step, +step);
  }
  await guide.turns("PASS", 1, 38);
  console.log(JSON.stringify(seen));
} catch (error) {
  if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
  const [told, shown] = [await guide.verdict(), (await page.locator("main").innerText()).slice(0, 2000)];
  throw new Error(`at ${page.url()}, ${told}: ${error.message}\n${shown}`);
} finally {
  await browser.close();
}
