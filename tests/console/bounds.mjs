// node bounds.mjs AWS PASSWORD BUCKET: what goes wrong, and what is large; what was seen.
import { readFile } from "node:fs/promises";

import { signIn, to, visit } from "./browser.mjs";

const [aws, password, bucket] = process.argv.slice(2);
const { browser, page, seen } = await visit(aws);
const button = (named) => page.getByRole("button", { name: named, exact: true });
const link = (named) => page.getByRole("link", { name: named, exact: true });
const heading = (named) => page.getByRole("heading", { name: named }).first();
const post = (path, body) =>
  fetch(`${aws}${path}`, { method: "POST", body, headers: { "Content-Type": "text/plain" } });

async function wrongTrail() {
  await page.goto(`${aws}/_console/#/cloudtrail/trails/create`);
  await button("Next").click();
  seen.nothing = await page.getByText("Enter the trail's name.", { exact: true }).innerText();
  await page.getByLabel("Trail name").fill("a--b");
  await page.getByLabel("Use existing S3 bucket").check();
  await page.getByLabel("Trail log bucket name").fill("of-nobody-at-all");
  await page.getByLabel("Log file SSE-KMS encryption").uncheck();
  await button("Next").click();
  await button("Next").click();
  await button("Create trail").click();
  seen.name = await errorOf("Trail name");
  await page.getByLabel("Trail name").fill("a-b");
  await button("Next").click();
  await button("Next").click();
  await button("Create trail").click();
  seen.bucket = await errorOf("Trail log bucket name");
}

// What stands at a field as its error, once it is there.
async function errorOf(label) {
  const field = page.getByLabel(label, { exact: true });
  await page.locator("[aria-invalid=true]").first().waitFor();
  const ids = (await field.getAttribute("aria-describedby")) ?? "";
  return page.evaluate((ids) => ids.split(" ").map((id) => document.getElementById(id)?.textContent).join(" "), ids);
}

async function manyEvents() {
  await to(page, "CloudTrail", "Event history");
  await page.getByRole("row").nth(50).waitFor();
  for (const number of [2, 3]) {
    await page.getByRole("button", { name: "Next page" }).click();
    await page.getByRole("button", { name: new RegExp(`^Page ${number}\\b`) }).and(page.locator("[aria-current=true]")).waitFor();
  }
  const downloaded = page.waitForEvent("download");
  await button("Download JSON").click();
  seen.downloaded = (await downloaded).suggestedFilename();
  const asTable = page.waitForEvent("download");
  await button("Download CSV").click();
  seen.table = await readFile(await (await asTable).path(), "utf8");
  await button("Download all as JSON").click();
  await page.getByText(/Looked up [\d,]+ events so far/).first().waitFor();
  const began = Date.now();
  await link("Trails").first().click();
  await heading("Trails").waitFor();
  seen.millisecondsBeside = Date.now() - began;
}

async function manyObjects() {
  await page.goto(`${aws}/_console/#/s3/buckets/${bucket}`);
  await page.getByRole("link", { name: "object-000010" }).waitFor();
  await page.getByLabel(`Find in ${bucket}`).fill("object-000777");
  await page.getByRole("link", { name: "object-000777" }).waitFor();
  seen.counted = await page.getByRole("heading", { level: 1 }).innerText();
  await to(page, "S3");
  await page.getByRole("radio", { name: bucket }).check();
  await button("Empty").click();
  await page.getByLabel(/To confirm/).fill("permanently delete");
  await page.getByRole("dialog").getByRole("button", { name: "Empty" }).click();
  await page.getByText(/Deleted [\d,]+ objects of .* so far/).first().waitFor();
}

async function refusedCalls() {
  await page.getByRole("button", { name: /Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await post("/moto-api/reset-auth", "0");
  await signIn(page, aws, { name: "reader", password });
  await heading("Services").waitFor();
  await to(page, "DynamoDB");
  seen.refused = await page.getByText(/AccessDenied/).first().innerText();
  await to(page, "CloudTrail", "Trails");
  await page.getByRole("row").nth(1).waitFor();
}

async function sessionEnds() {
  await post("/_local-aws/clock", '{"advance_seconds": 46800}');
  // By its address: the page of before may have noticed it already, and has no menu then.
  await page.goto(`${aws}/_console/#/dynamodb`);
  seen.ended = await page.getByText(/Your session has expired/).first().innerText();
  await heading("Sign in to the local AWS").waitFor();
}

try {
  await signIn(page, aws, { name: "student", password });
  await heading("Services").waitFor();
  for (const part of [wrongTrail, manyEvents, manyObjects, refusedCalls, sessionEnds]) {
    const began = Date.now();
    await part();
    (seen.seconds ??= {})[part.name] = (Date.now() - began) / 1000;
  }
  console.log(JSON.stringify(seen));
} catch (error) {
  throw new Error(`at ${page.url()}: ${error.message}\n${(await page.locator("body").innerText()).slice(0, 2000)}`);
} finally {
  await browser.close();
}
