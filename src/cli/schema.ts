/** `shardlab schema`: the JSON schema of scenario files, for editors. */
import { scenarioJsonSchema } from "../study/scenario/json-schema.ts";
import { catalogue } from "./catalogue.ts";
import { Exit } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** The command. Gives the exit status. */
export async function schema(terminal: Terminal): Promise<number> {
  terminal.print(await schemaText());
  return Exit.Held;
}

/** The schema as it stands in scenarios/scenario.schema.json, with an end of line. */
export async function schemaText(): Promise<string> {
  const { registry, metrics, invariants } = await catalogue();
  const names = Object.keys(metrics).filter((name) => metrics[name]?.notBuilt !== true);
  return `${JSON.stringify(scenarioJsonSchema(registry, names, invariants), undefined, 2)}\n`;
}
