// node walkthrough.mjs AWS NAME PASSWORD: the 38 steps by mouse and keyboard; what was seen.
import { signIn, to, visit } from "./browser.mjs";

const [aws, name, password] = process.argv.slice(2);
const { browser, page, seen } = await visit(aws);
const button = (named) => page.getByRole("button", { name: named, exact: true });
const link = (named) => page.getByRole("link", { name: named, exact: true });
const heading = (named) => page.getByRole("heading", { name: named }).first();
const says = (text) => page.getByText(text).first();
const choose = async (label, option) => {
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

async function createTrail(trail, purpose, chooseEvents) {
  await to(page, "CloudTrail", "Trails");
  await button("Create trail").or(link("Create trail")).click();
  await page.getByLabel("Trail name").fill(trail);
  const bucket = page.getByLabel("Trail log bucket and folder");
  const proposed = await bucket.inputValue();
  await bucket.fill(proposed.replace("aws-cloudtrail-logs-", `aws-cloudtrail-logs-${purpose}-`));
  await page.getByLabel("Log file SSE-KMS encryption").uncheck();
  await page.getByLabel("Log file validation").uncheck();
  await button("Next").click();
  await chooseEvents();
  await button("Next").click();
  await heading("Review and create").waitFor();
  await button("Create trail").click();
  await says(`Trail ${trail} was created`).waitFor();
}

async function createTable() {
  await to(page, "DynamoDB", "Tables");
  await link("Create table").click();
  await page.getByLabel("Table name").fill("Users");
  await page.getByLabel("Partition key", { exact: true }).fill("id");
  await choose("Partition key type", "Number");
  await button("Create table").click();
  await link("Users").waitFor();
  await says("Active").waitFor();
  await link("Users").click();
  await link("Edit Read/write capacity").click();
  await page.getByLabel("Provisioned", { exact: true }).check();
  await button("Save changes").click();
  await says("The capacity of Users is being changed").waitFor();
}

async function createItem() {
  await to(page, "DynamoDB", "Explore items");
  await choose("Table", "Users");
  await says("The table has no items").waitFor();
  await link("Create item").click();
  await page.getByLabel("id, Number, a key").fill("1");
  await button("Add new attribute").click();
  await page.getByRole("menuitem", { name: "String", exact: true }).click();
  await page.getByLabel("Attribute name", { exact: true }).fill("Name");
  await page.getByLabel("Value, String").fill("Ada Lovelace");
  await button("Create item").click();
  await says("The item was created").waitFor();
  await link("1").click();
  await heading("Edit item").waitFor();
  await page.getByLabel("Attribute name", { exact: true }).waitFor();
  seen.item = await page.getByLabel("Value, String").inputValue();
  await link("Cancel").click();
}

// From the trail's page down its folders, file after file, until all names were read.
async function readLogs(trail, names) {
  const found = new Set();
  const read = new Set();
  await to(page, "CloudTrail", "Trails");
  await link(trail).click();
  await page.getByRole("link", { name: /AWSLogs/ }).click();
  for (const folder of ["CloudTrail/", "us-east-1/", /^\d{4}\/$/, /^\d\d\/$/, /^\d\d\/$/]) {
    await until(page.getByRole("link", { name: folder, exact: true }));
    const was = page.url();
    await page.getByRole("table").getByRole("link", { name: folder, exact: true }).click();
    await page.waitForURL((url) => url.href !== was);
  }
  const day = page.url();
  while (!names.every((each) => found.has(each))) {
    await until(page.getByRole("link", { name: /\.json\.gz$/ }));
    const files = await page.getByRole("table").getByRole("link", { name: /\.json\.gz$/ }).allInnerTexts();
    const file = files.find((each) => !read.has(each));
    if (!file) {
      await page.getByRole("button", { name: /^Refresh/ }).click();
      continue;
    }
    read.add(file);
    await link(file).click();
    await link("Open").click();
    const text = await page.locator("pre").innerText();
    for (const each of JSON.parse(text).Records) found.add(each.eventName);
    seen.described ??= await page.getByText(/^\w+ \d+x/).innerText();
    await page.goto(day);
  }
  return [...found];
}

// Log files come when they are due: the list is asked for again until then.
async function until(what) {
  while (!(await what.first().isVisible())) {
    await page.getByRole("button", { name: /^Refresh/ }).click();
    await Promise.race([what.first().waitFor({ timeout: 500 }).catch(() => undefined)]);
  }
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
  await page.getByRole("row").getByRole("link", { name: "LookupEvents" }).first().click();
  await heading("Event record").waitFor();
  seen.record = JSON.parse(await page.locator("pre").innerText());
}

try {
  await signIn(page, aws, { name, password });
  await heading("Services").waitFor();
  await organizationsTrailIsRefused();
  await to(page, "CloudTrail", "Event history");
  await page.getByRole("link", { name: "ConsoleLogin" }).first().waitFor();
  await createTrail("student-management-events", "management-events", async () => {
    await page.getByLabel("Insights events").check();
    await page.getByLabel("API call rate").check();
    await page.getByLabel("API error rate").check();
  });
  await createTrail("student-data-events", "data-events", async () => {
    await page.getByLabel("Management events").uncheck();
    await page.getByLabel("Data events").check();
    await choose("Resource type", "DynamoDB");
    await page.getByLabel("Selector name - optional").fill("users");
  });
  await createTable();
  await createItem();
  await to(page, "DynamoDB", "Tables");
  await link("Users").waitFor();
  seen.managementEvents = await readLogs("student-management-events", ["CreateTable", "ListTables", "UpdateTable"]);
  seen.dataEvents = await readLogs("student-data-events", ["PutItem", "GetItem"]);
  await filterHistory();
  console.log(JSON.stringify(seen));
} catch (error) {
  if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
  throw new Error(`at ${page.url()}: ${error.message}\n${(await page.locator("main").innerText()).slice(0, 2000)}`);
} finally {
  await browser.close();
}
