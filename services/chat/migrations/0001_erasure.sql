CREATE TABLE "chat"."tombstones" (
	"digest" text PRIMARY KEY NOT NULL,
	"erasure_id" uuid NOT NULL,
	"begun_at" timestamp with time zone DEFAULT now() NOT NULL,
	"receipt" jsonb
);
--> statement-breakpoint
ALTER TABLE "chat"."outbox" ADD COLUMN "about" uuid[] DEFAULT '{}'::uuid[] NOT NULL;--> statement-breakpoint
CREATE INDEX "outbox_about" ON "chat"."outbox" USING gin ("about");
--> statement-breakpoint
-- Whom the events told of so far: everybody whom their payloads name by id.
UPDATE "chat"."outbox" SET "about" = ARRAY(
  SELECT DISTINCT (found)[1]::uuid FROM regexp_matches(
    "payload"::text, '"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', 'g') AS found);
