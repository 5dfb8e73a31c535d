// A picture of the console: console.mjs AWS USER:PASSWORD ROUTE FILE, of a local AWS that runs.
import { launched } from "../tests/browser.mjs";

const [aws, user, route, path] = process.argv.slice(2);
const [name, password] = user.split(":");
const browser = await launched();
const page = await browser.newPage({ viewport: { width: 1280, height: 760 }, colorScheme: "light" });
await page.goto(`${aws}/_console/`);
await page.getByLabel("IAM user name").fill(name);
await page.getByLabel("Password").fill(password);
await page.getByLabel("Password").press("Enter");
await page.getByRole("heading", { name: "Services" }).waitFor();
await page.goto(`${aws}/_console/${route}`);
await page.getByRole("heading", { level: 1 }).waitFor();
await page.getByText(/^Loading/).first().waitFor({ state: "hidden" });
await page.screenshot({ path });
await browser.close();
