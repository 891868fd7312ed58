import { expect, it } from "vitest";
import { expectScenario } from "shardlab/vitest";

it("our set-up survives the loss of a server", async () => {
  const { figures } = await expectScenario("scenarios/orders.yaml");
  expect(figures("ours", "availability").n).toBe(5);
}, 60_000);
