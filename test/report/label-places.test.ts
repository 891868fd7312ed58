import fc from "fast-check";
import { expect, it } from "vitest";
import { boxOf, labelPlaces, overlap } from "../../src/report/charts/label-places.ts";

const ROOM = { width: 420, height: 220 };

it("no two names overlap and none leaves the drawing, wherever the points are", () => {
  const point = fc.record({
    x: fc.integer({ min: 24, max: 396 }),
    y: fc.integer({ min: 26, max: 194 }),
    name: fc.stringMatching(/^[a-z]{1,14}$/u),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 12 }), (points) => {
      const places = labelPlaces(points, ROOM);
      const boxes = points.flatMap((one, index) => {
        const place = places[index];
        return place === undefined ? [] : [boxOf(one, place)];
      });
      boxes.forEach((one, index) => {
        for (const other of boxes.slice(index + 1)) expect(overlap(one, other)).toBe(false);
        expect(one.left >= 0 && one.right <= ROOM.width && one.top >= 0 && one.bottom <= ROOM.height).toBe(true);
      });
    }),
  );
});

it("a name alone stands above its point, and three points in one place are all named", () => {
  expect(labelPlaces([{ x: 200, y: 100, name: "sync" }], ROOM)).toMatchObject([{ dx: 0, align: "center" }]);
  const same = ["sync", "async", "raft"].map((name) => ({ x: 200, y: 100, name }));
  expect(labelPlaces(same, ROOM)).not.toContain(undefined);
});
