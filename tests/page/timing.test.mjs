// The pure functions of page/timing.js, run by node's own test runner (see test_timing.py).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInThisContext } from "node:vm";

runInThisContext(readFileSync(new URL("../../page/timing.js", import.meta.url), "utf8"));

// As the service says it: fetch and import side by side in init, load after import, a handler with a tail of its own.
const COLD =
  "boot;dur=40;start=0, fetch;dur=300;start=41, import;dur=150;start=41.5, load;dur=60;start=200, " +
  "init;dur=301;start=40.5, idle;dur=2;start=341.5, wait;dur=0.01;start=343.6, tokenize;dur=1;start=343.7, " +
  "encode;dur=50;start=344.7, rank;dur=0.2;start=394.7, handler;dur=52;start=343.5";

// As the page is told of them; a phase that it is not told of has no label but its name.
const KNOWN = new Map([
  ["init", { label: "initialisation", holds: true }],
  ["handler", { label: "request handled", holds: true }],
]);

test("reads durations and starts", () => {
  assert.deepEqual(parseServerTiming('a;dur=1.5;start=0, b;desc="x, y;dur=9";dur="2", C;START=3;DUR=4'), [
    { name: "a", dur: 1.5, start: 0 },
    { name: "b", dur: 2, start: null },
    { name: "C", dur: 4, start: 3 },
  ]);
});

test("leaves out what has no readable duration", () => {
  for (const header of [null, "", "bare", "a;dur=", "a;dur=x", "a;dur=-1", "a;dur=1e3", "a;dur=Infinity", ";dur=1", 'a;desc="dur=1']) {
    assert.deepEqual(parseServerTiming(header), [], header);
  }
});

test("takes the first of parameters with one name, and escapes in quotes", () => {
  assert.deepEqual(parseServerTiming('a;dur=1;dur=2, b;desc="\\", c;dur=3";dur=4'), [
    { name: "a", dur: 1, start: null },
    { name: "b", dur: 4, start: null },
  ]);
});

test("counts overlapping spans once", () => {
  assert.equal(covered([]), 0);
  assert.equal(covered([{ start: 5, dur: 5 }, { start: 0, dur: 7 }, { start: 1, dur: 2 }, { start: 20, dur: 1 }]), 11);
});

test("covers as much as a count of small steps does", () => {
  let seed = 1;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 300; round += 1) {
    const spans = Array.from({ length: random(7) }, () => ({ start: random(40), dur: random(15) }));
    const steps = Array.from({ length: 60 }, (_, at) => spans.some(({ start, dur }) => start <= at && at < start + dur));
    assert.equal(covered(spans), steps.filter(Boolean).length);
  }
});

test("draws a cold start where its phases lay, and not one after the other", () => {
  const { rows, explained, residual, before } = timeline(parseServerTiming(COLD), 450, KNOWN);
  const names = rows.map(({ name }) => name);
  assert.deepEqual(names, ["boot", "init", "fetch", "import", "load", "idle", "handler", "tokenize", "encode", "rank"]);
  const by = Object.fromEntries(rows.map((row) => [row.name, row]));
  assert.ok(by.import.start < by.fetch.start + by.fetch.dur, "import and fetch overlap");
  assert.ok(by.load.start + by.load.dur < by.init.start + by.init.dur, "load ends within init");
  assert.deepEqual(names.filter((name) => by[name].inside), ["fetch", "import", "load", "tokenize", "encode", "rank"]);
  assert.ok(Math.abs(explained + residual - 450) < 1e-9);
  assert.ok(explained < 40 + 300 + 150 + 60 + 301 + 2 + 52 && explained > 394, `${explained} counts overlaps once`);
  assert.deepEqual(before, []);
});

test("a warm answer begins at its handler", () => {
  const { rows, residual } = timeline(parseServerTiming("tokenize;dur=1;start=0.1, handler;dur=20;start=0"), 30, KNOWN);
  assert.deepEqual(rows.map(({ name, start, inside }) => [name, start, inside]), [["handler", 0, false], ["tokenize", 0.1, true]]);
  assert.equal(residual, 10);
});

test("an environment made ready before the request is no part of the wait", () => {
  const header = "boot;dur=40;start=0, init;dur=300;start=40, idle;dur=9000;start=340, handler;dur=20;start=9340";
  const { rows, explained, residual, before } = timeline(parseServerTiming(header), 35, KNOWN);
  assert.deepEqual(rows.map(({ name, start }) => [name, start]), [["handler", 0]]);
  assert.deepEqual([explained, residual], [20, 15]);
  assert.deepEqual(before.map(({ label }) => label), ["boot", "initialisation", "idle"]);
});

test("a clock that ticks coarsely never makes a negative residual", () => {
  const { explained, residual } = timeline(parseServerTiming("boot;dur=10;start=0, handler;dur=20;start=10"), 25, KNOWN);
  assert.deepEqual([explained, residual], [25, 0]);
});

test("phases without a place are listed last and explain nothing", () => {
  const { rows, residual } = timeline(parseServerTiming("new;dur=5, handler;dur=20;start=3"), 40, KNOWN);
  assert.deepEqual(rows.map(({ name, label, start }) => [name, label, start]), [["handler", "request handled", 0], ["new", "new", null]]);
  assert.equal(residual, 20);
});

test("no phases at all leave everything unexplained", () => {
  assert.deepEqual(timeline([], 12, KNOWN), { rows: [], explained: 0, residual: 12, before: [] });
});

test("only a first invocation is cold, and without a witness it is neither", () => {
  assert.equal(temperature("1"), "cold");
  assert.equal(temperature("17"), "warm");
  for (const text of [null, "", "0", "01", "-1", "1.0", "x"]) assert.equal(temperature(text), null);
});

test("times are shown with as many digits as mean something", () => {
  assert.deepEqual([0, 0.06, 9.94, 9.96, 42.4, 1091.3].map(shownMs), ["0.0", "0.1", "9.9", "10", "42", "1,091"]);
});

test("medians are by state, cold first, and of what is known", () => {
  const answers = [["warm", 20], ["cold", 900], [null, 1], ["cold", 700], ["warm", 30], ["cold", 5000]];
  const told = medians(answers.map(([temperature, ms]) => ({ temperature, ms })));
  assert.deepEqual(told, [{ temperature: "cold", ms: 900, n: 3 }, { temperature: "warm", ms: 25, n: 2 }]);
  assert.deepEqual(medians([]), []);
  assert.deepEqual(medians([{ temperature: null, ms: 3 }]), []);
});
