CREATE TABLE "billing"."tombstones" (
	"digest" text PRIMARY KEY NOT NULL,
	"erasure_id" uuid NOT NULL,
	"begun_at" timestamp with time zone DEFAULT now() NOT NULL,
	"receipt" jsonb
);
--> statement-breakpoint
ALTER TABLE "billing"."outbox" ADD COLUMN "about" uuid[] DEFAULT '{}'::uuid[] NOT NULL;--> statement-breakpoint
CREATE INDEX "outbox_about" ON "billing"."outbox" USING gin ("about");
--> statement-breakpoint
-- Whom the events told of so far: everybody whom their payloads name by id.
UPDATE "billing"."outbox" SET "about" = ARRAY(
  SELECT DISTINCT (found)[1]::uuid FROM regexp_matches(
    "payload"::text, '"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', 'g') AS found);
--> statement-breakpoint
-- The journal stays as it is, but for one thing: whose a transaction was becomes a pseudonym when the member is erased.
DROP TRIGGER "ledger_transactions_append_only" ON "billing"."ledger_transactions";
--> statement-breakpoint
CREATE TRIGGER "ledger_transactions_append_only" BEFORE DELETE OR TRUNCATE ON "billing"."ledger_transactions"
  FOR EACH STATEMENT EXECUTE FUNCTION "billing"."refuse_ledger_change"();
--> statement-breakpoint
CREATE FUNCTION "billing"."allow_pseudonym_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."member_id" = OLD."member_id"
    OR (NEW."id", NEW."kind", NEW."occurred_at") IS DISTINCT FROM (OLD."id", OLD."kind", OLD."occurred_at")
    OR NEW."key" <> replace(OLD."key", OLD."member_id"::text, NEW."member_id"::text)
    OR NOT EXISTS (
      SELECT FROM "billing"."tombstones"
      WHERE "digest" = rtrim(translate(encode(sha256(
        convert_to('kismet tombstone ' || OLD."member_id"::text, 'UTF8')), 'base64'), '+/', '-_'), '='))
  THEN
    RAISE EXCEPTION 'the ledger is only ever added to' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END;
$$;
--> statement-breakpoint
CREATE TRIGGER "ledger_transactions_pseudonym_only" BEFORE UPDATE ON "billing"."ledger_transactions"
  FOR EACH ROW EXECUTE FUNCTION "billing"."allow_pseudonym_only"();
