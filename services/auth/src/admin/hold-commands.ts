import { Uuid } from "@kismet/contracts";
import { Value } from "typebox/value";
import { liftLegalHolds, placeLegalHold } from "../erasure/legal-holds.ts";
import { listOpenHolds } from "../erasure/legal-holds-repository.ts";
import { accountOf, type Command, Refused, UsageError } from "./command.ts";

const listed = 500;
const maxLength = 500;

export const holdCommands: Record<string, Command> = {
  "holds list": {
    args: "[member]",
    says: "what keeps members from being erased: all of it, or of one member",
    hasMember: true,
    async run(deps, [who]) {
      const memberId = who === undefined ? undefined : (await accountOf(deps, who)).memberId;
      return listOpenHolds(deps.database.read, memberId, listed);
    },
  },
  "holds place": {
    args: "<member> --reason <text> --reference <text>",
    says: "keeps a member from being erased until it is lifted; the reference is that of the case",
    hasMember: true,
    isDestructive: true,
    async run(deps, [who], { reason = "", reference = "" }) {
      for (const [name, text] of Object.entries({ reason, reference }))
        if (text.trim() === "" || text.length > maxLength)
          throw new UsageError(`--${name} has 1 to ${maxLength} characters.`);
      const { memberId } = await accountOf(deps, who);
      const { id } = await placeLegalHold(deps, { memberId, reason, reference, by: deps.operator });
      return { memberId, hold: id };
    },
  },
  "holds lift": {
    args: "<member> [hold] --reason <text>",
    says: "lifts a hold; which of them need not be said if there is one",
    hasMember: true,
    isDestructive: true,
    async run(deps, [who, hold]) {
      if (hold !== undefined && !Value.Check(Uuid, hold))
        throw new UsageError(`"${hold}" is no id of a hold: holds list tells them.`);
      const { memberId } = await accountOf(deps, who);
      const open = await listOpenHolds(deps.database.read, memberId, listed);
      const [one, ...others] = hold === undefined ? open : open.filter(({ id }) => id === hold);
      if (!one) throw new Refused("Nothing of the kind holds this member.");
      // Those of other cases must not go with it.
      if (others.length > 0)
        throw new Refused(`There are ${open.length} holds: say which (holds list tells them).`);
      const lifted = await liftLegalHolds(deps, { memberId, id: one.id, by: deps.operator });
      return { memberId, lifted, left: open.length - lifted };
    },
  },
};
