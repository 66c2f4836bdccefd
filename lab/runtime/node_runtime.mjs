// Runs a handler in Node by Lambda's Runtime API, in place of AWS's runtime: `node node_runtime.mjs FOLDER FILE FUNCTION`.
//
// AWS publishes its own as aws-lambda-ric, which is compiled when it is installed. This does what the lab needs of it:
// INIT, events one at a time, results, and errors with the names that AWS gives them. No streaming, no callbacks.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const BASE = "/2018-06-01/runtime";
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** One request to the Runtime API; it has no time-out, because the next event may take hours to come. */
function ask(method, place, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: BASE + place, agent, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(parts).toString() }));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Report a failure, of INIT or of one invocation. */
function fail(place, type, error, requestId) {
  const message = error instanceof Error ? error.message : String(error);
  const trace = (error?.stack ?? "").split("\n").slice(1);
  const body = JSON.stringify({ errorType: type, errorMessage: message, requestId, trace });
  return ask("POST", place, body, { "Lambda-Runtime-Function-Error-Type": type, "Content-Type": "application/json" });
}

async function load(folder, file, name) {
  const module = await import(pathToFileURL(path.join(folder, file)).href);
  const handler = module[name] ?? module.default?.[name]; // the latter of a CommonJS module
  if (typeof handler !== "function") throw new TypeError(`${file} exports no function ${name}`);
  return handler;
}

function contextOf(id, headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    awsRequestId: id,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await ask("GET", "/invocation/next");
    const id = headers["lambda-runtime-aws-request-id"];
    const place = `/invocation/${id}`;
    let event;
    try {
      event = JSON.parse(body);
    } catch (error) {
      await fail(`${place}/error`, "Runtime.UnmarshalError", error, id);
      continue;
    }
    try {
      const result = await handler(event, contextOf(id, headers));
      await ask("POST", `${place}/response`, JSON.stringify(result ?? null));
    } catch (error) {
      console.error(error);
      await fail(`${place}/error`, error?.name ?? "Error", error, id);
    }
  }
}

let handler;
try {
  handler = await load(...process.argv.slice(2));
} catch (error) {
  console.error(error);
  await fail("/init/error", "Runtime.ImportModuleError", error);
  process.exit(1);
}
await serve(handler);
