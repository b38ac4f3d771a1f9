import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { addAuthenticator, noBrowser, openBrowser } from "../src/browser.ts";

/** As text: it is for the page, whose names this program does not have. */
const createPasskey = `navigator.credentials.create({ publicKey: {
  rp: { id: "localhost", name: "here" },
  user: { id: new Uint8Array([1]), name: "a", displayName: "a" },
  challenge: new Uint8Array(32),
  pubKeyCredParams: [{ type: "public-key", alg: -7 }],
  authenticatorSelection: { residentKey: "required", userVerification: "required" },
  timeout: 2000,
} }).then(({ id }) => id, ({ name }) => name)`;

await t.test(
  "a browser runs pages, with a passkey device that has an owner or has none",
  { skip: noBrowser },
  async (t) => {
    const server = createServer((_request, response) => {
      response.setHeader("content-type", "text/html");
      response.end("<!doctype html><title>here</title>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const closed = new Promise((resolve) => server.once("close", resolve));
    t.teardown(async () => {
      server.close();
      server.closeAllConnections();
      await closed;
    });
    const browser = await openBrowser(t);
    const page = await browser.newPage();
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    t.equal(await page.title(), "here");

    const authenticator = await addAuthenticator(page);
    const create = () => page.evaluate(createPasskey) as Promise<string>;
    const id = await create();
    const [kept] = await authenticator.credentials();
    t.equal(Buffer.from(kept?.credentialId ?? "", "base64").toString("base64url"), id);
    t.match(kept, { isResidentCredential: true, rpId: "localhost", signCount: 1 });
    await authenticator.setUserVerified(false);
    t.equal(await create(), "NotAllowedError");
  },
);
