/**
 * The command line's grammar on yargs: commands as data, strict, with every wrong option named at once and a guess at what was
 * meant. Values stay text until a command reads them, so that "3.0" or "1e3" is never silently something else.
 */
import { closest, distance } from "fastest-levenshtein";
import yargs, { type Argv } from "yargs";
import { InputError } from "./exit.ts";

export interface OptionShape {
  /** `flag` takes no value, `text` one, `texts` one each time it is given. */
  readonly kind: "flag" | "text" | "texts";
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export interface CommandShape {
  readonly name: string;
  /** Positional arguments as yargs writes them: `<scenario..>`, `[topic]`. */
  readonly positionals: string;
  readonly help: string;
  readonly options: Readonly<Record<string, OptionShape>>;
  readonly examples: readonly (readonly [command: string, what: string])[];
}

/** What was given, by name. Reading a value that is wrong throws an InputError. */
export interface Given {
  readonly positionals: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
  /** A whole number from `least` to `most`. */
  readonly whole: (name: string, least: number, most?: number) => number | undefined;
}

export type Parsed =
  | { readonly kind: "command"; readonly command: string; readonly given: Given }
  /** Help or the version: to be printed, and that is all. */
  | { readonly kind: "text"; readonly text: string };

/** Reads the command line; help is no wider than `columns`. Throws an InputError that names all that is wrong with it. */
export async function parseArguments(
  argv: readonly string[],
  commands: readonly CommandShape[],
  version: string,
  columns: number,
): Promise<Parsed> {
  let chosen: { readonly shape: CommandShape; readonly values: Readonly<Record<string, unknown>> } | undefined;
  let printed = "";
  const parser = grammar(version, columns).fail((message: string, error: unknown) => {
    if (error instanceof Error) throw error;
    throw new InputError(explainFailure(message, argv, commands));
  });
  for (const shape of commands) {
    parser.command(
      `${shape.name} ${shape.positionals}`.trim(),
      shape.help,
      (builder) => withOptions(builder, shape),
      (values) => {
        chosen = { shape, values };
      },
    );
  }
  await parser.parseAsync([...argv], {}, (_error: unknown, _values: unknown, output: string) => {
    printed = output;
  });
  if (chosen === undefined) return { kind: "text", text: `${printed}\n` };
  const { shape, values } = chosen;
  const strays = (values["_"] as readonly unknown[]).slice(1);
  if (strays.length > 0) throw new InputError([`${strays.map(String).join(" ")}: nothing is read after --`]);
  return { kind: "command", command: shape.name, given: given(shape, values, argv) };
}

/** Wider help is hard to follow. */
const HELP_WIDEST = 100;

function grammar(version: string, columns: number): Argv {
  return yargs()
    .scriptName("shardlab")
    .detectLocale(false)
    .usage("$0 <command>\n\nSimulates sharded databases under load and failure, and compares strategies.")
    .epilogue("Exit status: 0 all held, 1 an expectation broke or is unknown, 2 the input is wrong, 3 our fault.")
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "greedy-arrays": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "strip-aliased": true,
    })
    .strict()
    .recommendCommands()
    .demandCommand(1, 1, "name a command; shardlab --help lists them")
    .exitProcess(false)
    .version(version)
    .help()
    .alias("help", "h")
    .wrap(Math.min(HELP_WIDEST, columns));
}

function withOptions(builder: Argv, shape: CommandShape): Argv {
  for (const [name, { kind, value, help }] of Object.entries(shape.options)) {
    const describe = value === undefined ? help : `${value}: ${help}`;
    builder.option(name, kind === "flag" ? { type: "boolean", describe } : { type: "string", array: kind === "texts", describe });
  }
  for (const [command, what] of shape.examples) builder.example(command, what);
  return builder;
}

function given(shape: CommandShape, values: Readonly<Record<string, unknown>>, argv: readonly string[]): Given {
  const placed = [...shape.positionals.matchAll(/[<[](\w+)(?:\.\.)?[>\]]/gu)].flatMap(([, name = ""]) => values[name] ?? []);
  const text = (name: string): string | undefined => {
    const found = values[name];
    if (Array.isArray(found)) throw new InputError([`--${name} is given more than once; give it once`]);
    if (found === undefined) return undefined;
    if (found === "") throw new InputError([`--${name} needs a value: ${shape.options[name]?.help ?? ""}`]);
    return typeof found === "string" ? found : undefined;
  };
  return {
    positionals: placed.map(String),
    flag: (name) => (Array.isArray(values[name]) ? values[name].at(-1) === true : values[name] === true),
    text,
    texts: (name) => {
      const found = ((values[name] as readonly unknown[] | undefined) ?? []).map(String);
      // Given without a value beside others that have one, yargs drops it.
      const isBare = found.length < timesGiven(argv, name);
      if (isBare || found.includes("")) throw new InputError([`--${name} needs a value: ${shape.options[name]?.help ?? ""}`]);
      return found;
    },
    whole: (name, least, most = Infinity) => {
      const found = text(name);
      if (found === undefined) return undefined;
      const number = /^\d{1,15}$/u.test(found) ? Number(found) : NaN;
      if (!(number >= least)) throw new InputError([`--${name}: "${found}" is not a whole number of at least ${least}`]);
      if (number > most) throw new InputError([`--${name}: ${found} is more than ${most}`]);
      return number;
    },
  };
}

/** How often an option was written, with or without a value. A value never begins with two dashes but after `=`. */
const timesGiven = (argv: readonly string[], name: string): number => argv.filter((word) => word.split("=")[0] === `--${name}`).length;

/** yargs' message as one of ours: every unknown option with what it may have meant. */
function explainFailure(message: string, argv: readonly string[], commands: readonly CommandShape[]): readonly string[] {
  const command = commands.find((one) => argv.includes(one.name));
  const unknown = /^Unknown arguments?: (?<names>.+)$/u.exec(message)?.groups?.["names"]?.split(", ");
  if (unknown !== undefined) {
    const stray = unknown[0] ?? "";
    if (command === undefined && !argv.some((word) => isOption(word, stray)))
      return [`no command "${stray}"; there are ${commands.map((one) => one.name).join(", ")}`];
    const known = Object.keys(command?.options ?? {});
    return unknown.map((name) =>
      argv.some((word) => isOption(word, name)) ? unknownOption(name, known, command) : `${name}: too many arguments`,
    );
  }
  const guess = /^Did you mean (?<name>\S+)\?$/u.exec(message)?.groups?.["name"];
  if (guess !== undefined) return [`no command "${argv.find((word) => !word.startsWith("-")) ?? ""}"; did you mean "${guess}"?`];
  if (message.startsWith("Not enough non-option arguments") && command !== undefined) {
    return [
      `${command.name} needs ${command.positionals.replace(/[<>]/gu, "").replace("..", "...").toUpperCase()}; shardlab ${command.name} --help explains`,
    ];
  }
  return [message];
}

const isOption = (word: string, name: string): boolean =>
  new Set([`--${name}`, `-${name}`]).has(word.split("=")[0] ?? "") || (/^-[^-]/u.test(word) && word.includes(name));

function unknownOption(name: string, known: readonly string[], command: CommandShape | undefined): string {
  const guess = suggestion(name, known);
  const where = command === undefined ? "" : ` of ${command.name}`;
  const dashes = name.length === 1 ? "-" : "--";
  return `${dashes}${name} is no option${where}; ${guess === undefined ? `shardlab ${command?.name ?? ""}${command === undefined ? "" : " "}--help lists them` : `did you mean --${guess}?`}`;
}

/** The known word that is nearest, if it is near enough to have been meant. */
export function suggestion(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const candidates = known.filter((one) => one.startsWith(word));
  if (candidates.length === 1) return candidates[0];
  const nearest = closest(word, [...known]);
  return distance(word, nearest) <= Math.max(2, Math.floor(nearest.length / 3)) ? nearest : undefined;
}
