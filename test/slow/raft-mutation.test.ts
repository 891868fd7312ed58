/** The judge of mutants must let the module pass as it is, and outlive mutants that run for ever or fill the memory. */
import { afterAll, expect, it } from "vitest";
import { createJudge } from "../modules/raft/mutation-process.ts";
import { sourceOf } from "../modules/raft/mutate.ts";

const judge = createJudge();
afterAll(() => judge.stop());

const FILE = "quorum.ts";
const HEAD = "let count = 0;";

/** The module with a statement before it counts who has reached what. */
function changed(statement: string): { readonly file: string; readonly source: string } {
  const source = sourceOf(FILE);
  expect(source.split(HEAD).length).toBeGreaterThan(1);
  return { file: FILE, source: source.replace(HEAD, `${statement} ${HEAD}`) };
}

it("a mutant that does what the module does is not noticed, one that does not is: by a claim, by its loop, by its death", async () => {
  expect(await judge.judge(changed("for (;;);"))).toEqual({ noticed: "no end" });
  expect(await judge.judge(changed("for (let at = 0; ; at += 1) scratch[at] = at;"))).toEqual({ noticed: "no end" });
  expect(await judge.judge(changed("if (peers.length > 1) return 0;"))).toEqual({ noticed: "claim" });
  expect(await judge.judge(changed("1;"))).toEqual({});
}, 180_000);
