import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { TINY, scenarioFile, shardlab } from "./harness.ts";

/** A sharding part of a user's own: every key in the last shard. */
const PLUGIN = `
import { z } from ${JSON.stringify(new URL("../../node_modules/zod/index.js", import.meta.url).href)};
export const parts = { sharding: { lastShard: { summary: "all keys in the last shard", options: z.strictObject({}), create: (_options, { shards }) => ({ shards, shardOf: () => shards - 1, covered: (parts) => parts }) } } };
`;

function withPlugin(code: string, name: string): string {
  const file = scenarioFile(`${TINY.replace("common: {", "common: { sharding: lastShard,")}plugins: [ ./${name} ]\n`);
  writeFileSync(join(dirname(file), name), code);
  return file;
}

it("a plug-in's part runs where it is allowed", async () => {
  const file = withPlugin(PLUGIN, "last.mjs");
  const ran = await shardlab("check", file, "--quiet", "--repeats", "1", "--allow-plugins");
  expect(ran.err).toBe("");
  expect(ran.status).toBe(0);
});

it("without --allow-plugins no plug-in is loaded, and the mend is said", async () => {
  const file = withPlugin("globalThis.loaded = true;", "trap.mjs");
  const ran = await shardlab("run", file);
  expect(ran.status).toBe(2);
  expect(ran.err).toContain("add --allow-plugins");
  expect("loaded" in globalThis).toBe(false);
  expect(readdirSync(dirname(file)).sort()).toEqual(["tiny.yaml", "trap.mjs"]);
});

it("a plug-in that exports nothing of use, or what there is already, is wrong input", async () => {
  expect((await shardlab("check", withPlugin("export const x = 1;", "a.mjs"), "--allow-plugins")).err).toContain("exports no `parts`");
  const wrong = await shardlab(
    "check",
    withPlugin("export const parts = { sharding: { ring: {} }, frobnication: {} };", "b.mjs"),
    "--allow-plugins",
  );
  expect(wrong.status).toBe(2);
  expect(wrong.err).toContain("there is a sharding part called ring already");
  expect(wrong.err).toContain('"frobnication" is no part');
  const broken = await shardlab("check", withPlugin("export const parts = {", "c.mjs"), "--allow-plugins");
  expect(broken.status).toBe(2);
  expect(broken.err).toContain("could not be loaded");
});
