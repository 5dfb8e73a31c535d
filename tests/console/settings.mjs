// node settings.mjs AWS NAME PASSWORD: a trail with all that a trail can have, edited part by part; tables,
// items and objects of every kind; what was seen.
import { pick, signIn, to, visit } from "./browser.mjs";

const [aws, name, password] = process.argv.slice(2);
const permissions = ["clipboard-read", "clipboard-write"];
const { browser, page, seen } = await visit(aws, undefined, { permissions });
const button = (named) => page.getByRole("button", { name: named, exact: true });
const link = (named) => page.getByRole("link", { name: named, exact: true });
const says = (text) => page.getByText(text).first().waitFor();
const field = (label) => page.getByLabel(label, { exact: true });
const choose = async (label, option, at = 0) => {
  await field(label).nth(at).click();
  await page.getByRole("option", { name: option, exact: true }).click();
};
const dialog = () => page.getByRole("dialog");

async function createWhole() {
  await to(page, "CloudTrail", "Trails");
  await link("Create trail").click();
  await field("Trail name").fill("whole");
  await field("Trail log bucket and folder").fill("whole-logs");
  await field("Prefix - optional").fill("deep/down");
  await field("AWS KMS alias").fill("whole-key");
  await page.getByLabel("SNS notification delivery").check();
  await field("SNS topic name").fill("whole-topic");
  await page.getByLabel("CloudWatch Logs").check();
  await field("Log group name").fill("whole-group");
  await field("Role name").fill("whole-role");
  await button("Tags - optional").click();
  await button("Add tag").click();
  await field("Tag 1 key").fill("Team");
  await field("Tag 1 value").fill("blue");
  await button("Next").click();
  await page.getByLabel("Exclude AWS KMS events").check();
  await page.getByLabel("Write").uncheck();
  await page.getByLabel("Data events").check();
  await choose("Resource type", "S3");
  await choose("Log selector template", "Custom");
  await choose("Field", "resources.ARN");
  await choose("Operator", "StartsWith");
  await field("Value").fill("arn:aws:s3:::kept/");
  await button("Add data event type").click();
  await choose("Resource type", "Lambda", 1);
  await choose("Log selector template", "Log writeOnly events", 1);
  await button("Next").click();
  await button("Create trail").click();
  await says("Trail whole was created");
}

async function edit(part, act) {
  await link(`Edit ${part}`).click();
  await page.getByRole("heading", { name: new RegExp(`^${part} of`) }).waitFor();
  await act();
  await button("Save changes").click();
  await says(`${part} of whole were saved`);
}

async function editWhole() {
  await link("whole").click();
  await edit("General details", async () => {
    await field("Prefix - optional").fill("a//b");
    await button("Save changes").click();
    await page.locator("[aria-invalid=true]").waitFor();
    seen.prefix = await page.getByText(/^InsufficientS3BucketPolicyException: /).first().innerText();
    await field("Prefix - optional").fill("deep/down");
    await page.getByLabel("Log file validation").uncheck();
    await page.getByLabel("SNS notification delivery").uncheck();
  });
  await edit("CloudWatch Logs", () => page.getByLabel("CloudWatch Logs", { exact: true }).uncheck());
  await edit("Tags", async () => {
    await field("Tag 1 key").fill("Owner");
  });
  await edit("Management events", () => page.getByLabel("Write").check());
  await edit("Insights events", async () => {
    await page.getByLabel("Log Insights events").check();
    await page.getByLabel("API error rate").check();
  });
  await edit("Data events", async () => {
    await button("Switch to basic event selectors").click();
    await choose("Data event source", "DynamoDB");
  });
  await button("Stop logging").click();
  await dialog().getByRole("button", { name: "Stop logging" }).click();
  await says("Trail whole has stopped logging");
  await button("Start logging").click();
  await says("Trail whole is logging");
}

async function deleteWhole() {
  await button("Delete").click();
  await dialog().getByRole("button", { name: "Delete" }).click();
  await says("Trail whole was deleted");
}

async function removeOthers() {
  await link("others").click();
  await button("Remove other event selectors").click();
  await dialog().getByRole("button", { name: "Remove other event selectors" }).click();
  await says("The other event selectors were removed");
}

async function tables() {
  await to(page, "DynamoDB", "Tables");
  await link("Create table").click();
  await field("Table name").fill("Music");
  await field("Partition key").fill("Artist");
  await field("Sort key - optional").fill("Year");
  await choose("Sort key type", "Number");
  await page.getByLabel("Customize settings").check();
  await page.getByLabel("Provisioned", { exact: true }).check();
  await field("Minimum capacity units").fill("1");
  await field("Maximum capacity units").fill("4");
  await button("Create table").click();
  await says("Table Music is being created");
  await link("Music").click();
  await link("Explore table items").click();
  await says("The table has no items");
  for (const year of ["1970", "1980"]) {
    await link("Create item").click();
    await page.getByLabel("Artist, String, a key").fill("Ada");
    await page.getByLabel("Year, Number, a key").fill(year);
    const values = [
      ["Number", "12.5"],
      ["Boolean", null],
      ["Binary", "AAE="],
      ["Null", null],
      ["String set", "a\nb"],
      ["List", '[{"S": "x"}, {"N": "1"}]'],
      ["Map", '{"deep": {"BOOL": true}}'],
    ];
    for (const [at, [type, text]] of values.entries()) {
      await pick(page, "Add new attribute", type);
      await page.getByRole("textbox", { name: "Attribute name", exact: true }).nth(at).fill(`of ${type}`);
      if (type === "Boolean") await choose("Value, Boolean", "True");
      else if (text) await field(`Value, ${type}`).fill(text);
    }
    await button("Create item").click();
    await says("The item was created");
  }
  await link("Create item").click();
  await page.getByRole("button", { name: "JSON view" }).click();
  await field("Item in DynamoDB JSON").fill('{"Artist": {"S": "Ada"}, "Year": {"N": "1980"}}');
  await button("Create item").click();
  await says(/ConditionalCheckFailedException/);
  await link("Cancel").click();
  await page.getByLabel("Query").check();
  await page.getByLabel("Artist (partition key)").fill("Ada");
  await choose("Year (sort key) is", "Less than");
  await page.getByLabel("Year (sort key) - optional").fill("1975");
  await button("Run").click();
  await page.getByRole("heading", { name: "Items returned (1)" }).waitFor();
  await filters();
  await link("Ada").click();
  await page.getByRole("textbox", { name: "Attribute name", exact: true }).nth(1).fill("renamed");
  await button("Save changes").click();
  await says("The item was saved");
  await page.getByRole("row", { name: /1980/ }).getByRole("checkbox").check();
  await button("Delete items").click();
  await dialog().getByRole("button", { name: "Delete items" }).click();
  await says("Deleted 1 item.");
}

// Of the two items of Ada's, a query with a filter, then a scan with two.
async function filters() {
  await button("Add filter").click();
  await field("Filter 1 attribute name").fill("of Number");
  await choose("Filter 1 type", "Number");
  await choose("Filter 1 condition", "Greater than");
  await field("Filter 1 value").fill("13");
  await button("Run").click();
  await page.getByRole("heading", { name: "Items returned (0)" }).waitFor();
  await page.getByLabel("Scan").check();
  await field("Filter 1 value").fill("12");
  await button("Add filter").click();
  await field("Filter 2 attribute name").fill("Year");
  await choose("Filter 2 type", "Number");
  await choose("Filter 2 condition", "Not equal to");
  await field("Filter 2 value").fill("1980");
  await button("Run").click();
  await page.getByRole("heading", { name: "Items returned (1)" }).waitFor();
}

async function objects() {
  await to(page, "S3");
  await link("Create bucket").click();
  await field("Bucket name").fill("ab");
  await button("Create bucket").click();
  await says(/InvalidBucketName/);
  await field("Bucket name").fill("made-by-hand");
  await button("Create bucket").click();
  await says("Bucket made-by-hand was created");
  await link("kept").click();
  await link("folder/").click();
  await page.getByRole("row", { name: /hello/ }).getByRole("checkbox").check();
  await button("Copy S3 URI").click();
  await says("The S3 URI was copied");
  seen.copied = await page.evaluate(() => navigator.clipboard.readText());
  const downloaded = page.waitForEvent("download");
  await button("Download").click();
  seen.downloaded = (await downloaded).suggestedFilename();
  await link("hello.txt").click();
  await link("Open").click();
  seen.opened = await page.locator("pre").innerText();
  await page.goBack();
  await button("Delete").click();
  await page.getByLabel(/To confirm/).fill("permanently delete");
  await dialog().getByRole("button", { name: "Delete" }).click();
  await says("hello.txt was deleted");
  await to(page, "S3");
  await link("kept").click();
  await link("Permissions of the bucket").click();
  await field("Bucket policy").fill('{"Version": "2012-10-17", "Statement": "none"}');
  await button("Save changes").click();
  await says(/MalformedPolicy/);
  await to(page, "S3");
  await page.getByRole("radio", { name: "kept" }).check();
  await button("Delete").click();
  await page.getByLabel(/To confirm/).fill("kept");
  await dialog().getByRole("button", { name: "Delete" }).click();
  await dialog().getByText(/BucketNotEmpty/).first().waitFor();
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await button("Empty").click();
  await page.getByLabel(/To confirm/).fill("permanently delete");
  await dialog().getByRole("button", { name: "Empty" }).click();
  await says("kept is empty");
}

try {
  await signIn(page, aws, { name, password });
  await page.getByRole("heading", { name: "Services" }).waitFor();
  for (const act of [createWhole, editWhole, deleteWhole, removeOthers, tables, objects]) await act();
  console.log(JSON.stringify(seen));
} catch (error) {
  throw new Error(`at ${page.url()}: ${error.message}\n${(await page.locator("body").innerText()).slice(0, 2500)}`);
} finally {
  await browser.close();
}
