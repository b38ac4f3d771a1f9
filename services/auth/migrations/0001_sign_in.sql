CREATE TABLE "auth"."challenges" (
	"id" uuid PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"member_id" uuid,
	"kinds" text[] NOT NULL,
	"method" text,
	"session_id" uuid,
	"device_id" uuid,
	"device_name" text,
	"familiar" boolean NOT NULL,
	"code_hash" text,
	"code_made_at" timestamp with time zone,
	"code_letter_id" uuid,
	"codes_sent" smallint DEFAULT 0 NOT NULL,
	"tries_left" smallint NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "auth"."devices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"name" text,
	"created_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."guesses" (
	"key" text PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"failed_at" timestamp with time zone NOT NULL,
	"closed_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."places" (
	"member_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"value" text NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "places_pk" PRIMARY KEY("member_id","kind","value")
);
--> statement-breakpoint
CREATE TABLE "auth"."recovery_codes" (
	"member_id" uuid NOT NULL,
	"code_hash" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "recovery_codes_pk" PRIMARY KEY("member_id","code_hash")
);
--> statement-breakpoint
CREATE TABLE "auth"."totps" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"sealed_secret" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"confirmed_at" timestamp with time zone,
	"last_step" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "auth"."sessions" ADD COLUMN "methods" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."sessions" ADD COLUMN "authenticated_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "auth"."sessions" ADD COLUMN "place" text;--> statement-breakpoint
ALTER TABLE "auth"."sessions" ADD COLUMN "device_id" uuid;--> statement-breakpoint
ALTER TABLE "auth"."challenges" ADD CONSTRAINT "challenges_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."devices" ADD CONSTRAINT "devices_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."places" ADD CONSTRAINT "places_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."recovery_codes" ADD CONSTRAINT "recovery_codes_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."totps" ADD CONSTRAINT "totps_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "challenges_of_member" ON "auth"."challenges" USING btree ("member_id","created_at");--> statement-breakpoint
CREATE INDEX "challenges_age" ON "auth"."challenges" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "devices_of_member" ON "auth"."devices" USING btree ("member_id","last_used_at");--> statement-breakpoint
CREATE INDEX "guesses_age" ON "auth"."guesses" USING btree ("failed_at");--> statement-breakpoint
CREATE INDEX "places_age" ON "auth"."places" USING btree ("last_seen_at");