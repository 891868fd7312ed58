/**
 * Makes scenarios/synthetic-trace.csv, in the seven columns of Twitter's cache traces: timestamp in seconds, key, key size,
 * value size, client id, operation, time to live. Nobody's data: 12 s of 120 requests a second, but 300 in the sixth and
 * seventh, for 400 keys of which the i-th is asked for with weight 1/i, three gets to a set, by 20 clients. A linear
 * congruential generator of its own (Knuth's MMIX constants) makes the same file everywhere.
 *
 *     node tools/make-trace.mjs            writes the file
 *     node tools/make-trace.mjs --print    prints it
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SECONDS = 12;
const KEYS = 400;
const CLIENTS = 20;

let state = 20260101n;
/** Uniform in [0, 1). */
function uniform() {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
  return Number(state >> 11n) / 9_007_199_254_740_992;
}
/** @param {number} bound */
const below = (bound) => Math.floor(uniform() * bound);

const total = Array.from({ length: KEYS }, (_, i) => 1 / (i + 1)).reduce((sum, weight) => sum + weight, 0);
function rank() {
  let left = uniform() * total;
  let at = 0;
  for (; at < KEYS - 1 && left >= 1 / (at + 1); at += 1) left -= 1 / (at + 1);
  return at;
}

const lines = [];
for (let second = 0; second < SECONDS; second += 1) {
  const requests = second === 5 || second === 6 ? 300 : 120;
  for (let i = 0; i < requests; i += 1) {
    const key = `user:${String(rank()).padStart(4, "0")}`;
    const isSet = below(4) === 0;
    lines.push(
      `${second},${key},${key.length},${isSet ? 50 + below(400) : 0},${below(CLIENTS)},${isSet ? "set" : "get"},${isSet ? 3600 : 0}`,
    );
  }
}
const text = `${lines.join("\n")}\n`;
if (process.argv.includes("--print")) process.stdout.write(text);
else writeFileSync(fileURLToPath(new URL("../scenarios/synthetic-trace.csv", import.meta.url)), text);
