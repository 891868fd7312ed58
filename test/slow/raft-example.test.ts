/** The documented example of `shardlab/raft`, run by someone who has nothing but the packed package. Needs `dist` (npm run build). */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EXAMPLE = join(ROOT, "examples/raft-store.mjs");
const folder = mkdtempSync(join(tmpdir(), "shardlab-example-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Unpacks what would be published where Node looks for it. */
function install(): void {
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT, stdio: "pipe" });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  const home = join(folder, "node_modules/shardlab");
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, tarball), "-C", home, "--strip-components=1"]);
}

it("three peers in one process keep what was answered through the crash of their leader, who comes back and catches up", () => {
  install();
  copyFileSync(EXAMPLE, join(folder, "raft-store.mjs"));
  const out = execFileSync(process.execPath, ["raft-store.mjs"], { cwd: folder, encoding: "utf8", timeout: 20_000 });
  expect(out).toBe("written: blue\nafter a crash: blue large\ncaught up: blue large\n");
});

it("the example has at most 60 lines, and what is published can do without any other package", () => {
  expect(readFileSync(EXAMPLE, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(60);
  const index = join(folder, "node_modules/shardlab/dist/modules/raft");
  for (const file of readdirSync(index).filter((name) => name.endsWith(".js")))
    expect(readFileSync(join(index, file), "utf8")).not.toMatch(/from "(?!\.)/u);
});
