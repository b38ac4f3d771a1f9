CREATE TABLE "auth"."age_assurances" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"method" text,
	"proven_age" smallint,
	"provider" text,
	"provider_ref" text,
	"decided_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"restriction_id" uuid
);
--> statement-breakpoint
CREATE TABLE "auth"."age_checks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"method" text NOT NULL,
	"minimum_age" smallint NOT NULL,
	"provider" text NOT NULL,
	"provider_ref" text,
	"sealed_redirect" text,
	"opened_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"outcome" text,
	"result_id" uuid,
	"decided_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "auth"."accounts" ADD COLUMN "jurisdiction" text;--> statement-breakpoint
ALTER TABLE "auth"."signups" ADD COLUMN "jurisdiction" text;--> statement-breakpoint
ALTER TABLE "auth"."oidc_tickets" ADD COLUMN "jurisdiction" text;--> statement-breakpoint
ALTER TABLE "auth"."age_assurances" ADD CONSTRAINT "age_assurances_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."age_checks" ADD CONSTRAINT "age_checks_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "age_assurances_ending" ON "auth"."age_assurances" USING btree ("expires_at") WHERE state IN ('estimated', 'verified');--> statement-breakpoint
CREATE UNIQUE INDEX "age_checks_open" ON "auth"."age_checks" USING btree ("member_id") WHERE closed_at IS NULL;--> statement-breakpoint
CREATE INDEX "age_checks_of_member" ON "auth"."age_checks" USING btree ("member_id","opened_at");--> statement-breakpoint
CREATE INDEX "age_checks_ending" ON "auth"."age_checks" USING btree ("expires_at") WHERE closed_at IS NULL;--> statement-breakpoint
CREATE INDEX "age_checks_age" ON "auth"."age_checks" USING btree ("opened_at");