"use strict";
/* Asking the functions: one request each, with a time-out, a way to cancel, and words for whatever goes wrong. */

const ANSWER_TIMEOUT_MS = 35_000; // the HTTP API itself gives up after 30 s
const HEALTH_TIMEOUT_MS = 10_000;
const COLD_START = "cold-start"; // a route that only a lab has, and only for its own page
const MODEL_NAME = /^[a-z][a-z0-9-]{0,15}$/;
const CANCELLED = "cancelled";
const TIMED_OUT = "timed out";
const AGAIN = "A function that was loading its model goes on: ask again.";
const HINTS = new Map([ // for the HTTP API's own refusals; what a function says of itself needs none
  [401, "This deployment wants credentials, which the page has none of."],
  [403, "This deployment wants credentials, which the page has none of."],
  [429, "Too many requests at once: wait a moment."],
  [500, "The function's log says why."],
  [503, AGAIN],
  [504, AGAIN],
]);

/** Why there is no answer: `message` is for people, `cancelled` tells that they wanted none, `status` is HTTP's or null. */
class Failure extends Error {
  constructor(message, { cancelled = false, status = null, reply = null } = {}) {
    super(message);
    this.cancelled = cancelled;
    this.status = status;
    this.reply = reply;
  }
}

/** The address of a function's route beside this page; a second model has its own prefix, the first has none ("" ). */
function routeOf(model, backend, route) {
  return new URL(`${model ? `${model}/` : ""}${backend}/${route}`, document.baseURI);
}

/**
 * Sends a request; resolves to {payload, headers, ms} of a 2xx answer, where ms is the client's time to the last byte.
 * Rejects with a Failure. `controller` cancels it.
 */
async function exchange(url, request, timeoutMs, controller) {
  const timer = setTimeout(() => controller.abort(TIMED_OUT), timeoutMs);
  const started = performance.now();
  let response;
  let text;
  try {
    response = await fetch(url, {
      ...request,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: controller.signal,
    });
    text = await response.text();
  } catch {
    throw lost(controller.signal, timeoutMs);
  } finally {
    clearTimeout(timer);
  }
  const reply = { payload: parsed(text), headers: response.headers, ms: performance.now() - started };
  if (!response.ok) throw refused(response.status, reply);
  if (reply.payload === null) throw new Failure("The answer is not a JSON object.", { status: response.status, reply });
  return reply;
}

function lost(signal, timeoutMs) {
  if (signal.reason === CANCELLED) return new Failure("Cancelled.", { cancelled: true });
  if (signal.reason === TIMED_OUT) return new Failure(`No answer within ${timeoutMs / 1000} s. ${AGAIN}`);
  return new Failure("No connection to the service.");
}

function refused(status, reply) {
  const said = typeof reply.payload?.message === "string" ? reply.payload.message : "no reason given";
  const hint = reply.headers.has("X-Environment-Id") ? "" : (HINTS.get(status) ?? "");
  return new Failure(`${status}: ${said}${/[.!?]$/.test(said) ? "" : "."} ${hint}`.trim(), { status, reply });
}

/** A JSON object, or null for any other text. */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Asks one function for the incidents nearest to a text. */
function askSimilar(model, backend, question, controller) {
  const request = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text: question.text, num: question.num }),
  };
  return exchange(routeOf(model, backend, "similar"), request, ANSWER_TIMEOUT_MS, controller);
}

/** Makes the next start of a function a cold one. */
function makeCold(model, backend, controller) {
  return exchange(routeOf(model, backend, COLD_START), { method: "POST" }, ANSWER_TIMEOUT_MS, controller);
}

/** What a backend says of itself, without loading anything; a Failure with status 404 means there is no such backend. */
async function askHealth(model, backend) {
  const reply = await exchange(routeOf(model, backend, "health"), {}, HEALTH_TIMEOUT_MS, new AbortController());
  return bodyOf(reply.payload);
}

/** The content of an answer: AIID's envelope keeps it in `body`. */
function bodyOf(payload) {
  return payload.body !== null && typeof payload.body === "object" ? payload.body : payload;
}

/** The results of an answer as far as they can be shown: [{title, id, url, date, similarity}], all text but the last. */
function resultsOf(payload) {
  const results = bodyOf(payload).results;
  return (Array.isArray(results) ? results : []).map((result) => ({
    title: String(result?.title || "untitled"),
    id: String(result?.incident_id ?? ""),
    url: webAddress(result?.url),
    date: typeof result?.date === "string" ? result.date : "",
    similarity: Number(result?.similarity),
  }));
}

/** The address if it is a full one of the web, else null: data must not choose what a click runs. */
function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}
