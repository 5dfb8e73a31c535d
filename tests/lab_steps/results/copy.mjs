// node copy.mjs URL: what the first copy button of a page puts on the clipboard, and then says.
import { launched } from "../../browser.mjs";

const browser = await launched();
try {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  await page.goto(process.argv[2]);
  const button = page.locator("button.copy").first();
  await button.click();
  await page.getByText("Copied", { exact: true }).first().waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const buttons = await page.locator("button.copy").count();
  console.log(JSON.stringify({ copied, buttons }));
} finally {
  await browser.close();
}
