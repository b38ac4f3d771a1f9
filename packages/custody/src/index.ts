/**
 * @kismet/custody: what a service keeps of a member, said once, and by that both given out and erased.
 *
 * Purpose: a service declares for each column of each of its tables whether it goes into a member's archive and what
 * becomes of it when the member is erased; the rest is done here. A declaration that leaves out a column is refused, so
 * that a service whose tables have grown does not start until it says what the new column is.
 * Lifecycle: `declareCustody` when the module is loaded, `serveCustody` before the lifecycle starts.
 * Invariants: an erasure is one transaction, behind a tombstone that was committed before it; its receipt is signed and
 * the same for ever; nothing of another member is in an archive; no answer is larger than the bus carries.
 * May depend on: @kismet/contracts, @kismet/service-kit, @kismet/database, @kismet/bus.
 */
export {
  type Custody,
  declareCustody,
  type Erasing,
  faultsOfCustody,
  type TableCustody,
} from "./declare-custody.ts";
export { createReceiptSigner, readReceipt, type ReceiptSigner } from "./receipts.ts";
export { serveCustody } from "./serve-custody.ts";
export { untouched } from "./untouched.ts";
