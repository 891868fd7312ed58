/** A process for one measurement: `child.js MODEL NUMBERS...` prints what it cost as one line of JSON. */
import { hold, queueOnKernel, step } from "./models.ts";
import { queueOnSimjs } from "./peers.ts";
import { jumpLookups, ringLookups } from "./sharding-peers.ts";
import { schemeCost } from "./sharding-schemes.ts";
import { commitEntries, figure16 } from "./raft-model.ts";

const [model = "", first = "0", second = "0", third = "0"] = process.argv.slice(2);

async function measure(): Promise<object | undefined> {
  switch (model) {
    case "hold":
      return hold(Number(first), Number(second));
    case "step":
      return step(Number(first), Number(second));
    case "queue":
      return queueOnKernel(Number(first));
    case "raft":
      return commitEntries(Number(first), Number(second), false);
    case "raft-watched":
      return commitEntries(Number(first), Number(second), true);
    case "figure16":
      return figure16(Number(first));
    case "simjs":
      return queueOnSimjs(Number(first));
    case "ring":
      return ringLookups(first, Number(second), Number(third));
    case "jump":
      return jumpLookups(first, Number(second), Number(third));
    case "scheme":
      return schemeCost(first, Number(second));
    default:
      throw new Error(`no model named ${model}`);
  }
}

process.stdout.write(`${JSON.stringify((await measure()) ?? {})}\n`);
