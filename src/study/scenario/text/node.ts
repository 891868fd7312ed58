/**
 * A scenario's text as a tree in which every value knows its place, so that files can be merged and a problem still
 * points to the line where its value was written.
 */
import { isMap } from "./data.ts";

/** A file, or one override of the command line. */
export interface Source {
  readonly name: string;
  readonly text: string;
  /** Offset at which each line starts. */
  readonly lines: readonly number[];
  /** Order in which problems are listed: 0 the scenario, then its bases, then overrides. */
  readonly rank: number;
}

export interface Place {
  readonly source: Source;
  readonly offset: number;
  /** In its own file: `common.failover.monitor`, whatever it was merged into. */
  readonly path: string;
}

export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: "scalar";
  readonly place: Place;
  /** `undefined` is YAML's null: a key without a value. */
  readonly value: string | number | boolean | undefined;
  /** Where the text itself begins (after a quote); undefined where offsets in it do not map to the file (folded, escaped). */
  readonly textAt: number | undefined;
  /** A problem with it has been reported where it was read; checks keep silent. */
  readonly spoilt: boolean;
}

export interface ListNode {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly Node[];
}

export interface MapNode {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly key: Place;
  readonly value: Node;
}

export function makeSource(name: string, text: string, rank: number): Source {
  const lines = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines.push(at + 1);
  return { name, text, lines, rank };
}

/** Line and column, from 1. */
export function positionOf(source: Source, offset: number): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = source.lines.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((source.lines[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (source.lines[low] ?? 0) + 1 };
}

/** The text of a line (from 1), without its end. */
export function textOfLine(source: Source, line: number): string {
  const start = source.lines[line - 1] ?? 0;
  const end = source.lines[line] ?? source.text.length + 1;
  return source.text.slice(start, end - 1).replace(/\r$/u, "");
}

/** A tree of plain data, all of which stands at one place. */
export function nodeOf(data: unknown, place: Place): Node {
  if (Array.isArray(data)) return { kind: "list", place, items: data.map((item: unknown) => nodeOf(item, place)) };
  if (isMap(data))
    return {
      kind: "map",
      place,
      entries: new Map(Object.entries(data).map(([name, value]): [string, Entry] => [name, { key: place, value: nodeOf(value, place) }])),
    };
  return { kind: "scalar", place, value: data as ScalarNode["value"], textAt: undefined, spoilt: false };
}

export const emptyMap = (place: Place): MapNode => ({ kind: "map", place, entries: new Map() });

/** The value of `key`, if `node` is a map that has it. */
export function child(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === "map" ? node.entries.get(key)?.value : undefined;
}

/** The value of `key`, unless the key stands there without one: then it is as if it were left out. */
export function given(node: Node | undefined, key: string): Node | undefined {
  const found = child(node, key);
  return found?.kind === "scalar" && found.value === undefined ? undefined : found;
}

/** The values in a list, or the one value that stands in its place. */
export function scalarsOf(node: Node | undefined): readonly ScalarNode[] {
  const nodes = node === undefined ? [] : node.kind === "list" ? node.items : [node];
  return nodes.flatMap((item) => (item.kind === "scalar" ? [item] : []));
}

/** `path` extended by a key or a list position. */
export function joinPath(path: string, step: string | number): string {
  if (typeof step === "number") return `${path}[${step}]`;
  return path === "" ? step : `${path}.${step}`;
}

export type Steps = readonly (string | number)[];

/** What stands at `steps` below `root`: the node, or the deepest one on the way and how many steps were made. */
export function descend(root: Node, steps: Steps): { readonly node: Node; readonly key: Place | undefined; readonly made: number } {
  let node = root;
  let key: Place | undefined;
  let made = 0;
  for (const step of steps) {
    const entry = node.kind === "map" ? node.entries.get(String(step)) : undefined;
    const next = entry?.value ?? (node.kind === "list" && typeof step === "number" ? node.items[step] : undefined);
    if (next === undefined) break;
    node = next;
    key = entry?.key;
    made += 1;
  }
  return { node, key, made };
}

/** The tree as plain data. A key without a value is there, and undefined: it takes its default as if it were left out. */
export function plain(node: Node): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(plain);
    case "map":
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
  }
}
