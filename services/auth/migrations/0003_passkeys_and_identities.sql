CREATE TABLE "auth"."identities" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"subject" text NOT NULL,
	"email" text,
	"given_name" text,
	"created_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "identities_subject" UNIQUE("provider","subject"),
	CONSTRAINT "identities_one_a_provider" UNIQUE("member_id","provider")
);
--> statement-breakpoint
CREATE TABLE "auth"."oidc_flows" (
	"state_hash" text PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"verifier_hash" text NOT NULL,
	"member_id" uuid,
	"session_id" uuid,
	"return_to" text NOT NULL,
	"given_name" text,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."oidc_tickets" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"subject" text NOT NULL,
	"email" text,
	"email_verified" boolean NOT NULL,
	"given_name" text,
	"birth_date" date,
	"locale" text,
	"accepted_terms_version" text,
	"code_hash" text,
	"code_sent_at" timestamp with time zone,
	"codes_sent" smallint DEFAULT 0 NOT NULL,
	"tries_left" smallint DEFAULT 0 NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."passkey_challenges" (
	"id" uuid PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"member_id" uuid,
	"session_id" uuid,
	"challenge_hash" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."passkeys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"credential_id" text NOT NULL,
	"public_key" text NOT NULL,
	"counter" bigint NOT NULL,
	"transports" text[] NOT NULL,
	"name" text NOT NULL,
	"aaguid" uuid NOT NULL,
	"backup_eligible" boolean NOT NULL,
	"backed_up" boolean NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone,
	"suspended_at" timestamp with time zone,
	CONSTRAINT "passkeys_credential" UNIQUE("credential_id")
);
--> statement-breakpoint
ALTER TABLE "auth"."accounts" ALTER COLUMN "password_hash" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."identities" ADD CONSTRAINT "identities_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."oidc_flows" ADD CONSTRAINT "oidc_flows_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."passkey_challenges" ADD CONSTRAINT "passkey_challenges_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."passkeys" ADD CONSTRAINT "passkeys_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "oidc_flows_of_member" ON "auth"."oidc_flows" USING btree ("member_id");--> statement-breakpoint
CREATE INDEX "oidc_flows_age" ON "auth"."oidc_flows" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "oidc_tickets_age" ON "auth"."oidc_tickets" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "oidc_tickets_of_address" ON "auth"."oidc_tickets" USING btree ("email");--> statement-breakpoint
CREATE INDEX "passkey_challenges_of_member" ON "auth"."passkey_challenges" USING btree ("member_id");--> statement-breakpoint
CREATE INDEX "passkey_challenges_age" ON "auth"."passkey_challenges" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "passkeys_of_member" ON "auth"."passkeys" USING btree ("member_id","created_at");