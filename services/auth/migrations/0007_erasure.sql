CREATE TABLE "auth"."erasure_receipts" (
	"erasure_id" uuid NOT NULL,
	"service" text NOT NULL,
	"statement" text NOT NULL,
	"key" text NOT NULL,
	"signature" text NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "erasure_receipts_pk" PRIMARY KEY("erasure_id","service")
);
--> statement-breakpoint
CREATE TABLE "auth"."erasures" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid,
	"digest" text NOT NULL,
	"began_at" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	CONSTRAINT "erasures_member" UNIQUE("member_id")
);
--> statement-breakpoint
CREATE TABLE "auth"."export_chunks" (
	"export_id" uuid NOT NULL,
	"writer" uuid NOT NULL,
	"seq" integer NOT NULL,
	"sealed" "bytea" NOT NULL,
	CONSTRAINT "export_chunks_pk" PRIMARY KEY("export_id","writer","seq")
);
--> statement-breakpoint
CREATE TABLE "auth"."exports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"request_id" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"sealed_key" text NOT NULL,
	"writer" uuid,
	"byte_count" bigint,
	"ready_at" timestamp with time zone,
	"expires_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "auth"."legal_holds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"reason" text NOT NULL,
	"placed_by" text NOT NULL,
	"placed_at" timestamp with time zone NOT NULL,
	"lifted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "auth"."receipt_keys" (
	"service" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."tombstones" (
	"digest" text PRIMARY KEY NOT NULL,
	"erasure_id" uuid NOT NULL,
	"begun_at" timestamp with time zone DEFAULT now() NOT NULL,
	"receipt" jsonb
);
--> statement-breakpoint
ALTER TABLE "auth"."outbox" ADD COLUMN "about" uuid[] DEFAULT '{}'::uuid[] NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."erasure_receipts" ADD CONSTRAINT "erasure_receipts_erasure_id_erasures_id_fk" FOREIGN KEY ("erasure_id") REFERENCES "auth"."erasures"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."export_chunks" ADD CONSTRAINT "export_chunks_export_id_exports_id_fk" FOREIGN KEY ("export_id") REFERENCES "auth"."exports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."exports" ADD CONSTRAINT "exports_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."legal_holds" ADD CONSTRAINT "legal_holds_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "erasures_waiting" ON "auth"."erasures" USING btree ("next_attempt_at") WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "exports_of_member" ON "auth"."exports" USING btree ("member_id","requested_at");--> statement-breakpoint
CREATE INDEX "exports_waiting" ON "auth"."exports" USING btree ("next_attempt_at") WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "legal_holds_of_member" ON "auth"."legal_holds" USING btree ("member_id") WHERE lifted_at IS NULL;--> statement-breakpoint
CREATE INDEX "outbox_about" ON "auth"."outbox" USING gin ("about");
--> statement-breakpoint
-- Whom the events told of so far: everybody whom their payloads name by id.
UPDATE "auth"."outbox" SET "about" = ARRAY(
  SELECT DISTINCT (found)[1]::uuid FROM regexp_matches(
    "payload"::text, '"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', 'g') AS found);
