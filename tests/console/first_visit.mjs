// node first_visit.mjs AWS NAME PASSWORD: signs in, wrongly first, opens Trails, signs out; what was seen.
import { signIn, to, visit } from "./browser.mjs";

const [aws, name, password] = process.argv.slice(2);
const { browser, page, seen } = await visit(aws);
try {
  await signIn(page, aws, { name, password: "wrong" });
  const refused = page.getByText("the name or the password is wrong", { exact: true });
  await refused.waitFor();
  const painted = () => page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  seen.painted = [await painted()];
  await page.getByLabel("Password").fill(password);
  await page.getByLabel("Password").press("Enter");
  await page.getByRole("heading", { name: "Services" }).waitFor();
  await to(page, "CloudTrail", "Trails");
  await page.getByRole("link", { name: "lab-account-managment-events" }).waitFor();
  seen.trailsLoaded = [...seen.loaded];
  seen.bar = await page.locator("#top").innerText();
  await page.reload();
  await page.getByRole("link", { name: "lab-account-managment-events" }).waitFor();
  seen.painted.push(await painted());
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
