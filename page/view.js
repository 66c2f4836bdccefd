"use strict";
/* What is seen of one backend: its card. Everything that came from a server is put in as text, never as markup. */

/** What the page was told of the storages: titles, and where the weights are kept, by name. */
const STORAGES = new Map(
  [...document.querySelectorAll('meta[name="storage"]')].map(({ content, dataset }) => [content, dataset]),
);
/** What the page was told of the phases: labels, and whether others lie in them, by name. */
const PHASES = new Map(
  [...document.querySelectorAll('meta[name="phase"]')].map(({ content, dataset }) => [
    content,
    { label: dataset.label, holds: "holds" in dataset },
  ]),
);
/** What this deployment offers its page beside the service: routes that only a lab has. */
const OFFERS = new Set([...document.querySelectorAll('meta[name="offer"]')].map(({ content }) => content));
const BEFORE_SHOWN = 4;
const BADGES = { cold: "cold start", warm: "warm" };
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** The name of a backend for people. */
function titleOf(backend) {
  return STORAGES.get(backend).title;
}

/** An element with text in it. */
function made(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

/** Shows or hides a paragraph: text makes it visible, nothing hides it. */
function putText(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

/** A copy of what a template in the page holds. */
function copyOf(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

/** A radio button that looks like part of a row of buttons. */
function makeSegment(group, value, label, checked) {
  const segment = copyOf("segment");
  const input = segment.querySelector("input");
  Object.assign(input, { name: group, value, checked });
  segment.querySelector("span").textContent = label;
  return segment;
}

/** An empty card for a backend. */
function makeCard(backend) {
  const card = copyOf("card");
  card.id = `card-${backend}`;
  const heading = card.querySelector("h3");
  heading.id = `title-${backend}`;
  heading.textContent = titleOf(backend);
  card.setAttribute("aria-labelledby", heading.id);
  card.querySelector(".kept").textContent = STORAGES.get(backend).kept;
  card.querySelector(".again button").textContent = `Ask ${titleOf(backend)} again`;
  card.querySelector(".again .cold").append("Cold start again", made("span", "unseen", ` of ${titleOf(backend)}`));
  return card;
}

/** The card while others are asked before it. */
function showQueued(card) {
  showBusy(card, "queued", "Waiting for its turn");
  card.querySelector(".wait").textContent = "Next";
}

/** The card while its function is made ready for a cold start. */
function showCooling(card) {
  showBusy(card, "pending", "Ending its environments, so that the next start is a cold one");
}

/** The card while its function is asked. */
function showPending(card) {
  showBusy(card, "pending", "Waiting for the answer");
}

/** The card while it has no answer; what it showed before is gone. */
function showBusy(card, state, said) {
  card.className = `card ${state}`;
  card.setAttribute("aria-busy", "true");
  showWaited(card, 0);
  card.querySelector(".badge").hidden = true;
  putText(card.querySelector(".said"), said);
  card.querySelector(".times").hidden = true;
  card.querySelector(".found").hidden = true;
  for (const button of card.querySelectorAll(".again button")) button.hidden = true;
}

/** How long the card's function has been waited for so far. */
function showWaited(card, ms) {
  card.querySelector(".wait").textContent = `${(ms / 1000).toFixed(1)} s`;
}

/** The card after an answer. `earlier` are the times of answers to the same question, oldest first. */
function showAnswer(card, answer, earlier) {
  settle(card, "answered");
  card.querySelector(".wait").textContent = `${shownMs(answer.ms)} ms`;
  showBadge(card, answer.temperature);
  putText(card.querySelector(".said"), witnesses(answer));
  putText(card.querySelector(".medians"), inWords(medians([...earlier, answer])));
  const before = earlier.slice(-BEFORE_SHOWN).map(({ ms, temperature: state }) => `${shownMs(ms)} ms${state ? ` ${state}` : ""}`);
  putText(card.querySelector(".earlier"), before.length ? `Before, same text: ${before.join(", ")}` : "");
  showTimes(card, answer);
  showFound(card, answer);
}

/** The card after a failure, with the times of the function where it told them. */
function showFailure(card, failure, answer) {
  settle(card, failure.cancelled ? "cancelled" : "failed");
  card.querySelector(".wait").textContent = failure.cancelled ? "Cancelled" : "Failed";
  showBadge(card, answer?.temperature ?? null);
  putText(card.querySelector(".said"), failure.cancelled ? "" : failure.message);
  putText(card.querySelector(".medians"), "");
  putText(card.querySelector(".earlier"), "");
  if (answer) showTimes(card, answer);
}

function settle(card, state) {
  card.className = `card ${state}`;
  card.removeAttribute("aria-busy");
  card.querySelector(".again button").hidden = false;
  card.querySelector(".again .cold").hidden = !OFFERS.has(COLD_START);
}

/** The medians, where there is more than one answer. */
function inWords(found) {
  if (found.reduce((sum, { n }) => sum + n, 0) < 2) return "";
  return `Median: ${found.map(({ temperature, ms, n }) => `${temperature} ${shownMs(ms)} ms (n = ${n})`).join(", ")}`;
}

function showBadge(card, state) {
  const badge = card.querySelector(".badge");
  badge.className = `badge ${state ?? ""}`;
  putText(badge, state ? BADGES[state] : "");
}

function witnesses(answer) {
  if (!answer.environment) return "The answer does not say which environment it came from.";
  const environment = answer.environment.slice(0, 8);
  const first = answer.temperature === "cold" ? `New environment ${environment}` : `Environment ${environment}, request ${answer.invocation}`;
  return answer.fetchedBytes > 0 ? `${first}, ${shownBytes(answer.fetchedBytes)} read` : first;
}

function shownBytes(bytes) {
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : ["MB", 1e6];
  return `${shownMs(bytes / size)}\u00a0${unit}`;
}

/** The table of phases with bars; their lengths follow the common scale that setScale() gives. */
function showTimes(card, answer) {
  const { chart } = answer;
  const residual = {
    label: "not explained",
    name: "residual",
    start: answer.ms - chart.residual,
    dur: chart.residual,
    inside: false,
  };
  const whole = { label: "what you waited", name: "whole", start: 0, dur: answer.ms, inside: false };
  const rows = [whole, ...chart.rows, ...(chart.rows.length ? [residual] : [])].map(makeRow);
  card.querySelector("tbody").replaceChildren(...rows);
  const before = chart.before.map((phase) => `${phase.label} ${shownMs(phase.dur)} ms`);
  putText(card.querySelector(".before"), before.length ? `Made ready before the request: ${before.join(", ")}.` : "");
  card.querySelector(".times").hidden = false;
}

function makeRow(row) {
  const line = made("tr", `phase ${row.inside ? "inside" : ""}`, "");
  const head = made("th", "", row.label);
  head.scope = "row";
  const cell = made("td", "track", "");
  if (row.start !== null) {
    const bar = made("span", "bar", "");
    bar.dataset.phase = row.name;
    bar.style.setProperty("--start", row.start.toFixed(3));
    bar.style.setProperty("--dur", row.dur.toFixed(3));
    cell.append(bar);
  }
  line.append(head, cell, made("td", "figure", shownMs(row.dur)));
  return line;
}

/** One time scale for all cards: `longest` is the ms at the right end. */
function setScale(container, longest) {
  container.style.setProperty("--longest", Math.max(longest, 1).toFixed(3));
  for (const label of container.querySelectorAll(".longest")) label.textContent = `${shownMs(longest)} ms`;
}

function showFound(card, answer) {
  card.querySelector(".meaningless").hidden = answer.weights !== "synthetic";
  const warnings = card.querySelector(".warnings");
  warnings.replaceChildren(...answer.warnings.map((warning) => made("li", "", warning)));
  warnings.hidden = !answer.warnings.length;
  card.querySelector(".results").replaceChildren(...answer.results.map(makeResult));
  card.querySelector(".found").hidden = false;
}

function makeResult(result) {
  const item = made("li", "", "");
  const title = made(result.url ? "a" : "span", "result-title", result.title);
  if (result.url) Object.assign(title, { href: result.url, rel: "noopener noreferrer" });
  const facts = made("p", "soft facts", "");
  facts.append(...[dateOf(result.date), made("span", "", `incident ${result.id}`)].filter(Boolean));
  const similarity = made("p", "similarity figure", Number.isFinite(result.similarity) ? result.similarity.toFixed(4) : "unknown");
  similarity.prepend(made("span", "unseen", "similarity "));
  item.append(title, facts, similarity);
  return item;
}

function dateOf(text) {
  if (!text) return null;
  const time = made("time", "", text);
  const date = new Date(`${text}T00:00:00Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime())) {
    time.dateTime = text;
    time.textContent = DATE.format(date);
  }
  return time;
}
