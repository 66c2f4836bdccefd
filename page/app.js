"use strict";
/* The page at work: which backends there are, what is asked, and what became of it. */

const MOST_RESULTS = 50;
const LOG_LINES = 12;
const IN_TURN = ""; // the choices that are not one backend
const AT_ONCE = "*";
const MOST_ASKS = 1000;
const NOBODY = "No backend serves this model here.";
const byId = (id) => document.getElementById(id);
const namedModel = new URLSearchParams(location.search).get("model");
const secondModel = MODEL_NAME.test(namedModel ?? "") ? namedModel : null;

/**
 * What is known; `cards` and `running` are by backend, `earlier` too and only for the question last asked. `queue` has
 * [backend, whether to make it cold before] of those that wait for their turn; `working` is whether somebody takes them.
 */
const state = {
  backends: [], cards: new Map(), running: new Map(), earlier: new Map(), shown: new Map(), asked: null, queue: [], working: false,
};

/** Tells people who cannot see the page; lines are read one after the other. */
function say(text) {
  const log = byId("log");
  log.append(made("p", "", text));
  while (log.children.length > LOG_LINES) log.firstElementChild.remove();
}

function chosen(group) {
  return document.querySelector(`input[name="${group}"]:checked`)?.value ?? "";
}

/* Which backends there are. */

/** Offers these backends, and all of them together where there are several; what was chosen stays chosen. */
function offerBackends(names) {
  const before = chosen("backend");
  const choices = names.length > 1 ? [IN_TURN, AT_ONCE, ...names] : names;
  const picked = choices.includes(before) ? before : choices[0];
  const segments = choices.map((name) =>
    makeSegment("backend", name, labelOf(name), name === picked),
  );
  document.querySelector("#backends .segments").replaceChildren(...segments);
  byId("backends").hidden = !names.length;
  state.backends = names;
}

function labelOf(choice) {
  if (choice === IN_TURN) return "One after the other";
  return choice === AT_ONCE ? "All at once" : titleOf(choice);
}

/** Leaves out the backends that are not there, and tells what the others say of themselves. */
async function lookAround() {
  const model = chosen("model");
  offerBackends([...STORAGES.keys()]);
  byId("backends").setAttribute("aria-busy", "true");
  const found = await Promise.all(state.backends.map((backend) => health(model, backend)));
  if (model !== chosen("model")) return; // another model was chosen meanwhile
  const there = found.filter(({ failure }) => failure?.status !== 404).map(({ backend }) => backend);
  if (there.length < found.length) offerBackends(there);
  const healthy = found.filter(({ says }) => says);
  showCollection(healthy.map(({ says }) => says.title).find((title) => typeof title === "string"));
  showWeights(healthy.some(({ says }) => says.weights === "synthetic"));
  putText(byId("facts"), factsOf(healthy));
  const ill = found.filter(({ failure }) => failure && failure.status !== 404);
  if (ill.length && !state.asked) putText(byId("summary"), ill.map(complaint).join(" "));
  if (!there.length) putText(byId("summary"), NOBODY);
  byId("backends").removeAttribute("aria-busy");
}

async function health(model, backend) {
  try {
    return { backend, says: await askHealth(model, backend) };
  } catch (failure) {
    return { backend, failure };
  }
}

function complaint({ backend, failure }) {
  return `${titleOf(backend)} is not well (${failure.message.replace(/\.$/, "")}); it can be asked all the same.`;
}

function originOf(weights) {
  return weights === "synthetic" ? "synthetic weights" : `weights from a ${weights}`;
}

/** What the backends serve, in one sentence for all that say the same. */
function factsOf(healthy) {
  const saying = new Map();
  for (const { backend, says } of healthy) {
    const facts = [
      says.model,
      typeof says.weights === "string" ? originOf(says.weights) : null,
      typeof says.precision === "string" ? `precision ${says.precision}` : null,
      Number.isInteger(says.incidents) ? `${says.incidents.toLocaleString("en-US")} incidents` : null,
      typeof says.engine === "string" ? `engine ${says.engine}` : null,
      typeof says.bundle_hash === "string" ? `bundle ${says.bundle_hash.slice(0, 8)}` : null,
    ];
    const sentence = facts.filter((fact) => typeof fact === "string").join(", ");
    saying.set(sentence, [...(saying.get(sentence) ?? []), titleOf(backend)]);
  }
  return [...saying].map(([sentence, backends]) => `${backends.join(", ")}: ${sentence}.`).join(" ");
}

/** Names what the incidents are taken from; the database that the examples are of has a link, and others a name. */
function showCollection(title) {
  const link = copyOf("aiid");
  const isAiid = title === link.textContent;
  byId("collection").replaceChildren(isAiid ? link : `collection ${title ? `“${title}”` : "that is served here"}`);
  document.querySelector(".examples").hidden = !isAiid;
  document.title = title ? `Similar incidents: ${title}` : "Similar incidents";
}

function showWeights(synthetic) {
  byId("synthetic").hidden = !synthetic;
}

/* What is asked. */

/** The question in the form, or null after saying what is wrong with it. */
function readQuestion() {
  const text = byId("text").value;
  const num = byId("num").valueAsNumber;
  complain("text", text.trim() ? "" : "Write what happened, or choose an example.");
  complain("num", Number.isInteger(num) && num >= 1 && num <= MOST_RESULTS ? "" : `Ask for 1 to ${MOST_RESULTS} results.`);
  const wrong = document.querySelector('[aria-invalid="true"]');
  wrong?.focus();
  return wrong ? null : { text, num, model: chosen("model"), together: chosen("backend") === AT_ONCE };
}

function complain(field, message) {
  putText(byId(`${field}-error`), message);
  if (message) byId(field).setAttribute("aria-invalid", "true");
  else byId(field).removeAttribute("aria-invalid");
  if (message) say(message);
}

/** Asks what the form says, of the backends that it says; `cold`: each after a new cold start. */
function askAll(cold) {
  const question = readQuestion();
  if (!question) return;
  if (!state.backends.length) return void say(NOBODY);
  cancelAll();
  state.running.clear(); // what is cancelled has no card any more
  if (JSON.stringify(question) !== JSON.stringify(state.asked)) state.earlier.clear();
  state.asked = question;
  state.shown.clear();
  const backends = STORAGES.has(chosen("backend")) ? [chosen("backend")] : state.backends;
  state.cards = new Map(backends.map((backend) => [backend, makeCard(backend)]));
  byId("answers").replaceChildren(...state.cards.values());
  byId("answers").dataset.count = backends.length;
  say(`Asking ${backends.map(titleOf).join(", ")}.`);
  if (question.together) for (const backend of backends) void askOne(backend, cold);
  else for (const backend of backends) askInTurn(backend, cold);
  showAnswers();
}

/** Asks a backend when those before it are done: what runs beside it would slow it down. */
function askInTurn(backend, cold) {
  showQueued(state.cards.get(backend));
  state.queue.push([backend, cold]);
  if (!state.working) void work();
  progress();
}

async function work() {
  state.working = true;
  while (state.queue.length) await askOne(...state.queue.shift());
  state.working = false;
}

/** Scrolls to the answers where the form fills the window, as on a phone. */
function showAnswers() {
  const title = byId("answers-title");
  if (title.getBoundingClientRect().top > innerHeight * 0.7) title.scrollIntoView({ block: "start" });
}

/** Asks one backend the question last asked; whatever happens is shown in its card and nowhere else. */
async function askOne(backend, cold) {
  const card = state.cards.get(backend);
  const controller = new AbortController();
  const run = { controller, card, started: performance.now() };
  state.running.set(backend, run);
  state.shown.delete(backend);
  progress();
  try {
    if (cold) {
      showCooling(card);
      await makeCold(state.asked.model, backend, controller);
      run.started = performance.now();
    }
    showPending(card);
    const reply = await askSimilar(state.asked.model, backend, state.asked, controller);
    if (state.running.get(backend) === run) answered(backend, card, answerOf(reply));
  } catch (failure) {
    if (state.running.get(backend) === run) failed(backend, card, failure);
  }
  if (state.running.get(backend) !== run) return; // another question has taken its place
  state.running.delete(backend);
  progress();
}

function answerOf(reply) {
  const header = (name) => reply.headers.get(name) ?? "";
  const warnings = bodyOf(reply.payload ?? {}).warnings;
  return {
    ms: reply.ms,
    chart: timeline(parseServerTiming(header("Server-Timing")), reply.ms, PHASES),
    temperature: temperature(header("X-Invocation")),
    invocation: header("X-Invocation"),
    environment: header("X-Environment-Id"),
    fetchedBytes: Number(header("X-Fetched-Bytes")),
    weights: header("X-Weights"),
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
    results: resultsOf(reply.payload ?? {}),
  };
}

function answered(backend, card, answer) {
  const earlier = state.earlier.get(backend) ?? [];
  showAnswer(card, answer, earlier);
  state.earlier.set(backend, [...earlier, { ms: answer.ms, temperature: answer.temperature }].slice(-MOST_ASKS));
  if (answer.weights === "synthetic") showWeights(true);
  rescale(backend, answer);
  const state_ = answer.temperature ? `, ${BADGES[answer.temperature]}` : "";
  const first = answer.results[0] ? ` First: ${answer.results[0].title}.` : "";
  say(`${titleOf(backend)} answered in ${shownMs(answer.ms)} milliseconds${state_}.${first}`);
}

function failed(backend, card, failure) {
  if (!(failure instanceof Failure)) throw failure;
  const answer = failure.reply?.headers.get("Server-Timing") ? answerOf(failure.reply) : null;
  showFailure(card, failure, answer);
  if (answer) rescale(backend, { ...answer, results: null });
  say(`${titleOf(backend)}: ${failure.message}`);
}

function rescale(backend, answer) {
  state.shown.set(backend, answer);
  const ends = [...state.shown.values()].flatMap(({ ms, chart }) => [ms, ...chart.rows.map((row) => row.start + row.dur)]);
  setScale(byId("answers"), Math.max(...ends));
}

/** Ends what runs and what waits for its turn. */
function cancelAll() {
  for (const [backend] of state.queue.splice(0)) failed(backend, state.cards.get(backend), new Failure("Cancelled.", { cancelled: true }));
  for (const { controller } of state.running.values()) controller.abort(CANCELLED);
}

/* What became of it. */

/** Shows how far the question is; buttons follow. */
function progress() {
  const running = state.running.size + state.queue.length;
  const cancel = byId("cancel");
  if (!running && document.activeElement === cancel) byId("find").focus();
  cancel.hidden = !running;
  byId("summary").textContent = running ? `${state.cards.size - running} of ${state.cards.size} done.` : verdict();
}

/** One sentence on all answers. One request each is no measurement, so none is called the fastest. */
function verdict() {
  const answers = [...state.shown.values()].filter(({ results }) => results);
  const asked = state.cards.size;
  if (!answers.length) return "No answer.";
  const count = answers.length < asked ? `${answers.length} of ${asked} answered.` : asked > 1 ? `All ${asked} answered.` : "Answered.";
  if (answers.length === 1) return count;
  const rankings = new Set(answers.map(({ results }) => JSON.stringify(results.map(({ id }) => id))));
  const same = rankings.size === 1 ? "They found the same incidents in the same order." : "They did not find the same incidents.";
  const states = new Set(answers.map(({ temperature: state_ }) => state_));
  return `${count} ${same}${states.size > 1 ? " Some times are of cold starts and others are not." : ""}`;
}

function tick() {
  for (const { card, started } of state.running.values()) showWaited(card, performance.now() - started);
}

/* Wiring. */

function chooseExample(event) {
  const example = event.target.closest("[data-text]");
  if (!example) return;
  byId("text").value = example.dataset.text;
  complain("text", "");
  say(`Example put in: ${example.textContent}.`);
}

function askAgain(event) {
  const card = event.target.closest(".again button")?.closest(".card");
  if (!card) return;
  const [backend] = [...state.cards].find(([, other]) => other === card);
  const cold = event.target.closest(".cold") !== null;
  say(cold ? `Asking ${titleOf(backend)} after a new cold start.` : `Asking ${titleOf(backend)} again.`);
  if (state.asked.together) void askOne(backend, cold);
  else askInTurn(backend, cold);
}

/** Says what is to be known of the choice. */
function explainChoice() {
  byId("at-once").hidden = chosen("backend") !== AT_ONCE;
}

function offerModels() {
  byId("unknown-model").hidden = !namedModel || Boolean(secondModel);
  const segments = [makeSegment("model", "", "Main", !secondModel)];
  if (secondModel) segments.push(makeSegment("model", secondModel, secondModel, true));
  document.querySelector("#models .segments").replaceChildren(...segments);
  byId("models").hidden = !secondModel;
  byId("models").addEventListener("change", () => void lookAround());
}

function start() {
  offerModels();
  byId("question").addEventListener("submit", (event) => {
    event.preventDefault();
    askAll(false);
  });
  byId("cold").addEventListener("click", () => askAll(true));
  byId("cold").hidden = !OFFERS.has(COLD_START);
  byId("report").hidden = !OFFERS.has("report");
  byId("backends").addEventListener("change", explainChoice);
  byId("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) askAll(false);
  });
  document.querySelector(".examples").addEventListener("click", chooseExample);
  byId("answers").addEventListener("click", askAgain);
  byId("cancel").addEventListener("click", cancelAll);
  setInterval(tick, 100);
  void lookAround();
}

start();
