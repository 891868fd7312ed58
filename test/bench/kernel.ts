/** Prints the kernel's speed beside its limits: `npx tsx test/bench/kernel.ts [PAIRS [SCALE]]`. The same as `shardlab bench kernel`. */
import { benchKernel } from "../../src/cli/bench/kernel.ts";

const [pairs = "5", scale = "1"] = process.argv.slice(2);

await benchKernel({
  pairs: Number(pairs),
  scale: Number(scale),
  onRow: ({ name, against, kind, target, ratio, held, detail }) => {
    const figures = ratio === undefined ? "" : `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`;
    const verdict = ratio === undefined ? "not measured" : held ? "held" : "MISSED";
    process.stdout.write(
      `${verdict.padEnd(13)}${name.padEnd(36)}${figures.padEnd(26)}${kind === "cost" ? "<=" : ">="} ${target} x ${against}; ${detail}\n`,
    );
  },
});
