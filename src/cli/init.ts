/** `shardlab init`: a first scenario of one's own. Never overwrites anything. */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { starterScenario } from "../study/scenario/starter.ts";
import type { Given } from "./arguments.ts";
import { Exit, InputError } from "./exit.ts";
import { isCode, readIfThere } from "./files.ts";
import type { Terminal } from "./terminal.ts";

const DEFAULT_FILE = "scenario.yaml";

/** What the first line of a scenario points to. */
const SCHEMA_FILE = "scenario.schema.json";

/** The schema beside the scenario, so that editors complete and check it; one that is there already stays. */
async function writeSchema(path: string, terminal: Terminal): Promise<void> {
  const { schemaText } = await import("./schema.ts");
  const text = await schemaText();
  try {
    writeFileSync(path, text, { flag: "wx" });
    terminal.say(`${path} is what the scenario's first line names: editors complete and check by it`);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    if (readIfThere(path) !== text) terminal.say(`${path} is there already and is of another version; shardlab schema prints this one's`);
  }
}

/** The command. Gives the exit status. */
export async function init(given: Given, terminal: Terminal): Promise<number> {
  const file = given.positionals[0] ?? DEFAULT_FILE;
  const name = basename(file).replace(/\.ya?ml$/u, "");
  if (name === basename(file)) throw new InputError([`${file}: a scenario's file ends in .yaml; write ${file}.yaml`]);
  if (!/^[\w][\w.-]*$/u.test(name))
    throw new InputError([`${file}: the scenario is named after its file, so use letters, digits, dots, dashes and underscores`]);
  mkdirSync(dirname(file), { recursive: true });
  try {
    // The flag makes the file or fails: nothing can come between looking and writing.
    writeFileSync(file, starterScenario(name), { flag: "wx" });
  } catch (error) {
    if (isCode(error, "EEXIST")) throw new InputError([`${file} is there already and stays as it is; name another file`]);
    throw error;
  }
  terminal.print(`${file}\n`);
  await writeSchema(join(dirname(file), SCHEMA_FILE), terminal);
  terminal.say(`Now: shardlab run ${file}`);
  return Exit.Held;
}
