import { declareCustody, untouched } from "@kismet/custody";
import { and, eq, inArray, ne, sql } from "drizzle-orm";
import * as sandbox from "./sandbox/sandbox-schema.ts";
import * as schema from "./schema.ts";

const {
  entitlements,
  checkouts,
  idempotencyKeys,
  subscriptions,
  ledgerTransactions,
  ledgerEntries,
  grants,
  spends,
} = schema;

const mine = "it is the member";
const counter = "counts changes, and says nothing of the member";
const plumbing = "when somebody looks at it next";
/** Commercial and tax law want the books of ten years; they want to know what was paid, not who paid it. */
const books = "the books: what was sold, and when, at which price";
const provider = "finds the payment at the provider, who has to answer for refunds and disputes";
const noMember = "names no member";
const others =
  "the sandbox plays another company, and these are its books: it knows payments, and nobody's name";

const ofMember = (id: string) => eq(ledgerTransactions.memberId, id);

/** What this service keeps of a member. What stays says of a pseudonym what it said of the member, in all tables the same. */
export const custody = declareCustody(
  { ...schema, ...sandbox },
  {
    entitlements: {
      section: {
        name: "entitlements",
        title: "What you may do",
        rows: (id) => eq(entitlements.memberId, id),
      },
      exported: ["tier", "validUntil", "boosts", "superlikes"],
      withheld: { memberId: mine, version: counter, changesAt: plumbing },
      erased: [{ rows: (id) => eq(entitlements.memberId, id) }],
    },
    idempotencyKeys: {
      exported: [],
      withheld: {
        ...{ memberId: mine, key: "by it a retry is recognised", bodyHash: "by it a retry is recognised" },
        ...{ checkoutId: "the checkouts have it", answer: "the checkouts have it", createdAt: plumbing },
      },
      erased: [{ rows: (id) => eq(idempotencyKeys.memberId, id) }],
    },
    checkouts: {
      section: {
        name: "checkouts",
        title: "What you bought, or began to",
        rows: (id) => eq(checkouts.memberId, id),
      },
      exported: ["id", "productId", "provider", "amount", "currency", "status", "createdAt", "paidAt"],
      withheld: {
        ...{ memberId: mine, superseded: plumbing, providerRef: provider, reconcileAt: plumbing },
        redirectUrl: "whoever has it can pay there",
      },
      erased: [
        { rows: (id) => and(eq(checkouts.memberId, id), ne(checkouts.status, "paid")) },
        {
          rows: (id) => eq(checkouts.memberId, id),
          set: ({ pseudonym }) => ({ memberId: pseudonym, redirectUrl: null, reconcileAt: null }),
        },
      ],
      kept: {
        ...{ id: books, productId: books, provider: books, amount: books, currency: books, status: books },
        ...{ createdAt: books, paidAt: books, superseded: books, providerRef: provider },
      },
    },
    subscriptions: {
      section: {
        name: "subscriptions",
        title: "Your subscriptions",
        rows: (id) => eq(subscriptions.memberId, id),
      },
      exported: [
        ...([
          "id",
          "provider",
          "productId",
          "tier",
          "status",
          "cancelAtPeriodEnd",
          "periodStartsAt",
        ] as const),
        ...(["periodEndsAt", "paidUntil", "createdAt"] as const),
      ],
      withheld: { memberId: mine, providerRef: provider, reconcileAt: plumbing },
      erased: [
        {
          rows: (id) => eq(subscriptions.memberId, id),
          set: ({ pseudonym }) => ({ memberId: pseudonym, reconcileAt: null }),
        },
      ],
      kept: {
        ...{ id: books, provider: books, productId: books, tier: books, status: books, createdAt: books },
        ...{ cancelAtPeriodEnd: books, periodStartsAt: books, periodEndsAt: books, paidUntil: books },
        providerRef: provider,
      },
    },
    ledgerTransactions: {
      section: { name: "ledger", title: "What was booked of you", rows: ofMember },
      exported: ["id", "kind", "occurredAt"],
      withheld: { key: "by it nothing is booked twice", memberId: mine },
      erased: [
        {
          rows: ofMember,
          // The trigger lets nothing but this pass: see migrations.
          set: ({ memberId, pseudonym }) => ({
            memberId: pseudonym,
            key: sql`replace(${ledgerTransactions.key}, ${memberId}, ${pseudonym})`,
          }),
        },
      ],
      kept: { id: books, kind: books, occurredAt: books },
    },
    ledgerEntries: {
      section: {
        name: "ledger-entries",
        title: "The entries of these bookings",
        rows: (id) =>
          inArray(
            ledgerEntries.transactionId,
            sql`(SELECT ${ledgerTransactions.id} FROM ${ledgerTransactions} WHERE ${ofMember(id)})`,
          ),
      },
      exported: ["id", "transactionId", "account", "unit", "amount"],
      withheld: { grantId: "the grants have it" },
      erased: [],
      kept: {
        ...{ id: noMember, transactionId: noMember, account: noMember, unit: noMember, amount: noMember },
        grantId: noMember,
      },
    },
    grants: {
      section: {
        name: "grants",
        title: "Boosts and super likes that you got",
        rows: (id) => eq(grants.memberId, id),
      },
      exported: ["consumable", "quantity", "remaining", "grantedAt", "expiresAt"],
      withheld: { id: "a key between tables", memberId: mine },
      erased: [{ rows: (id) => eq(grants.memberId, id), set: ({ pseudonym }) => ({ memberId: pseudonym }) }],
      kept: {
        ...{ id: books, consumable: books, quantity: books, remaining: books, grantedAt: books },
        expiresAt: books,
      },
    },
    spends: {
      section: {
        name: "spends",
        title: "Boosts and super likes that you used",
        rows: (id) => eq(spends.memberId, id),
      },
      exported: ["status", "consumable", "createdAt"],
      withheld: { key: "a key between services", memberId: mine, grantId: "a key between tables" },
      erased: [
        { rows: (id) => and(eq(spends.memberId, id), eq(spends.status, "void")) },
        { rows: (id) => eq(spends.memberId, id), set: ({ pseudonym }) => ({ memberId: pseudonym }) },
      ],
      kept: { key: books, status: books, consumable: books, grantId: books, createdAt: books },
    },
    webhookEvents: untouched("what a provider told, by the provider's own names", [
      ...([
        "provider",
        "eventId",
        "checkoutId",
        "subscriptionRef",
        "requestId",
        "receivedAt",
        "attempts",
      ] as const),
      "nextAttemptAt",
    ]),
    sandboxCheckouts: untouched(others, [
      ...([
        "ref",
        "merchantRef",
        "token",
        "description",
        "amount",
        "currency",
        "recurring",
        "status",
      ] as const),
      ...(["expiresAt", "subscriptionRef"] as const),
    ]),
    sandboxSubscriptions: untouched(others, [
      ...([
        "ref",
        "amount",
        "currency",
        "status",
        "cancelAtPeriodEnd",
        "periodStartsAt",
        "periodEndsAt",
      ] as const),
    ]),
    sandboxPayments: untouched(others, ["ref", "subject", "amount", "currency", "paidAt"]),
    sandboxDeliveries: untouched(others, ["id", "body", "requestId", "attempts", "nextAttemptAt"]),
  },
);
