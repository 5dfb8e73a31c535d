// A visit to the console in a browser, as all of its tests make it.
import { launched } from "../browser.mjs";

export const wait = { timeout: 120_000 };

// What a page must never do is collected: problems in its console, errors, calls to elsewhere than these servers.
export async function visit(aws, viewport = { width: 1280, height: 900 }, more = {}, ...servers) {
  const browser = await launched();
  const context = await browser.newContext({ viewport, acceptDownloads: true, reducedMotion: "reduce", ...more });
  context.setDefaultTimeout(wait.timeout);
  const seen = { problems: [], elsewhere: [], loaded: [] };
  const own = [aws, ...servers].map((each) => new URL(each).origin);
  context.on("weberror", (error) => seen.problems.push(String(error.error())));
  context.on("console", (message) => {
    // Chromium tells every answer of 400 and more here; the tests ask for some of them.
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (["error", "warning"].includes(message.type()) && !isAnswer) seen.problems.push(message.text());
  });
  context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (!["blob:", "data:"].includes(protocol) && !own.includes(origin)) seen.elsewhere.push(request.url());
  });
  context.on("requestfinished", (request) => {
    if (request.url().startsWith(`${aws}/_console/`)) seen.loaded.push(request.url().slice(aws.length));
  });
  return { browser, context, page: await context.newPage(), seen };
}

export async function enter(page, { name, password }) {
  await page.getByLabel("IAM user name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function signIn(page, aws, user) {
  await page.goto(`${aws}/_console/`);
  await enter(page, user);
}

// A menu closes if the page around it is drawn again: as a person would, click once more.
export async function pick(page, menu, item) {
  const chosen = page.getByRole("menuitem", { name: item, exact: true });
  for (let left = 2; ; left--) {
    await page.getByRole("button", { name: menu, exact: true }).click();
    try {
      return await chosen.click({ timeout: 30_000 });
    } catch (error) {
      if (!left) throw error;
    }
  }
}

export async function to(page, service, item) {
  await pick(page, "Services", service);
  if (item) await page.getByRole("navigation").getByRole("link", { name: item, exact: true }).click();
}
