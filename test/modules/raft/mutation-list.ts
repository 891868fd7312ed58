/** The small ways in which the sources of `src/modules/raft` can be changed, as Stryker's instrumenter knows them. */
import { createInstrumenter } from "@stryker-mutator/instrumenter";
import { sourceOf } from "./mutate.ts";

/** A change is known by its file, the text of its line, the text that was changed, and what it became: line numbers move. */
export interface Change {
  readonly file: string;
  readonly line: string;
  readonly from: string;
  readonly to: string;
  /** Where several changes of a file are the same in all that: which of them, from 1. */
  readonly which?: number;
}

export interface Mutation {
  readonly change: Change;
  /** The line's number as the file stands, from 1. */
  readonly number: number;
  /** The whole text of the file, changed. */
  readonly source: string;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

interface Instrumenter {
  readonly instrument: (
    files: readonly object[],
    options: object,
  ) => Promise<{ mutants: readonly { fileName: string; replacement: string; location: { start: Place; end: Place } }[] }>;
}

export const keyOf = ({ file, line, from, to, which }: Change): string => JSON.stringify([file, line, from, to, which ?? 0]);

/** Every change of `file`, in the order in which the instrumenter meets them. */
export async function mutationsOf(file: string): Promise<readonly Mutation[]> {
  const text = sourceOf(file);
  const options = { plugins: null, excludedMutations: [], ignorers: [], noHeader: false, disableTypeChecks: false };
  const { mutants } = await instrumenter().instrument([{ name: file, mutate: true, content: text }], options);
  const mutations = mutants.map(({ replacement, location }): Mutation => {
    const [start, end] = [offset(text, location.start), offset(text, location.end)];
    const line = text.slice(text.lastIndexOf("\n", start - 1) + 1).split("\n", 1)[0]!;
    return {
      change: { file, line: line.trim(), from: tidy(text.slice(start, end)), to: tidy(replacement) },
      number: location.start.line + 1,
      source: text.slice(0, start) + replacement + text.slice(end),
    };
  });
  return mutations.map((mutation) => {
    const alike = mutations.filter(({ change }) => keyOf(change) === keyOf(mutation.change));
    if (alike.length === 1) return mutation;
    return { ...mutation, change: { ...mutation.change, which: alike.indexOf(mutation) + 1 } };
  });
}

function instrumenter(): Instrumenter {
  const quiet = (): void => undefined;
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, trace: quiet, fatal: quiet, isDebugEnabled: () => false };
  const injector = { provideValue: () => injector, injectClass: (Made: new (logger: object) => unknown) => new Made(logger) };
  return createInstrumenter(injector as never) as unknown as Instrumenter;
}

/** Lines count from 0, as the instrumenter has them. */
function offset(text: string, { line, column }: Place): number {
  let at = 0;
  for (let passed = 0; passed < line; passed += 1) at = text.indexOf("\n", at) + 1;
  return at + column;
}

function tidy(text: string): string {
  return text.replaceAll(/\s+/gu, " ").trim();
}
