// node screens.mjs AWS NAME PASSWORD ROUTE...: each screen, narrow and wide, light and dark; what was seen.
// With SHOTS=folder in the environment, pictures are kept there to be looked at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { signIn, visit } from "./browser.mjs";

const [aws, name, password, ...routes] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("../../console/node_modules/axe-core/axe.min.js"), "utf8");
const { SHOTS } = process.env;
const looks = [
  [390, "dark"],
  [768, "light"],
  [1280, "light"],
  // What is as wide and only otherwise coloured is for people to look at.
  ...(SHOTS ? [[1280, "dark"], [768, "dark"], [390, "light"]] : []),
];
// Of pages that are alike, every other one is judged in each of the two; where people look, all in all.
const forAxe = ["390 dark", "1280 light"];

const { browser, page, seen } = await visit(aws);
Object.assign(seen, { faults: [], wide: [] });

async function look(at, route) {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.getByText(/^Loading/).first().waitFor({ state: "hidden" });
  for (const [width, colorScheme] of looks) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Pages lay themselves out again a frame after they were told.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) seen.wide.push(`${route} at ${width}: ${over} pixels over`);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${at}-${width}-${colorScheme}.png`, fullPage: true });
    const is = `${width} ${colorScheme}`;
    if (SHOTS || forAxe[at % 2] === is) seen.faults.push(...(await faults(route, is)));
  }
}

// The wizard's second and third page have no address of their own.
async function lookAtWizard(at) {
  await page.goto(`${aws}/_console/#/cloudtrail/trails/create`);
  await page.getByLabel("Trail name").fill("wizard");
  await page.getByLabel("Log file SSE-KMS encryption").uncheck();
  const next = () => page.getByRole("button", { name: "Next", exact: true }).click();
  await next();
  await page.getByRole("heading", { name: "Choose log events" }).first().waitFor();
  for (const each of ["Data events", "Insights events", "API call rate"]) await page.getByLabel(each, { exact: true }).check();
  await page.getByLabel("Resource type", { exact: true }).click();
  await page.getByRole("option", { name: "DynamoDB", exact: true }).click();
  await look(at, "the wizard's second page");
  await next();
  await page.getByRole("heading", { name: "Review and create" }).first().waitFor();
  await look(at + 1, "the wizard's third page");
}

try {
  await signIn(page, aws, { name, password });
  await page.getByRole("heading", { name: "Services" }).waitFor();
  for (const [at, route] of routes.entries()) {
    await page.goto(`${aws}/_console/${route}`);
    await look(at, route);
  }
  await lookAtWizard(routes.length);
  console.log(JSON.stringify(seen));
} catch (error) {
  throw new Error(`at ${page.url()}: ${error.message}`);
} finally {
  await browser.close();
}

// Evaluated by the debugger, for which the page's policy on scripts does not count.
async function faults(route, is) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  // Cloudscape gives the bar that opens its menu an aria-orientation, which no <nav> has.
  const exclude = ["[class*=awsui_mobile-toolbar-nav]"];
  const found = await page.evaluate((exclude) => window.axe.run({ exclude }, { resultTypes: ["violations"] }), exclude);
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${route} at ${is}: ${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
}
