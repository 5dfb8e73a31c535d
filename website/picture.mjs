// A picture of a page: picture.mjs URL FILE WIDTH HEIGHT light|dark
import { launched } from "../tests/browser.mjs";

const [url, path, width, height, colorScheme] = process.argv.slice(2);
const browser = await launched();
const viewport = { width: +width, height: +height };
const page = await browser.newPage({ viewport, colorScheme, reducedMotion: "reduce" });
await page.goto(url);
await page.screenshot({ path });
await browser.close();
