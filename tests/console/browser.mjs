// A visit to the console in a browser, as all of its tests make it.
import { launched } from "../browser.mjs";

export const wait = { timeout: 30_000 };

// What a page must never do is collected: problems in its console, errors, calls to elsewhere.
export async function visit(aws, viewport = { width: 1280, height: 900 }, more = {}) {
  const browser = await launched();
  const context = await browser.newContext({ viewport, acceptDownloads: true, ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(wait.timeout);
  const seen = { problems: [], elsewhere: [], loaded: [] };
  page.on("pageerror", (error) => seen.problems.push(String(error)));
  page.on("console", (message) => {
    // Chromium tells every answer of 400 and more here; the tests ask for some of them.
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (["error", "warning"].includes(message.type()) && !isAnswer) seen.problems.push(message.text());
  });
  page.on("request", (request) => {
    const isOurs = request.url().startsWith(`${aws}/`) || request.url().startsWith("blob:");
    if (!isOurs) seen.elsewhere.push(request.url());
  });
  page.on("requestfinished", async (request) => {
    if (request.url().startsWith(`${aws}/_console/`)) seen.loaded.push(request.url().slice(aws.length));
  });
  return { browser, context, page, seen };
}

export async function signIn(page, aws, { name, password }) {
  await page.goto(`${aws}/_console/`);
  await page.getByLabel("IAM user name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function to(page, service, item) {
  await page.getByRole("button", { name: "Services" }).click();
  await page.getByRole("menuitem", { name: service, exact: true }).click();
  if (item) await page.getByRole("navigation").getByRole("link", { name: item, exact: true }).click();
}
