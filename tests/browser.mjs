// Chromium for tests, from npm alone: no browser and no library of the system's but glibc is needed.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(import.meta.url);
const modules = join(dirname(dirname(here)), "node_modules");

// Two test processes may unpack it at once: each does so apart, and one's becomes everybody's.
async function unpacked() {
  const { devDependencies } = createRequire(here)("../package.json");
  const folder = join(modules, ".cache", `chromium-${devDependencies["@sparticuz/chromium"]}`);
  process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs24.x"; // brings NSS and expat along
  if (!existsSync(folder)) {
    mkdirSync(dirname(folder), { recursive: true });
    const { TMPDIR: usual = tmpdir() } = process.env;
    const apart = mkdtempSync(`${folder}-`);
    process.env.TMPDIR = apart; // where the package unpacks to
    const { default: chromium } = await import("@sparticuz/chromium");
    await chromium.executablePath();
    process.env.TMPDIR = usual;
    // The package's own configuration of fonts knows them in /tmp alone; this one is moved along.
    const fonts = `<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>`;
    writeFileSync(join(apart, "fonts.conf"), fonts);
    try {
      renameSync(apart, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
      rmSync(apart, { recursive: true });
    }
  }
  const environment = {
    LD_LIBRARY_PATH: join(folder, "al2023", "lib"),
    FONTCONFIG_FILE: process.env.FONTCONFIG_FILE ?? join(folder, "fonts.conf"),
  };
  return { path: join(folder, "chromium"), environment };
}

// The package's own arguments are left out: they turn off what protects sites from each other.
export async function launched(...flags) {
  const { chromium } = await import("playwright-core");
  const { path, environment } = await unpacked();
  return chromium.launch({
    executablePath: path,
    args: ["--no-sandbox", "--disable-gpu", ...flags],
    env: { ...process.env, ...environment },
  });
}

// Tells what something costs a page: milliseconds of a processor, which are the same on a busy machine.
export async function meter(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const worked = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
  };
  return async (what) => {
    const before = await worked();
    await what();
    const now = await worked();
    return now < before ? now : now - before; // a page of another site has a process of its own
  };
}
