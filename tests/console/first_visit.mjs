// node first_visit.mjs AWS NAME PASSWORD: signs in, wrongly first, opens Trails, signs out; what was seen.
import { meter } from "../browser.mjs";
import { signIn, to, visit } from "./browser.mjs";

const [aws, name, password] = process.argv.slice(2);
const { browser, page, seen } = await visit(aws);
const costOf = await meter(page);
const shown = async (heading) => {
  await page.getByRole("heading", heading).first().waitFor();
  await page.getByText(/^Loading/).first().waitFor({ state: "hidden" });
};

// What the console's answer to a click costs: the least of two rounds.
async function clicks() {
  const least = {};
  for (let round = 0; round < 2; round += 1) {
    for (const [name, says] of Object.entries({ Dashboard: "Latest events", "Event history": "Event history", Trails: "Trails" })) {
      const cost = await costOf(async () => {
        await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
        await shown({ name: says });
      });
      least[name] = Math.min(least[name] ?? Infinity, cost);
    }
  }
  return least;
}

// What each first screen loads and costs, in a browser that has nothing of it yet.
async function firstScreens() {
  const screens = [];
  const session = await page.context().newCDPSession(page);
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  for (const route of ["#/cloudtrail", "#/cloudtrail/trails/create", "#/cloudtrail/events", "#/s3", "#/dynamodb", "#/cloudformation", "#/logs"]) {
    await page.goto("about:blank");
    seen.loaded.length = 0;
    const cost = await costOf(async () => {
      await page.goto(`${aws}/_console/${route}`);
      await shown({ level: 1 });
    });
    screens.push({ route, loaded: [...seen.loaded], cost });
  }
  return screens;
}

try {
  await signIn(page, aws, { name, password: "wrong" });
  const refused = page.getByText("the name or the password is wrong", { exact: true });
  await refused.waitFor();
  await page.getByLabel("Password").fill(password);
  await page.getByLabel("Password").press("Enter");
  await page.getByRole("heading", { name: "Services" }).waitFor();
  await to(page, "CloudTrail", "Trails");
  await page.getByRole("link", { name: "lab-account-managment-events" }).waitFor();
  seen.trailsLoaded = [...seen.loaded];
  seen.bar = await page.locator("#top").innerText();
  await page.reload();
  await page.getByRole("link", { name: "lab-account-managment-events" }).waitFor();
  seen.clicks = await clicks();
  seen.screens = await firstScreens();
  await page.getByRole("button", { name: /Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to the local AWS" }).waitFor();
  const problems = [...seen.problems];
  seen.script = await page.evaluate(
    () =>
      new Promise((told) => {
        const script = document.createElement("script");
        script.onload = () => told("loaded");
        script.onerror = () => told("refused");
        script.src = "/objects/script.js";
        document.body.append(script);
      }),
  );
  Object.assign(seen, { problems, refusals: seen.problems.slice(problems.length) });
  seen.kept = await page.evaluate(() => Object.keys(sessionStorage));
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
