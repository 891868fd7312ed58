/** The parsed document of the `yaml` library to our tree: places, unique keys, bounded size, distributions torn at a comma. */
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Alias, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { DEPTH_MAX } from "./depth.ts";
import type { Problems } from "../problem.ts";
import { joinPath, positionOf } from "./node.ts";
import type { Entry, Node, Place, ScalarNode } from "./node.ts";
import { COMMA, tornPieces } from "./torn.ts";
import type { Torn } from "./torn.ts";

/** Values after aliases are expanded: a generous scenario has a few hundred. Stops alias bombs. */
const VALUES_MAX = 100_000;

interface Built {
  readonly node: Node;
  /** Values in it, aliases expanded. */
  readonly size: number;
}

interface Walk {
  readonly problems: Problems;
  /** Trees of anchors already built. Aliases share them, so a bomb costs no memory before it is refused. */
  readonly anchors: Map<string, Built | "open">;
  /** The whole document is unusable: stop, quietly. */
  refused: boolean;
}

/** What the library has for a key without a value is neither node nor undefined. */
type Piece = YAMLMap.Parsed["items"][number]["value"];

/** The tree of `contents`, whose root stands at `root`; undefined when problems have been added that leave none. */
export function treeOf(contents: ParsedNode, root: Place, problems: Problems): Node | undefined {
  const walk: Walk = { problems, anchors: new Map(), refused: false };
  const { node } = build(contents, root, 0, walk);
  return walk.refused ? undefined : node;
}

/** `at` has the path of the node, and the offset to use where the node has none of its own: a key without a value. */
function build(node: Piece, at: Place, depth: number, walk: Walk): Built {
  if (!node || walk.refused) return { node: blank(at, walk.refused), size: 1 };
  const place = { ...at, offset: node.range[0] };
  if (depth > DEPTH_MAX) return refuse(place, "values are nested too deeply", `nest at most ${DEPTH_MAX} deep`, walk);
  if (isAlias(node)) return aliased(node, place, walk);
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, "open");
  const built = isMap(node)
    ? buildMap(node, place, depth, walk)
    : isSeq(node)
      ? buildList(node, place, depth, walk)
      : { node: scalar(node, place), size: 1 };
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, built);
  if (built.size > VALUES_MAX) {
    return refuse(
      place,
      `aliases expand to more than ${VALUES_MAX} values`,
      "write the values out, or share them through common: or extends:",
      walk,
    );
  }
  return built;
}

const blank = (place: Place, spoilt: boolean): ScalarNode => ({ kind: "scalar", place, value: undefined, textAt: undefined, spoilt });

function refuse(place: Place, fault: string, mend: string, walk: Walk): Built {
  // Whatever holds the refused value is too large or too deep as well: said once.
  if (!walk.refused) walk.problems.add(place, fault, mend);
  walk.refused = true;
  return { node: blank(place, true), size: 1 };
}

function aliased(alias: Alias.Parsed, place: Place, walk: Walk): Built {
  const target = walk.anchors.get(alias.source);
  if (target !== undefined && target !== "open") return target;
  if (target === undefined)
    return refuse(place, `the alias *${alias.source} has no anchor before it`, `mark a value with &${alias.source}, or write it out`, walk);
  return refuse(place, `the alias *${alias.source} stands inside its own anchor`, "a value cannot contain itself: write it out", walk);
}

function buildList(list: YAMLSeq.Parsed, place: Place, depth: number, walk: Walk): Built {
  const built = list.items.map((item, index) => build(item, { ...place, path: joinPath(place.path, index) }, depth + 1, walk));
  const torn = tornPieces(
    built.map(({ node }) => ({ text: textOf(node), continues: node.kind === "scalar" && typeof node.value === "string" })),
  );
  for (const { first, next } of torn) reportTorn(built[first]?.node.place, built[next]?.node.place, walk);
  const items = built.flatMap(({ node }, index) => (isDropped(index, torn) ? [] : [isTorn(index, torn) ? spoil(node) : node]));
  return { node: { kind: "list", place, items }, size: sizeOf(built) };
}

function buildMap(map: YAMLMap.Parsed, place: Place, depth: number, walk: Walk): Built {
  const pairs = map.items as readonly Pair<ParsedNode, Piece>[];
  const read = pairs.map(({ key, value }) => {
    const text = keyText(key);
    const at = { ...place, offset: key.range[0], path: text === undefined ? place.path : joinPath(place.path, text) };
    return { text, key: at, ...build(value, at, depth + 1, walk) };
  });
  const torn = tornPieces(
    read.map(({ text, node }) => (isBlank(node) ? { text: text ?? "", continues: true } : { text: textOf(node), continues: false })),
  );
  for (const { first, next } of torn) reportTorn(read[first]?.key, read[next]?.key, walk);
  const entries = new Map<string, Entry>();
  for (const [index, { text, key, node }] of read.entries()) {
    if (isDropped(index, torn)) continue;
    if (text === undefined) walk.problems.add(key, "a key must be plain text", "is a colon, a brace or a question mark out of place?");
    else if (text.includes("(") || text.includes(")")) walk.problems.add(key, COMMA.fault, COMMA.mend, place.path);
    else if (text === "__proto__") walk.problems.add(key, "unknown key", "remove it");
    else if (entries.has(text))
      walk.problems.add(key, `the key is given twice, first in line ${lineOf(entries.get(text))}`, "remove one of them");
    else entries.set(text, { key, value: isTorn(index, torn) ? spoil(node) : node });
  }
  return { node: { kind: "map", place, entries }, size: sizeOf(read) };
}

const sizeOf = (built: readonly Built[]): number => built.reduce((sum, { size }) => sum + size, 1);
const isDropped = (index: number, torn: readonly Torn[]): boolean => torn.some(({ next, end }) => index >= next && index < end);
const isTorn = (index: number, torn: readonly Torn[]): boolean => torn.some(({ first }) => index === first);
const isBlank = (node: Node): boolean => node.kind === "scalar" && node.value === undefined;
const textOf = (node: Node): string => (node.kind === "scalar" && typeof node.value === "string" ? node.value : "");
const spoil = (node: Node): Node => (node.kind === "scalar" ? { ...node, spoilt: true } : node);
const lineOf = (entry: Entry | undefined): number => (entry === undefined ? 0 : positionOf(entry.key.source, entry.key.offset).line);

/** The place is that of the piece after the comma; the path that of the value it was torn from. */
function reportTorn(first: Place | undefined, next: Place | undefined, walk: Walk): void {
  if (first !== undefined && next !== undefined) walk.problems.add(next, COMMA.fault, COMMA.mend, first.path);
}

/** The text of a key: numbers and booleans as they were written. */
function keyText(key: ParsedNode): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === "string" ? key.value : key.source;
}

function scalar(node: Scalar.Parsed, place: Place): ScalarNode {
  const { value, type, source, range } = node;
  if (typeof value === "number" || typeof value === "boolean") return { kind: "scalar", place, value, textAt: range[0], spoilt: false };
  if (typeof value !== "string") return blank(place, false);
  const quoted = type === "QUOTE_SINGLE" || type === "QUOTE_DOUBLE";
  // Offsets inside the text map to the file only where each character stands for itself, on one line.
  const direct =
    (type === "PLAIN" && source === value && range[1] - range[0] === value.length) || (quoted && range[1] - range[0] === value.length + 2);
  return { kind: "scalar", place, value, textAt: direct ? range[0] + (quoted ? 1 : 0) : undefined, spoilt: false };
}
