import { describe, expect, it } from "vitest";
import { formatProblem } from "../../../src/study/scenario/problem.ts";
import { readScenario } from "../../../src/study/scenario/read.ts";
import type { Strategy } from "../../../src/study/scenario/scenario.ts";
import { resolvePath } from "../../../src/study/scenario/text/paths.ts";
import { options } from "./fake-registry.ts";

const run = (
  text: string,
  files: Readonly<Record<string, string>> = {},
  set: readonly string[] = [],
  file = "scenarios/own.yaml",
): Strategy["run"] => {
  const result = readScenario(text, options(file, files, { set }));
  const [first] = result.ok ? result.scenario.strategies : [];
  if (first === undefined) throw new Error(result.ok ? "no strategy" : result.problems.map(formatProblem).join("\n"));
  return first.run;
};

const problems = (text: string, set: readonly string[], more: { readonly repeats?: number } = {}): readonly string[] => {
  const result = readScenario(text, options("own.yaml", {}, { set, ...more }));
  return result.ok ? [] : result.problems.map((problem) => formatProblem(problem).split("\n")[0] ?? "");
};

const OWN = "name: own\nextends: ./base.yaml\ncluster: { shards: 4 }\nstrategies: { plain: {} }\n";

describe("extends", () => {
  const base = `
cluster: { shards: 8, replicas: 1, clients: [ { name: web }, { name: far } ] }
workload: [ { from: web } ]
common: { failover: { monitor: { misses: 7, heartbeat: 4s } }, fencing: epoch }
`;

  it("merges maps, the heir over its base", () => {
    expect(run(OWN, { "scenarios/base.yaml": base }).cluster).toMatchObject({ shards: 4, replicas: 1 });
  });

  it("replaces lists", () => {
    const heir = `${OWN.replace("shards: 4", "clients: [ { name: only } ]")}workload: []\n`;
    expect(run(heir, { "scenarios/base.yaml": base }).cluster.clients.map(({ name }) => name)).toEqual(["only"]);
  });

  it("merges options of the same part and replaces a part by another", () => {
    const same = `${OWN}common: { failover: { monitor: { misses: 2 } } }\n`;
    expect(run(same, { "scenarios/base.yaml": base }).parts.failover).toEqual({ name: "monitor", options: { misses: 2, heartbeat: "4s" } });
    const other = `${OWN}common: { failover: { manual: { operatorDelay: 1s } } }\n`;
    expect(run(other, { "scenarios/base.yaml": base }).parts.failover).toEqual({
      name: "manual",
      options: { operatorDelay: "1s", heartbeat: "1s", misses: 3 },
    });
    expect(run(`${OWN}common: { failover: none }\n`, { "scenarios/base.yaml": base }).parts.failover.name).toBe("none");
    expect(run(`${OWN}common: { failover: monitor }\n`, { "scenarios/base.yaml": base }).parts.failover.options).toEqual({
      misses: 7,
      heartbeat: "4s",
    });
  });

  it("goes on over bases of bases, each path relative to the file that names it", () => {
    const files = {
      "scenarios/base.yaml": "extends: deep/er.yaml\ncluster: { replicas: 2 }\n",
      "scenarios/deep/er.yaml": "extends: ../top.yaml\nseed: 5\n",
      "scenarios/top.yaml": "cluster: { replicas: 1, server: { cores: 3 } }\n",
    };
    expect(run(OWN, files).cluster).toMatchObject({ shards: 4, replicas: 2, server: { cores: 3 } });
  });

  it("finds bases beside a scenario given by an absolute path, or by none", () => {
    expect(run(OWN, { "/tmp/s/base.yaml": base }, [], "/tmp/s/own.yaml").cluster.replicas).toBe(1);
    expect(run(OWN, { "base.yaml": base }, [], "own.yaml").cluster.replicas).toBe(1);
    expect(run(OWN, { "../base.yaml": base }, [], "../own.yaml").cluster.replicas).toBe(1);
  });

  it.each(["/etc/passwd", "../x.yaml", "a/../../x.yaml", "C:\\x.yaml", "file:///x", "\\x", "./../scenarios2/x.yaml"])(
    "keeps to the folder of the scenario: %s",
    (link) => {
      expect(resolvePath("scenarios/", link, "scenarios/")).toBeUndefined();
    },
  );
  it.each([
    ["x.yaml", "scenarios/x.yaml"],
    ["./deep/../x.yaml", "scenarios/x.yaml"],
    ["deep\\x.yaml", "scenarios/deep/x.yaml"],
    ["../scenarios/x.yaml", "scenarios/x.yaml"],
  ])("allows what stays in it: %s", (link, path) => expect(resolvePath("scenarios/", link, "scenarios/")).toBe(path));
});

describe("--set", () => {
  const text =
    "name: own\nworkload: [ { arrivals: { poisson: 100/s } } ]\ncommon: { fencing: epoch, failover: { monitor: { misses: 7 } } }\nstrategies: { plain: {}, other: {} }\n";

  it("replaces a value, makes maps on the way, and is the last word", () => {
    expect(run(text, {}, ["cluster.server.cores=2", "duration=30s", "duration=40s"])).toMatchObject({
      duration: 40e6,
      cluster: { server: { cores: 2, queue: 1000 } },
    });
  });

  it("reaches into lists by position", () => {
    expect(run(text, {}, ["workload[0].arrivals.poisson=250/s"]).workload[0]?.arrivals).toEqual({ kind: "poisson", rate: 250 });
    expect(run(text, {}, ["workload.0.arrivals.poisson=250/s"]).workload[0]?.arrivals).toEqual({ kind: "poisson", rate: 250 });
  });

  it("replaces one form by another where only one can be", () => {
    expect(run(text, {}, ["workload[0].arrivals.constant=5/s"]).workload[0]?.arrivals).toEqual({ kind: "constant", rate: 5 });
    expect(run(text, {}, ["common.failover.manual.operatorDelay=3s"]).parts.failover.name).toBe("manual");
    expect(run(text, {}, ["common.failover.monitor.heartbeat=3s"]).parts.failover.options).toEqual({ misses: 7, heartbeat: "3s" });
    expect(run(text, {}, ["common.fencing.epoch={}"]).parts.fencing.name).toBe("epoch");
    expect(run(text, {}, ["strategies.plain.fencing=none"]).parts.fencing.name).toBe("none");
  });

  it("takes any YAML value", () => {
    expect(run(text, {}, ["faults=[ { at: 1s, crash: server 0 } ]", "cluster={ regions: { r: { zones: { z: 9 } } } }"])).toMatchObject({
      faults: [{ label: "processCrash server 0" }],
      cluster: { regions: [{ name: "r" }] },
    });
  });

  it.each([
    ["cluster.shards", "--set 1:1:1 no = in it; write path=value, such as workload[0].arrivals.poisson=5000/s"],
    ["cluster..shards=1", '--set 1:1:1 "cluster..shards" is not a path; write path=value, such as workload[0].arrivals.poisson=5000/s'],
    ["workload[1].name=x", "--set 1:1:1 workload[1].name: there is no such position in the list; positions count from 0; [0] is the first"],
    ["workload.name=x", "--set 1:1:1 workload.name: there is no such position in the list; positions count from 0; [0] is the first"],
    ["workload.1.name=x", "--set 1:1:1 workload.1.name: there is no such position in the list; positions count from 0; [0] is the first"],
    ["workload[0].arrivals.poisson=", "--set 1:1:29 workload[0].arrivals.poisson: no value after the =; write path=value"],
    ["extends=x.yaml", "--set 1:1:1 extends: extends cannot be set from outside; write it in the file"],
    ["cluster.shrads=4", '--set 1:1:16 cluster.shrads: unknown key; did you mean "shards"?'],
    ["cluster.server.cores=0", "--set 1:1:22 cluster.server.cores: 0 is less than 1; write 1 or more"],
    ["cluster.server={ cores: 0 }", "--set 1:1:25 cluster.server.cores: 0 is less than 1; write 1 or more"],
  ])("says what is wrong with an override, and where in it: %s", (setting, problem) => {
    expect(problems(text, [setting])).toEqual([problem]);
  });

  it("lists problems of overrides after those of the file, each under its number", () => {
    expect(problems(text.replace("name: own", "nmae: own"), ["seed=x", "repeats=0"]).map((line) => line.slice(0, 16))).toEqual([
      "own.yaml:1:1 nam",
      "own.yaml:1:1 nma",
      "--set 1:1:6 seed",
      "--set 2:1:9 repe",
    ]);
  });
});

describe("--repeats", () => {
  const text =
    "name: own\nrepeats: 30\nfaults: [ { at: 1s, crash: server 0 } ]\nstrategies: { plain: {} }\nexpect: [ { metric: recovery.time, statistic: p90, below: 1s, confidence: 0.95 } ]\n";
  it("replaces the file's, and does not make its expectations wrong", () => {
    const result = readScenario(text, options("own.yaml", {}, { repeats: 3 }));
    expect(result.ok && result.scenario.repeats).toBe(3);
  });
  it("is a whole number from 1", () => {
    expect(problems(text, [], { repeats: 0 })).toEqual([
      "--repeats:1:1 repeats: 0 is not a number of repeats; write a whole number from 1",
    ]);
    expect(problems(text, [], { repeats: 2.5 })).toHaveLength(1);
  });
});
