/** What the page of passkeys does, by the public interface only. Tokens stay in here: a page that is loaded anew knows nobody. */
const api = "/v1/auth/passkeys";
const element = (id) => document.getElementById(id);
const said = element("said");
let accessToken;

/** The text is the page's own, in its language. */
function tell(what) {
  said.textContent = said.dataset[what] ?? "";
  said.dataset["state"] = what;
}

async function ask(method, path, body) {
  const answer = await fetch(path, {
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
};

/** Each button does one thing at a time, and says how it went. */
function on(id, event, work) {
  element(id).addEventListener(event, async (happened) => {
    happened.preventDefault();
    tell("working");
    try {
      await work(happened);
    } catch (error) {
      // The browser's own refusals: nobody was there, or no passkey is known.
      tell(
        outcomes[error.code] ??
          (error.name === "NotAllowedError" || error.name === "InvalidStateError" ? "nobody" : "failed"),
      );
    }
  });
}

async function signedIn(answer) {
  if (answer.accessToken === undefined) return tell("challenge");
  accessToken = answer.accessToken;
  element("stranger").hidden = true;
  element("own").hidden = false;
  await show();
  tell("signedIn");
}

async function show() {
  const { items } = await ask("GET", api);
  element("list").replaceChildren(
    ...items.map(({ id, name, suspendedAt }) => {
      const item = document.createElement("li");
      item.dataset["id"] = id;
      item.append(suspendedAt === null ? name : `${name} (${said.dataset["suspended"]})`);
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = said.dataset["remove"];
      button.setAttribute("aria-label", `${said.dataset["remove"]}: ${name}`);
      button.value = id;
      item.append(button);
      return item;
    }),
  );
}

on("sign-in", "click", async () => {
  const { id, options } = await ask("POST", `${api}/sign-in/options`);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  await signedIn(await ask("POST", `${api}/sign-in`, { id, response: credential.toJSON() }));
});

on("password-form", "submit", async ({ target }) => {
  const { email, password } = Object.fromEntries(new FormData(target));
  target.reset();
  await signedIn(await ask("POST", "/v1/auth/login", { email, password }));
});

on("add-form", "submit", async ({ target }) => {
  const name = new FormData(target).get("name");
  const { id, options } = await ask("POST", `${api}/options`);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  await ask("POST", api, { id, name, response: credential.toJSON() });
  target.reset();
  await show();
  tell("added");
});

on("list", "click", async ({ target }) => {
  if (target.value === undefined || target.tagName !== "BUTTON") return tell("ready");
  await ask("DELETE", `${api}/${target.value}`);
  await show();
  tell("removed");
});

if (globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === undefined) tell("unsupported");
else tell("ready");
