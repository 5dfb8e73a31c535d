// How much wider than the screen pages are, and how many of their pictures are missing.
import { launched } from "../browser.mjs";

const [site] = process.argv.slice(2);
const browser = await launched();
const seen = {};
for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 1280]) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    await page.goto(`${site}/index.html`);
    seen[`${width} ${colorScheme}`] = await page.evaluate(() => ({
      wider: document.documentElement.scrollWidth - window.innerWidth,
      broken: [...document.images].filter((image) => !image.naturalWidth).length,
    }));
    await page.close();
  }
}
await browser.close();
console.log(JSON.stringify(seen));
