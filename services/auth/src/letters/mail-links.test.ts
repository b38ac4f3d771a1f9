import { ConfigurationError } from "@kismet/service-kit";
import { test } from "tap";
import { createMailLinks } from "./mail-links.ts";

test("links in mails are https in production, and the configuration that would make others is refused", (t) => {
  const linksOf = (env: "production" | "test", publicUrl: string) => createMailLinks({ env, publicUrl });
  const fault = { message: /KISMET_PUBLIC_URL must begin with https:\/\// };
  for (const url of ["http://kismet.example", "http://127.0.0.1:8080"])
    t.throws(() => linksOf("production", url), fault);
  t.throws(() => linksOf("production", "http://kismet.example"), ConfigurationError);
  const links = linksOf("production", "https://kismet.example");
  t.equal(links("reset", "a.b", "de-AT"), "https://kismet.example/auth/reset-password?token=a.b&lang=de");
  t.doesNotThrow(() => linksOf("test", "http://127.0.0.1:8080"));
  t.end();
});
