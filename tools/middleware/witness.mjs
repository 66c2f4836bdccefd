// Makes a Lambda function in Node tell the benchmark who answered: copy this file beside your handler.
//
//     import { witnessed } from "./witness.mjs";
//
//     export const handler = witnessed(async (event, context) => …);
//
// The handler is one of an HTTP API (payload format 2.0), and may return either a response or anything that JSON can hold.

import { randomUUID } from "node:crypto";

const environment = randomUUID(); // made anew with each execution environment, because this module is
let calls = 0;

/** The handler, whose answers carry the witness headers of docs/any-function.md. */
export function witnessed(handler) {
  const ready = performance.now(); // INIT ends about here
  return async (event, context) => {
    calls += 1;
    const call = calls;
    const started = performance.now();
    const answer = response(await handler(event, context));
    const timing = [`handler;dur=${(performance.now() - started).toFixed(3)}`];
    if (call === 1) timing.push(`idle;dur=${(started - ready).toFixed(3)}`); // long where nobody had asked yet
    const headers = {
      ...answer.headers,
      "X-Environment-Id": environment,
      "X-Invocation": String(call),
      "X-Config-Nonce": process.env.CONFIG_NONCE ?? "",
      "X-Request-Id": context.awsRequestId,
      "X-Log-Stream": context.logStreamName,
      "Server-Timing": timing.join(", "),
    };
    return { ...answer, headers };
  };
}

/** What the API would make of an answer without a status: JSON, and 200. */
function response(answer) {
  if (answer !== null && typeof answer === "object" && "statusCode" in answer) return answer;
  return { statusCode: 200, headers: { "Content-Type": "application/json" }, body: JSON.stringify(answer ?? null) };
}
