CREATE TABLE "auth"."appeals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"restriction_id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"text" text NOT NULL,
	"made_at" timestamp with time zone NOT NULL,
	"decided_at" timestamp with time zone,
	"decided_by" uuid,
	"outcome" text,
	"outcome_reason" text,
	CONSTRAINT "appeals_one_a_restriction" UNIQUE("restriction_id")
);
--> statement-breakpoint
CREATE TABLE "auth"."ban_marks" (
	"hash" text PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."restrictions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"statement" text,
	"until" timestamp with time zone,
	"made_at" timestamp with time zone NOT NULL,
	"made_by" uuid,
	"ended_at" timestamp with time zone,
	"ending" text
);
--> statement-breakpoint
ALTER TABLE "auth"."accounts" ADD COLUMN "hidden_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "auth"."appeals" ADD CONSTRAINT "appeals_restriction_id_restrictions_id_fk" FOREIGN KEY ("restriction_id") REFERENCES "auth"."restrictions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."appeals" ADD CONSTRAINT "appeals_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."restrictions" ADD CONSTRAINT "restrictions_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "appeals_of_member" ON "auth"."appeals" USING btree ("member_id");--> statement-breakpoint
CREATE INDEX "appeals_waiting" ON "auth"."appeals" USING btree ("id") WHERE decided_at IS NULL;--> statement-breakpoint
CREATE INDEX "restrictions_of_member" ON "auth"."restrictions" USING btree ("member_id","made_at");--> statement-breakpoint
CREATE UNIQUE INDEX "restrictions_open" ON "auth"."restrictions" USING btree ("member_id") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "restrictions_until" ON "auth"."restrictions" USING btree ("until") WHERE ended_at IS NULL;