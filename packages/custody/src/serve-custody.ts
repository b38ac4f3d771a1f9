import type { Bus } from "@kismet/bus";
import {
  describeExport,
  type DomainService,
  domainServices,
  eraseMember as eraseMemberOf,
  readExport,
} from "@kismet/contracts";
import type { AnyDatabase } from "@kismet/database";
import type { Parts } from "@kismet/service-kit";
import type { Custody } from "./declare-custody.ts";
import { eraseMember, type ErasureDeps } from "./erase-member.ts";
import { readSection, sectionsOf } from "./export-member.ts";
import { createReceiptSigner } from "./receipts.ts";

type Options = Pick<ErasureDeps, "before" | "outside"> & {
  bus: Bus;
  database: AnyDatabase;
  custody: Custody;
};

/** Answers auth, which leads erasures and exports. Gives what erases a member here, for auth's own part. */
export function serveCustody(
  parts: Parts<{ receiptSecret: string }>,
  { bus, database, custody, before, outside }: Options,
): (request: { erasureId: string; memberId: string }) => ReturnType<typeof eraseMember> {
  const service = nameOf(parts);
  const deps: ErasureDeps = {
    service,
    database,
    custody,
    forgetting: bus.forgetting,
    signer: createReceiptSigner(service, parts.config.receiptSecret),
    clock: parts.clock,
    ...(before ? { before } : {}),
    ...(outside ? { outside } : {}),
  };
  const sections = sectionsOf(custody);
  bus.serve(eraseMemberOf(service), (request) => eraseMember(deps, request));
  bus.serve(describeExport(service), async () => ({ sections }));
  bus.serve(readExport(service), (request) => readSection(deps, request));
  return (request) => eraseMember(deps, request);
}

function nameOf({ name }: Parts): DomainService {
  const found = domainServices.find((service) => service === name);
  if (!found) throw new Error(`${name} keeps nothing of members`);
  return found;
}
