/** The lint rules of what runs inside a simulation: each ban bites there, and only there. */
import { ESLint } from "eslint";
import { expect, it } from "vitest";
import tseslint from "typescript-eslint";

// The snippets are in no project, so the rules that need types are off; no ban needs them.
const eslint = new ESLint({ overrideConfig: [{ files: ["**/*.ts"], ...tseslint.configs.disableTypeChecked }] as never });

const complaints = async (code: string, folder: string): Promise<readonly string[]> => {
  const results = await eslint.lintText(code, { filePath: `src/${folder}/snippet.ts` });
  return results.flatMap((file) => file.messages.map(({ ruleId, message }) => ruleId ?? message));
};

const PURE = ["base", "modules/sharding", "simulator/kernel", "study/stats", "report/charts"];

/** What is banned, a snippet that does it and nothing else wrong, the rule that says so, whether cli may do it. */
const BANS: readonly (readonly [what: string, code: string, rule: string, inCli: "cli may" | "nobody may"])[] = [
  ["Date", "export const f = () => new Date(0);", "no-restricted-globals", "cli may"],
  ["Date.now", "export const f = () => Date.now();", "no-restricted-globals", "cli may"],
  ["performance", "export const f = () => performance.now();", "no-restricted-globals", "cli may"],
  ["crypto", "export const f = () => crypto.randomUUID();", "no-restricted-globals", "cli may"],
  ["setTimeout", "export const f = (g: () => void) => setTimeout(g, 1);", "no-restricted-globals", "cli may"],
  ["setInterval", "export const f = (g: () => void) => setInterval(g, 1);", "no-restricted-globals", "cli may"],
  ["setImmediate", "export const f = (g: () => void) => setImmediate(g);", "no-restricted-globals", "cli may"],
  ["queueMicrotask", "export const f = (g: () => void) => queueMicrotask(g);", "no-restricted-globals", "cli may"],
  ["process", "export const f = () => process.exit(1);", "no-restricted-globals", "cli may"],
  ["console", "export const f = () => console.log(1);", "no-restricted-globals", "cli may"],
  ["fetch", "export const f = () => fetch('x');", "no-restricted-globals", "cli may"],
  ["Intl", "export const f = () => new Intl.NumberFormat();", "no-restricted-globals", "cli may"],
  ["Buffer", "export const f = () => Buffer.alloc(1);", "no-restricted-globals", "cli may"],
  ["WeakRef", "export const f = (a: object) => new WeakRef(a);", "no-restricted-globals", "cli may"],
  ["globalThis as a way round", "export const f = () => globalThis.Date.now();", "no-restricted-globals", "cli may"],
  ["Math.random", "export const f = () => Math.random();", "no-restricted-properties", "cli may"],
  ["Math.random by destructuring", "export const { random } = Math;", "no-restricted-properties", "cli may"],
  ["Math.pow", "export const f = (a: number) => Math.pow(a, 2);", "no-restricted-properties", "cli may"],
  ["Math['pow']", "export const f = (a: number) => Math['pow'](a, 2);", "no-restricted-properties", "cli may"],
  ["localeCompare", "export const f = (a: string, b: string) => a.localeCompare(b);", "no-restricted-properties", "cli may"],
  ["toLocaleString", "export const f = (a: number) => a.toLocaleString();", "no-restricted-properties", "cli may"],
  ["toLocaleUpperCase", "export const f = (a: string) => a.toLocaleUpperCase();", "no-restricted-properties", "cli may"],
  ["**", "export const f = (a: number) => a ** 2;", "no-restricted-syntax", "cli may"],
  ["**=", "export const f = (a: number) => { let b = a; b **= 2; return b; };", "no-restricted-syntax", "cli may"],
  ["an async function", "export async function f() {}", "no-restricted-syntax", "cli may"],
  ["an async arrow", "export const f = async () => {};", "no-restricted-syntax", "cli may"],
  ["await at the top", "export const f = await g();", "no-restricted-syntax", "cli may"],
  ["a module-level let", "let count = 0; export const f = () => (count += 1);", "no-restricted-syntax", "cli may"],
  ["an exported module-level let", "export let count = 0; export const f = () => (count += 1);", "no-restricted-syntax", "cli may"],
  ["null", "export const f = () => null;", "no-restricted-syntax", "cli may"],
  ["null as a type", "export type F = string | null;", "no-restricted-syntax", "cli may"],
  ["loading code while running", "export const f = () => import('./a.ts');", "no-restricted-syntax", "cli may"],
  ["import of node:fs", "export { readFileSync } from 'node:fs';", "no-restricted-imports", "cli may"],
  ["import of fs", "export { readFileSync } from 'fs';", "no-restricted-imports", "cli may"],
  ["import of fs/promises", "export { readFile } from 'fs/promises';", "no-restricted-imports", "cli may"],
  ["enum", "export enum Colour { Red }", "no-restricted-syntax", "nobody may"],
  ["a default export", "const f = 1; export default f;", "no-restricted-syntax", "nobody may"],
  ["a default export by name", "const f = 1; export { f as default };", "no-restricted-syntax", "nobody may"],
  ["a barrel", "export * from './a.ts';", "no-restricted-syntax", "nobody may"],
  ["any", "export const f = (a: any): unknown => a;", "@typescript-eslint/no-explicit-any", "nobody may"],
];

it.each(BANS)("%s is refused below cli: %s", async (_what, code, rule) => {
  for (const folder of PURE) expect(new Set(await complaints(code, folder))).toEqual(new Set([rule]));
});

it.each(BANS)("%s in cli: %s by %s, %s", async (_what, code, rule, inCli) => {
  expect(new Set(await complaints(code, "cli"))).toEqual(new Set(inCli === "cli may" ? [] : [rule]));
});

it.each([
  ["a function's own let", "export const f = () => { let n = 0; n += 1; return n; };"],
  ["Math.exp and Math.log", "export const f = (x: number, y: number) => Math.exp(y * Math.log(x));"],
  ["a folder named like a module of Node", "export { a } from '../cluster/process.ts';"],
  ["a local name like a banned one", "export const f = (process: { readonly id: number }) => process.id;"],
  ["undefined", "export const f = () => undefined;"],
])("%s is welcome below cli", async (_what, code) => {
  for (const folder of PURE) expect(await complaints(code, folder)).toEqual([]);
});
