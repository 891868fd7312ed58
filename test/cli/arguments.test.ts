import { expect, it } from "vitest";
import { suggestion } from "../../src/cli/arguments.ts";
import { main } from "../../src/cli/cli.ts";
import { fakeTerminal, shardlab } from "./harness.ts";

const wrong = async (...argv: readonly string[]): Promise<string> => {
  const { status, out, err } = await shardlab(...argv);
  expect(status).toBe(2);
  expect(out).toBe("");
  expect(err).not.toMatch(/^\s+at /mu);
  return err;
};

it("a misspelt option is named with what it may have meant, all of them at once", async () => {
  expect(await wrong("run", "x.yaml", "--stratgy", "a", "--repeat", "3", "--zzz")).toBe(
    "--stratgy is no option of run; did you mean --strategy?\n--repeat is no option of run; did you mean --repeats?\n--zzz is no option of run; shardlab run --help lists them\n",
  );
});

it("a misspelt command is named with what it may have meant", async () => {
  expect(await wrong("rnu", "x.yaml")).toBe('no command "rnu"; did you mean "run"?\n');
  expect(await wrong("frobnicate")).toMatch(/^no command "frobnicate"; there are run, check/u);
});

it("what later issues build is refused as not built yet", async () => {
  expect(await wrong("sweep", "x.yaml")).toBe("sweep is not built yet\n");
  expect(await wrong("run", "x.yaml", "--format", "parquet,html,foo")).toMatch(/^--format: there is no format "foo"; there are html, /u);
});

it("a number that is none, is too small or is given twice is refused", async () => {
  expect(await wrong("run", "x.yaml", "--repeats", "0")).toBe('--repeats: "0" is not a whole number of at least 1\n');
  expect(await wrong("run", "x.yaml", "--jobs", "1.5")).toMatch(/"1\.5" is not a whole number/u);
  expect(await wrong("run", "x.yaml", "--seed", "1e3")).toMatch(/"1e3" is not a whole number/u);
  expect(await wrong("run", "x.yaml", "--seed=-3")).toMatch(/"-3" is not a whole number/u);
  expect(await wrong("run", "x.yaml", "--seed", "1", "--seed", "2")).toMatch(/--seed is given more than once/u);
  expect(await wrong("run", "x.yaml", "--out")).toMatch(/--out needs a value/u);
});

it("an option that may be given again needs its value each time, whichever of them is bare", async () => {
  for (const given of [["--set"], ["--set", "a=b", "--set"], ["--set", "--set=a=b"], ["--set=a=b", "--set", "--repeats", "2"], ["--set="]])
    expect([given, await wrong("run", "x.yaml", ...given)]).toEqual([
      given,
      "--set needs a value: lay this on the file; can be given again\n",
    ]);
  // With a value each time it goes on, to the file that is not there.
  expect(await wrong("run", "x.yaml", "--set", "a=b", "--set", "c=d")).not.toContain("needs a value");
});

it("nothing to run, and too much, are refused", async () => {
  expect(await wrong("run")).toMatch(/^run needs SCENARIO\.\.\./u);
  expect(await wrong()).toMatch(/name a command/u);
  expect(await wrong("list", "parts", "metrics")).toMatch(/metrics: too many arguments/u);
  expect(await wrong("schema", "--", "x")).toMatch(/nothing is read after --/u);
});

it("help is no wider than the terminal", async () => {
  for (const columns of [60, 80]) {
    const { terminal, out } = fakeTerminal({ columns });
    await main(["run", "--help"], terminal);
    expect(
      Math.max(
        ...out()
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(columns);
    expect(out()).toContain("--allow-plugins");
  }
});

it("help and the version are results: on standard output, with 0", async () => {
  const help = await shardlab("--help");
  expect(help.status).toBe(0);
  for (const command of ["run", "check", "trace", "verify", "list", "explain", "schema", "init", "bench"])
    expect(help.out).toContain(`shardlab ${command}`);
  expect((await shardlab("run", "--help")).out).toContain("--allow-plugins");
  expect((await shardlab("--version")).out).toBe("0.1.0\n");
});

it("a guess is made only where it is near", () => {
  expect(suggestion("heartbeet", ["heartbeat", "misses"])).toBe("heartbeat");
  expect(suggestion("x", ["heartbeat", "misses"])).toBeUndefined();
  expect(suggestion("strat", ["strategy", "seed"])).toBe("strategy");
  expect(suggestion("a", [])).toBeUndefined();
});
