// node report.mjs URL: what the page found out about itself, and what the browser's console said.
import { launched } from "../../browser.mjs";

const browser = await launched("--hide-scrollbars");
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 2100 } });
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(process.argv[2]);
  const found = page.locator("#found:not(:empty)");
  await found.waitFor({ state: "attached" });
  console.log(JSON.stringify({ found: JSON.parse(await found.textContent()), said }));
} finally {
  await browser.close();
}
