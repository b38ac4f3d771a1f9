import { defineRequest, strict } from "@kismet/contracts";
import { Type } from "typebox";

/** What the services of these tests can be asked. */

const Name = strict({ name: Type.String({ maxLength: 20 }) });
const Greeting = strict({ greeting: Type.String({ maxLength: 3_000_000 }) });

/** Asked once only. */
export const Greet = defineRequest({
  subject: "auth.v1.greeting.make",
  request: Name,
  reply: Greeting,
  timeoutMs: 1_000,
  idempotent: false,
});

/** May be asked again. */
export const Recall = defineRequest({
  subject: "auth.v1.greeting.recall",
  request: Name,
  reply: Greeting,
  timeoutMs: 1_000,
  idempotent: true,
});

/** Answered by asking auth in turn. */
export const Forward = defineRequest({
  subject: "profile.v1.greeting.forward",
  request: Name,
  reply: Greeting,
  timeoutMs: 2_000,
  idempotent: false,
});

/** Whatever comes of it fits. */
export const Describe = defineRequest({
  subject: "auth.v1.thing.describe",
  request: strict({}),
  reply: strict({ thing: Type.Unknown() }),
  timeoutMs: 1_000,
  idempotent: false,
});

/** Whose question may be larger than NATS carries. */
export const Recite = defineRequest({
  subject: "auth.v1.poem.recite",
  request: strict({ text: Type.String({ maxLength: 3_000_000 }) }),
  reply: Greeting,
  timeoutMs: 1_000,
  idempotent: true,
});
