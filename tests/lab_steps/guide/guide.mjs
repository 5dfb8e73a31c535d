// node guide.mjs GUIDE AWS: the guide while a lab is worked on, in ten pages and all looks; what was seen.
// With SHOTS=folder in the environment, pictures are kept there to be looked at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { launched, meter } from "../../browser.mjs";

const [address, aws] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("../../../console/node_modules/axe-core/axe.min.js"), "utf8");
const { SHOTS } = process.env;
const widths = [390, 768, 1280, 1600];
const forAxe = ["390 dark", "1280 light"];
const browser = await launched();
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const seen = { problems: [], elsewhere: [], wide: [], faults: [], streams: 0 };
context.on("weberror", (error) => seen.problems.push(String(error.error())));
context.on("console", (message) => seen.problems.push(message.text()));
context.on("request", (request) => {
  if (!request.url().startsWith(address) && !request.url().startsWith("data:")) seen.elsewhere.push(request.url());
});
const page = await context.newPage();
const card = (step) => page.locator(`#step-${step}`);

async function call(operation, parameters) {
  const headers = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": `DynamoDB_20120810.${operation}`,
    Authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
  };
  const answer = await fetch(aws, { method: "POST", headers, body: JSON.stringify(parameters) });
  if (!answer.ok) throw new Error(await answer.text());
}

const table = {
  TableName: "Users",
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "N" }],
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  BillingMode: "PAY_PER_REQUEST",
};

// What a person has open, focused and before the eyes, while other things change.
async function keepsPlace() {
  await page.getByRole("button", { name: "Open all steps" }).click();
  await page.getByRole("button", { name: "Close all steps" }).waitFor();
  await card(38).getByText("A hint").click();
  const link = card(38).locator(".hint .hint > summary");
  await link.focus();
  await link.scrollIntoViewIfNeeded();
  const top = () => link.evaluate((each) => Math.round(each.getBoundingClientRect().top));
  const before = await top();
  await call("ListTables", {});
  await page.locator("#step-17.PASS").waitFor({ state: "attached" });
  await call("CreateTable", table);
  await page.locator("#step-19.PASS").waitFor({ state: "attached" });
  seen.moved = Math.abs((await top()) - before);
  seen.focused = await link.evaluate((each) => each === document.activeElement);
  seen.hints = await card(38).locator(".hint[open]").count();
  seen.told = await page.getByRole("status").innerText();
  seen.title = await page.title();
}

async function looks() {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) seen.wide.push(`${width}: ${over} pixels over`);
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/guide-${width}-${colorScheme}.png` });
      const is = `${width} ${colorScheme}`;
      if (SHOTS || forAxe.includes(is)) seen.faults.push(...(await faults(is)));
    }
  }
}

// Evaluated by the debugger, for which the page's policy on scripts does not count.
async function faults(look) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  return found.violations.map(({ id, nodes }) => `${look}: ${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
}

try {
  const costOf = await meter(page);
  seen.cost = await costOf(async () => {
    await page.goto(address);
    await page.getByRole("heading", { level: 1 }).waitFor();
  });
  seen.opened = await page.locator("details.step[open]").evaluateAll((all) => all.map((each) => each.id));
  await keepsPlace();
  await looks();
  await page.getByRole("button", { name: "Close all steps" }).click();
  await page.locator("#progress .now a").press("Enter");
  await page.locator("details.step[open]").waitFor();
  seen.nextIs = `step-${await page.locator("#progress").getAttribute("data-next")}`;
  seen.next = await page.locator("details.step[open]").evaluateAll((all) => all.map((each) => each.id));
  const others = await Promise.all(Array.from({ length: 9 }, () => context.newPage()));
  for (const each of others) await each.goto(address);
  await call("PutItem", { TableName: "Users", Item: { id: { N: "1" }, Name: { S: "Ada" } } });
  for (const each of [page, ...others]) await each.locator("#step-26.PASS").waitFor({ state: "attached" });
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
