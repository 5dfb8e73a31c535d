// The guide, as a student reads it beside the console.

// "A, B and C" as three names.
export const listed = (text) => text.split(/, | and,? /).map((each) => each.trim()).filter(Boolean);

export class Guide {
  constructor(page, seen) {
    this.page = page;
    this.seen = seen;
    seen.milliseconds = {};
  }

  async open(address) {
    await this.page.goto(address);
  }

  async openConsole() {
    const opened = this.page.context().waitForEvent("page");
    await this.page.getByRole("link", { name: "Open the console" }).click();
    return opened;
  }

  async user() {
    const [name, password] = [this.page.locator("#user"), this.page.locator("#password")];
    return { name: await name.innerText(), password: await password.innerText() };
  }

  verdict() {
    return this.page.getByRole("heading", { level: 1 }).innerText();
  }

  does(step) {
    return this.page.locator(`#step-${step} .do`).textContent();
  }

  // What to do about a step that failed: what it says to do, else the step itself.
  async repairs(step) {
    const told = this.page.locator(`#step-${step} .action p`);
    return (await told.count()) ? told.first().textContent() : this.does(step);
  }

  // The names of the log files in which it found what a step looks for.
  async files(step) {
    const places = await this.page.locator(`#step-${step} .where`).allTextContents();
    return new Set(places.map((each) => each.split("/").at(-1)));
  }

  // Waits until the page shows by itself that the steps are as they should be, and notes for how long.
  async turns(outcome, first, last) {
    const began = Date.now();
    for (let step = first; step <= last; step += 1) {
      await this.page.locator(`#step-${step}.${outcome}`).waitFor({ state: "attached" });
    }
    this.seen.milliseconds[`${first} to ${last} ${outcome}`] = Date.now() - began;
  }
}
