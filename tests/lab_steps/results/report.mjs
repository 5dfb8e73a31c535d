// node report.mjs URL...: what each page found out about itself, and what the browser's console said.
import { launched } from "../../browser.mjs";

async function shown(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 2100 } });
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(url);
  const found = page.locator("#found:not(:empty)");
  await found.waitFor({ state: "attached" });
  return { found: JSON.parse(await found.textContent()), said };
}

const browser = await launched("--hide-scrollbars");
try {
  const pages = [];
  for (const url of process.argv.slice(2)) pages.push(await shown(browser, url));
  console.log(JSON.stringify(pages));
} finally {
  await browser.close();
}
