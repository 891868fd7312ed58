/**
 * The packed package as an outsider meets it: `npm pack`, unpacked into an empty project in which nothing else is installed,
 * and the REAL modules imported by their public names. Needs `dist` (npm run build).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
let project = "";

beforeAll(() => {
  expect(existsSync(join(ROOT, "dist/modules/sharding/index.js"))).toBe(true);
  project = mkdtempSync(join(tmpdir(), "shardlab-outsider-"));
  // Scripts are left out: the build stands, and another one would take a minute.
  const packed = execFileSync("npm", ["pack", "--offline", "--ignore-scripts", "--json", "--pack-destination", project], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  const home = join(project, "node_modules/shardlab");
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", join(project, filename), "-C", home, "--strip-components=1"]);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "outsider", private: true, type: "module" }));
  writeFileSync(join(project, "hooks.mjs"), HOOKS);
  writeFileSync(join(project, "watch.mjs"), 'import { register } from "node:module";\nregister("./hooks.mjs", import.meta.url);\n');
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Tells the address of everything that is loaded. */
const HOOKS = `import { writeSync } from "node:fs";
export async function load(url, context, next) {
  writeSync(2, "loaded " + url + "\\n");
  return next(url, context);
}
`;

/** Runs a module of the outsider's; gives what it prints, and which files of the package were loaded. */
function outsider(name: string, source: string): { readonly printed: unknown; readonly loaded: readonly string[] } {
  writeFileSync(join(project, `${name}.mjs`), source);
  const watched = ["--import", "./watch.mjs", `./${name}.mjs`];
  const { stdout: out, stderr: err, status } = spawnSync(process.execPath, watched, { cwd: project, encoding: "utf8" });
  expect([status, status === 0 ? "" : err]).toEqual([0, ""]);
  const loaded = [...err.matchAll(/^loaded (\S+)$/gmu)].map(([, url]) => url ?? "").filter((url) => url.startsWith("file:"));
  const own = loaded
    .filter((url) => url.includes("/node_modules/"))
    .map((url) => url.slice(url.indexOf("/node_modules/") + "/node_modules/".length));
  return { printed: JSON.parse(out), loaded: own };
}

describe("the packed package", () => {
  it("has shardlab/sharding: rings, difference of memberships and hashes, and nothing else of shardlab is loaded", () => {
    const { printed, loaded } = outsider(
      "sharding",
      `import { difference, ring, slots, textKey } from "shardlab/sharding";
const made = (count) => { const found = ring(Array.from({ length: count }, (_, i) => ({ name: "server " + i })), { virtualNodes: 200 }); if (!found.ok) throw new Error(found.fault); return found.value; };
const keys = { count: 12000, at: (index) => textKey("user:" + index) };
const change = difference(made(12), made(13), keys);
const redis = slots([{ name: "a" }, { name: "b" }, { name: "c" }]);
console.log(JSON.stringify({
  moved: change.moved.length / keys.count,
  minimal: change.moved.length === change.members[12].gained,
  slot: redis.ok && redis.value.slotOf(textKey("foo{hash_tag}")),
  refused: ring([]).ok,
}));`,
    );
    expect(printed).toMatchObject({ minimal: true, slot: 2515, refused: false });
    const { moved } = printed as { readonly moved: number };
    expect(Math.abs(moved - 1 / 13)).toBeLessThan(0.03);
    expect(loaded.length).toBeGreaterThan(10);
    expect(loaded.filter((file) => !/^shardlab\/dist\/(base|modules\/sharding)\//u.test(file))).toEqual([]);
  });

  it("has shardlab/routing: a map, a redirect that is learnt, a route, and nothing else but sharding is loaded", () => {
    const { printed, loaded } = outsider(
      "routing",
      `import { emptyMap, epochOf, follow, route, shardMap } from "shardlab/routing";
const map = shardMap([{ owner: 3, replicas: [3, 4], epoch: 1 }]);
const next = follow(map, { kind: "moved", shard: 0, entry: { owner: 4, replicas: [4, 3], epoch: 2 } }, 3, 0);
console.log(JSON.stringify({ first: route(map, 0), second: route(map, 0, 1), nobody: route(emptyMap(1), 0) ?? "nobody", epoch: epochOf(map, 0), next }));`,
    );
    expect(printed).toMatchObject({ first: 3, second: 4, nobody: "nobody", epoch: 1, next: { kind: "send", to: 4, asking: false } });
    expect(loaded.length).toBeGreaterThan(2);
    expect(loaded.filter((file) => !/^shardlab\/dist\/(base|modules\/(routing|sharding))\//u.test(file))).toEqual([]);
  });

  it("and a module that loads more would be seen: the library itself does", () => {
    // Whether it can run depends on what is installed around; what it asks for does not.
    const { loaded } = outsider("library", 'await import("shardlab").catch(() => undefined);\nconsole.log("1");');
    expect(loaded).toContain("shardlab/dist/library.js");
    expect(
      loaded.filter((file) => file.startsWith("shardlab/") && !/^shardlab\/dist\/(base|modules)\//u.test(file)).length,
    ).toBeGreaterThan(1);
  });
});
