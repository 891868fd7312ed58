import fc from "fast-check";
import { expect, it } from "vitest";
import { clip, padEnd, printable, widthOf, wrap } from "../../src/report/layout.ts";

const text = fc.string({ unit: "grapheme" });

it("wrapped lines are never wider than asked, and lose no word", () => {
  fc.assert(
    fc.property(text.map(printable), fc.integer({ min: 10, max: 60 }), fc.integer({ min: 0, max: 6 }), (words, width, indent) => {
      const lines = wrap(words, width, indent);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      expect(
        lines
          .map((line) => line.trim())
          .join("")
          .replaceAll(" ", ""),
      ).toBe(words.replaceAll(" ", "").replaceAll("\u00a0", ""));
    }),
  );
});

it("the second line of a wrapped text is indented, and a word longer than a line is broken", () => {
  expect(wrap("one two three", 8, 2)).toEqual(["one two", "  three"]);
  expect(wrap("abcdefghij", 6, 2)).toEqual(["abcd", "  efgh", "  ij"]);
});

it("nothing printable can move a cursor or turn the text round", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
      const any = String.fromCharCode(...units);
      // eslint-disable-next-line no-control-regex -- they are what must not be there
      expect(printable(any)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/u);
    }),
  );
});

it("clipping and padding give exactly the width asked for", () => {
  expect(clip("abcdef", 4)).toBe("abc…");
  expect(widthOf(padEnd("漢", 4))).toBe(4);
  expect(widthOf(clip("漢字漢字", 5))).toBeLessThanOrEqual(5);
});
