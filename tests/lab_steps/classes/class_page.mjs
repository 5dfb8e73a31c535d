// node class_page.mjs URL RUNNING: what a keyboard and a search do on the page of a class, what it says,
// and whether the page of one that is running is loaded again.
import { launched } from "../../browser.mjs";

const browser = await launched();
try {
  const found = {};
  const said = [];
  for (const width of [390, 1280]) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    await page.goto(process.argv[2]);
    found[`overflow ${width}`] = await page.evaluate(
      () => document.documentElement.scrollWidth - innerWidth,
    );
    if (width === 1280) await used(page, found);
    await page.close();
  }
  await live(await browser.newPage(), found);
  console.log(JSON.stringify({ found, said }));
} finally {
  await browser.close();
}

async function used(page, found) {
  const shown = () => page.locator(".heat tbody tr:visible th").allTextContents();
  found.all = (await shown()).length;
  await page.getByLabel("Search").fill("zoe");
  found.searched = await shown();
  found.status = await page.getByRole("status").textContent();
  await page.getByLabel("Search").fill("");
  await page.getByLabel("Show").selectOption("FAIL");
  found.failed = await shown();
  await page.getByLabel("Show").selectOption("");
  await page.getByRole("button", { name: "points" }).focus();
  await page.keyboard.press("Enter");
  found.sorted = (await shown())[0];
  found.sort = await page.locator("th[aria-sort]").getAttribute("aria-sort");
  await page.getByRole("button", { name: /^Step 7:/ }).press("Space");
  found.byStep = (await shown())[0];
  await page.reload();
  found.afterReload = (await shown())[0];
  found.link = await page.locator("td.FAIL a").first().getAttribute("href");
  found.scripts = await page.evaluate(() => document.querySelectorAll("script").length);
  found.alerted = await page.evaluate(() => "alerted" in window);
}

async function live(page, found) {
  let loads = 0;
  page.on("load", () => { loads += 1; });
  await page.clock.install({ time: new Date("2026-03-20T12:00:30Z") });
  await page.goto(process.argv[3]);
  await page.getByLabel("Search").fill("zoe");
  await page.clock.fastForward(6_000);
  found.whileTyping = loads;
  await page.getByLabel("Search").blur();
  const loaded = page.waitForEvent("load");
  await page.clock.fastForward(6_000);
  await loaded;
  found.loads = loads;
  found.kept = await page.getByLabel("Search").inputValue();
  found.running = await page.locator("#running").textContent();
  await page.getByRole("button", { name: "Pause updates" }).click();
  await page.clock.fastForward(60_000);
  found.paused = loads;
  await page.clock.fastForward(120_000);
  await page.reload();
  found.silent = await page.locator("#running").textContent();
}
