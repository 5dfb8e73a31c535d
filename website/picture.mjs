// A picture of a page: picture.mjs URL FILE WIDTH HEIGHT light|dark
import { launched } from "../tests/browser.mjs";

const [url, path, width, height, colorScheme] = process.argv.slice(2);
const browser = await launched();
const page = await browser.newPage({ viewport: { width: +width, height: +height }, colorScheme });
await page.goto(url);
await page.screenshot({ path });
await browser.close();
