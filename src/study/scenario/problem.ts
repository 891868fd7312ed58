/** What is wrong with a scenario, as data: where, what, and how to mend it. All problems of a file are reported at once. */
import type { Place, Source } from "./text/node.ts";
import { positionOf, textOfLine } from "./text/node.ts";

export interface Problem {
  /** As the reader was given it; `--set 2` for the second override on the command line. */
  readonly file: string;
  /** From 1. Columns count UTF-16 code units, as editors do. */
  readonly line: number;
  readonly column: number;
  /** The key in question, as `faults[0].at`; empty for the file as a whole. */
  readonly path: string;
  readonly fault: string;
  readonly mend: string;
  /** The whole line of the file, without its end. */
  readonly sourceLine: string;
}

/** Gathers problems while a scenario is read, so that one mistake does not hide the next. */
export interface Problems {
  /** `path` when it differs from the place's own (a missing key has the place of its parent). */
  readonly add: (place: Place, fault: string, mend: string, path?: string) => void;
  /** Of a file that is no part of the scenario's text. */
  readonly addOf: (problem: Problem) => void;
  readonly count: () => number;
  /** In the order of files (the scenario, its bases, overrides), then of places; one mistake seen by several strategies once. */
  readonly list: () => readonly Problem[];
}

interface Found {
  readonly source: Pick<Source, "rank">;
  readonly offset: number;
  readonly problem: Problem;
}

/** Files of data are listed behind the scenario and its bases. */
const DATA_RANK = 900_000;

export function collectProblems(): Problems {
  const found: Found[] = [];
  const seen = new Set<string>();
  const add: Problems["add"] = (place, fault, mend, path = place.path) => {
    const { source, offset } = place;
    const { line, column } = positionOf(source, offset);
    const problem = { file: source.name, line, column, path, fault, mend, sourceLine: textOfLine(source, line) };
    const identity = JSON.stringify([problem.file, offset, path, fault]);
    if (seen.has(identity)) return;
    seen.add(identity);
    found.push({ source, offset, problem });
  };
  const addOf: Problems["addOf"] = (problem) => {
    const identity = JSON.stringify([problem.file, problem.line, problem.column, problem.fault]);
    if (seen.has(identity)) return;
    seen.add(identity);
    found.push({ source: { rank: DATA_RANK }, offset: 0, problem });
  };
  return {
    add,
    addOf,
    count: () => found.length,
    // The sort is stable: problems of one place stay in the order in which they were found.
    list: () => [...found].sort((a, b) => a.source.rank - b.source.rank || a.offset - b.offset).map(({ problem }) => problem),
  };
}

/** Lines longer than this are shown in part, around the caret. */
const SHOWN = 140;

/** `file:line:column path: fault; mend`, then the source line and a caret under the place. Three lines, or one where the line is blank; no end of line. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, fault, mend, sourceLine } = problem;
  const head = onOneLine(`${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${fault}${mend === "" ? "" : `; ${mend}`}`);
  if (sourceLine.trim() === "") return head;
  const at = column - 1;
  const start = sourceLine.length <= SHOWN ? 0 : Math.max(0, Math.min(at - SHOWN / 2, sourceLine.length - SHOWN));
  const before = start > 0 ? "…" : "";
  const after = start + SHOWN < sourceLine.length ? "…" : "";
  const shown = before + printable(sourceLine.slice(start, start + SHOWN)) + after;
  // Tabs stay tabs, so that the caret stands under its character however wide the terminal makes them.
  const lead = printable(sourceLine.slice(start, at)).replace(/[^\t]/gu, " ");
  return `${head}\n    ${shown}\n    ${before === "" ? "" : " "}${lead}^`;
}

/** Names and values come from the file: what could move a cursor, end a line or turn the direction of text is replaced. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const onOneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f]/gu, "\uFFFD");

/** Control characters would move the cursor of a terminal: shown as a replacement character. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const printable = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2060-\u206f]/gu, "\uFFFD");
