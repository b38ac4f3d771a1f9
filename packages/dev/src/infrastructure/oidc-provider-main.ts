/** The OIDC provider of a laptop, as a process: everybody may say who they are. Told all by its environment. */
import { createServer } from "node:http";
import { createDevelopmentProvider } from "./development-provider.ts";
import { loopback } from "./ports.ts";

const { OIDC_PORT = "0", OIDC_CLIENT_ID = "", OIDC_CLIENT_SECRET = "", OIDC_REDIRECT_URI = "" } = process.env;
const client = {
  clientId: OIDC_CLIENT_ID,
  clientSecret: OIDC_CLIENT_SECRET,
  redirectUris: [OIDC_REDIRECT_URI],
};
const provider = createDevelopmentProvider(`http://${loopback}:${OIDC_PORT}`, [client]);
createServer(provider.callback()).listen(Number(OIDC_PORT), loopback);
