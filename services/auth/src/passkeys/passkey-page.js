/**
 * What the page of passkeys does, by the public interface only. Tokens stay in here: a page that is loaded anew knows
 * nobody. What finishes a provider's flow outlives the page for as long as the browser is away at the provider, and so does
 * what the browser is known by, which signs nobody in.
 */
const api = "/v1/auth";
const flowKey = "kismet-flow";
const deviceKey = "kismet-device";
const element = (id) => document.getElementById(id);
const [said, fault] = [element("said"), element("fault")];
let accessToken;
let challenge;
/** For an account whose address a provider has verified: redeemed by whoever signs in to it in another way. */
let ticket;

/** The texts are the page's own, in its language. What is wrong takes the focus, which also has it read out. */
function tell(what) {
  said.dataset["state"] = what;
  said.textContent = said.dataset[what] ?? "";
  const wrong = fault.dataset[what];
  fault.hidden = wrong === undefined;
  fault.textContent = wrong ?? "";
  if (wrong !== undefined) fault.focus();
}

/** One of the page's parts at a time. */
function turnTo(part, focus) {
  for (const id of ["stranger", "challenge", "own"]) element(id).hidden = id !== part;
  focus?.focus();
}

async function ask(method, path, body) {
  const answer = await fetch(api + path, {
    method,
    headers: {
      "x-kismet-client": "browser",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const read = text === "" ? null : JSON.parse(text);
  if (!answer.ok) throw Object.assign(new Error(read?.detail), { code: read?.code });
  return read;
}

const outcomes = {
  AUTH_LAST_WAY_IN: "last",
  AUTH_FRESH_SIGN_IN_NEEDED: "stale",
  AUTH_PASSKEY_REFUSED: "refused",
  AUTH_CREDENTIALS_WRONG: "wrong",
  AUTH_CODE_INVALID: "wrongCode",
  AUTH_CHALLENGE_OVER: "over",
  AUTH_PROVIDER_REFUSED: "over",
  AUTH_TICKET_INVALID: "over",
  AUTH_TOO_MANY_TRIES: "late",
  RATE_LIMITED: "late",
};

/** Does one thing at a time, and says how it went. */
async function attempt(work) {
  tell("working");
  try {
    await work();
  } catch (error) {
    const what = outcomes[error.code];
    if (what === "over" && accessToken === undefined) turnTo("stranger");
    // The browser's own refusals: nobody was there, or no passkey is known.
    const nobody = error.name === "NotAllowedError" || error.name === "InvalidStateError";
    tell(what ?? (nobody ? "nobody" : "failed"));
  }
}

function on(id, event, work) {
  element(id).addEventListener(event, (happened) => {
    happened.preventDefault();
    void attempt(() => work(happened));
  });
}

async function signedIn(answer) {
  if (answer.challenge !== undefined) return answerWith(answer.challenge);
  if (answer.ticket !== undefined) return takeTicket(answer.ticket);
  accessToken = answer.accessToken;
  keepDevice(answer.deviceToken);
  const redeemed = ticket;
  ticket = undefined;
  await show();
  turnTo("own", element("yours"));
  if (redeemed !== undefined) await ask("POST", "/identities", { ticket: redeemed });
  tell(redeemed === undefined ? "signedIn" : "linked");
}

function keepDevice(token) {
  if (token === undefined) return;
  try {
    localStorage.setItem(deviceKey, token);
  } catch {
    // A browser that keeps nothing is new each time.
  }
}

/** On a known device nobody else's wrong passwords are in the way. */
function knownDevice() {
  try {
    const token = localStorage.getItem(deviceKey);
    return token === null ? {} : { device: { token } };
  } catch {
    return {};
  }
}

/** One of several things has to be shown before there is a session. */
function answerWith(asked) {
  challenge = asked;
  const kind = element("kind");
  for (const option of kind.options) option.hidden = option.disabled = !asked.kinds.includes(option.value);
  kind.value = asked.kinds[0];
  element("kind-field").hidden = asked.kinds.length === 1;
  element("again").hidden = !asked.kinds.includes("email_code");
  nameCode();
  turnTo("challenge", element("code"));
  tell("asked");
}

function nameCode() {
  const { selectedOptions, value } = element("kind");
  element("code-label").textContent = selectedOptions[0].textContent;
  element("code").inputMode = value === "recovery_code" ? "text" : "numeric";
}

function takeTicket({ token, purpose }) {
  turnTo("stranger");
  if (purpose !== "link") return tell("unknown");
  ticket = token;
  tell("linkFirst");
}

async function show() {
  const { items } = await ask("GET", "/passkeys");
  element("list").replaceChildren(
    ...items.map(({ id, name, suspendedAt }) => {
      const item = document.createElement("li");
      item.dataset["id"] = id;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet";
      button.textContent = said.dataset["remove"];
      button.setAttribute("aria-label", `${said.dataset["remove"]}: ${name}`);
      button.value = id;
      const called = document.createElement("bdi");
      called.textContent = suspendedAt === null ? name : `${name} (${said.dataset["suspended"]})`;
      item.append(called, button);
      return item;
    }),
  );
}

/** A browser that comes back from a provider brings its answer in the fragment, which no server has seen. */
async function comeBack(came) {
  const kept = JSON.parse(sessionStorage.getItem(flowKey) ?? "null");
  if (kept && kept.lang !== document.documentElement.lang)
    return location.replace(`${location.pathname}?lang=${kept.lang}${location.hash}`);
  sessionStorage.removeItem(flowKey);
  history.replaceState(null, "", location.pathname + location.search);
  if (came.has("error") && came.get("error") !== "flow_over") return tell("denied");
  if (!kept || came.get("state") !== kept.state || came.get("provider") !== kept.provider)
    return tell("over");
  const { provider, state, verifier } = kept;
  const [code, iss] = [came.get("code") ?? "", came.get("iss")];
  const body = { state, verifier, code, ...(iss === null ? {} : { iss }), ...knownDevice() };
  return signedIn(await ask("POST", `/oidc/${provider}/finish`, body));
}

on("sign-in", "click", async () => {
  const { id, options } = await ask("POST", "/passkeys/sign-in/options");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  await signedIn(
    await ask("POST", "/passkeys/sign-in", { id, response: credential.toJSON(), ...knownDevice() }),
  );
});

on("providers", "click", async ({ target }) => {
  if (target.tagName !== "BUTTON") return tell("ready");
  const provider = target.value;
  const returnTo = location.origin + location.pathname;
  const { state, verifier, authorizationUrl } = await ask("POST", `/oidc/${provider}/start`, { returnTo });
  const { lang } = document.documentElement;
  sessionStorage.setItem(flowKey, JSON.stringify({ provider, state, verifier, lang }));
  location.assign(authorizationUrl);
});

on("password-form", "submit", async ({ target }) => {
  const { email, password } = Object.fromEntries(new FormData(target));
  element("password").value = "";
  await signedIn(await ask("POST", "/login", { email, password, ...knownDevice() }));
});

on("challenge-form", "submit", async ({ target }) => {
  const { kind, code } = Object.fromEntries(new FormData(target));
  element("code").value = "";
  await signedIn(await ask("POST", "/challenge", { id: challenge.id, kind, code: code.trim() }));
});

on("again", "click", async () => {
  await ask("POST", "/challenge/resend", { id: challenge.id });
  tell("sent");
});

element("kind").addEventListener("change", nameCode);

on("add-form", "submit", async ({ target }) => {
  const name = new FormData(target).get("name");
  const { id, options } = await ask("POST", "/passkeys/options");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  await ask("POST", "/passkeys", { id, name, response: credential.toJSON() });
  target.reset();
  await show();
  tell("added");
});

on("list", "click", async ({ target }) => {
  if (target.tagName !== "BUTTON") return tell("ready");
  await ask("DELETE", `/passkeys/${target.value}`);
  await show();
  // Its button is gone, and the focus with it.
  element("yours").focus();
  tell("removed");
});

const came = new URLSearchParams(location.hash.slice(1));
const canPasskeys = globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;
turnTo("stranger");
element("sign-in").hidden = !canPasskeys;
if (came.has("provider")) void attempt(() => comeBack(came));
else tell(canPasskeys ? "ready" : "unsupported");
