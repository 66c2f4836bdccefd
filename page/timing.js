"use strict";
/* Where the time went: pure functions from headers and times to rows of a chart. All times are in ms. */

const SHORTEST_SHOWN = 0.05; // shown with one decimal, anything shorter would be 0.0

/** Splits a header at a separator, but not inside quoted strings. */
function splitUnquoted(text, separator) {
  const parts = [""];
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    if (quoted && text[i] === "\\") parts[parts.length - 1] += text[i++];
    else if (text[i] === '"') quoted = !quoted;
    if (!quoted && text[i] === separator) parts.push("");
    else parts[parts.length - 1] += text[i] ?? "";
  }
  return parts;
}

/**
 * Reads a Server-Timing header into [{name, dur, start}]; `start` counts from the first phase and is null where the
 * header does not say it. Entries without a duration that is a number of 0 or more are left out.
 */
function parseServerTiming(header) {
  const phases = [];
  for (const entry of splitUnquoted(header ?? "", ",")) {
    const [name, ...parameters] = splitUnquoted(entry, ";").map((part) => part.trim());
    const values = new Map();
    for (const parameter of parameters) {
      const [key, value = ""] = splitUnquoted(parameter, "=").map((part) => part.trim());
      if (!values.has(key.toLowerCase())) values.set(key.toLowerCase(), value.replace(/^"(.*)"$/, "$1"));
    }
    const dur = milliseconds(values.get("dur"));
    if (name && dur !== null) phases.push({ name, dur, start: milliseconds(values.get("start")) });
  }
  return phases;
}

/** A number of milliseconds of 0 or more, or null for anything else. */
function milliseconds(text) {
  return /^\d+(\.\d+)?$/.test(text ?? "") ? Number(text) : null;
}

/** How long at least one of the spans [{start, dur}] ran. */
function covered(spans) {
  let end = 0;
  let sum = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    sum += Math.max(0, span.start + span.dur - Math.max(end, span.start));
    end = Math.max(end, span.start + span.dur);
  }
  return sum;
}

/**
 * The rows of one answer's chart, in the order in which they began.
 *
 * `known` has {label, holds} by the name of a phase: `holds` is whether other phases lie in it. Each row is
 * {name, label, start, dur, inside}; `start` is null where nothing says where the bar lies, `inside` is whether it lies
 * in a phase that holds others. `explained` is the time in which some phase ran, overlaps counted once; `residual` is
 * the rest of what the client waited. `before` holds the phases of an environment that was made ready before the request:
 * it then idled longer than the client waited, so they are no part of the wait.
 */
function timeline(measured, clientMs, known) {
  const phases = measured.map((phase) => ({ label: phase.name, holds: false, ...known.get(phase.name), ...phase }));
  const placed = phases.filter((phase) => phase.start !== null);
  const handler = placed.find((phase) => phase.name === "handler");
  const idle = placed.find((phase) => phase.name === "idle");
  const early = Boolean(handler && idle && idle.dur + handler.dur > clientMs);
  const origin = early ? handler.start : Math.min(...placed.map((phase) => phase.start));
  const before = early ? placed.filter((phase) => phase.start < handler.start) : [];
  const within = phases.filter((phase) => !before.includes(phase));
  const rows = within
    .filter((phase) => phase.dur >= SHORTEST_SHOWN)
    .map((phase) => ({
      ...phase,
      start: phase.start === null ? null : phase.start - origin,
      inside: !phase.holds && liesInAnother(phase, within),
    }))
    .sort(byStart);
  const explained = Math.min(clientMs, covered(rows.filter((row) => row.start !== null)));
  return { rows, explained, residual: clientMs - explained, before };
}

function liesInAnother(phase, phases) {
  return phases.some(
    (other) =>
      other.holds &&
      phase.start !== null &&
      phase.start >= other.start &&
      phase.start < other.start + other.dur,
  );
}

/** Earlier first, then what holds others, then the longer; what has no start comes last. */
function byStart(a, b) {
  return (a.start ?? Infinity) - (b.start ?? Infinity) || b.holds - a.holds || b.dur - a.dur || 0;
}

/** "cold", "warm" or, without a witness, null. */
function temperature(invocation) {
  if (!/^[1-9]\d*$/.test(invocation ?? "")) return null;
  return invocation === "1" ? "cold" : "warm";
}

/** The median time of the answers in each state, cold first: [{temperature, ms, n}]; those in no known state are left out. */
function medians(answers) {
  return ["cold", "warm"].flatMap((temperature) => {
    const times = answers.filter((answer) => answer.temperature === temperature).map(({ ms }) => ms);
    if (!times.length) return [];
    times.sort((a, b) => a - b);
    const half = times.length >> 1;
    const ms = times.length % 2 ? times[half] : (times[half - 1] + times[half]) / 2;
    return [{ temperature, ms, n: times.length }];
  });
}

/** A time for people: one decimal below 10 ms, whole from there, thousands separated. */
function shownMs(ms) {
  const digits = ms < 9.95 ? 1 : 0;
  return ms.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
