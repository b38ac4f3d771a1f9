import { describeExport, domainServices, type ExportItem } from "@kismet/contracts";
import { answer, type World } from "@kismet/testing";
import { call } from "./auth-world.ts";

/** Plays the other services, which have nothing to give out: without them no archive is ever ready. */
export async function playOthers(world: World): Promise<void> {
  const others = domainServices.filter((service) => service !== "auth");
  await Promise.all(
    others.map((service) =>
      world.standIn(service, {
        answers: [answer(describeExport(service), async () => ({ sections: [] }))],
      }),
    ),
  );
}

/** Asks for an archive, whose mail is the next one to its member. */
export async function askForArchive(auth: { url: string }, token: string): Promise<string> {
  const { status, body } = await call<Pick<ExportItem, "id">>(auth, "POST", "/v1/auth/me/export", { token });
  if (status !== 202) throw new Error(`asking for an archive answered ${status}`);
  return body.id;
}
