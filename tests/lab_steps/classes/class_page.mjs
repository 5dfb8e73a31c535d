// node class_page.mjs URL: what a keyboard and a search do on the page of a class, and what it says.
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
