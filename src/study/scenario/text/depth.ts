/** How deep a text nests, before anything recursive sees it: the composer of `yaml` overflows the stack some 800 deep. */
import { Lexer } from "yaml";

/** The format nests about ten deep; the rest is head-room for part options. */
export const DEPTH_MAX = 64;
/** A nested block begins at least one column to the right: no line of a scenario has an item or key indented this far. */
const COLUMN_MAX = 200;

/** Tokens of the lexer that stand for no text: byte order mark, starts of documents and of scalars, ends of broken flows. */
const EMPTY_TOKENS: readonly string[] = ["\u0002", "\u0018", "\u001F"];

/** The offset at which `text` nests deeper than a scenario can; undefined when it does not. */
export function tooDeepAt(text: string): number | undefined {
  let offset = 0;
  let lineStart = 0;
  let flow = 0;
  for (const token of new Lexer().lex(text)) {
    if (EMPTY_TOKENS.includes(token)) continue;
    if (token === "[" || token === "{") flow += 1;
    else if (token === "]" || token === "}") flow = Math.max(0, flow - 1);
    const isBlockIndicator = flow === 0 && (token === "-" || token === "?" || token === ":");
    // Of a key, the colon is what the lexer shows: its column counts only where nothing but blanks stand before the key.
    const column = token === ":" ? indentAt(text, lineStart) : offset - lineStart;
    if (flow > DEPTH_MAX || (isBlockIndicator && column > COLUMN_MAX)) return offset;
    offset += token.length;
    const newline = token.lastIndexOf("\n");
    if (newline >= 0) lineStart = offset - (token.length - newline - 1);
  }
  return undefined;
}

function indentAt(text: string, lineStart: number): number {
  let end = lineStart;
  while (text[end] === " ") end += 1;
  return end - lineStart;
}
