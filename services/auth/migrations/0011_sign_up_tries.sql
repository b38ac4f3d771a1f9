CREATE TABLE "auth"."asked_mails" (
	"letter_id" uuid PRIMARY KEY NOT NULL,
	"address" text NOT NULL,
	"asker" text,
	"sent_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "auth"."signups" ALTER COLUMN "codes_sent" SET DEFAULT 0;--> statement-breakpoint
ALTER TABLE "auth"."signups" ADD COLUMN "asker" text;--> statement-breakpoint
ALTER TABLE "auth"."signups" ADD COLUMN "others_tries_left" smallint DEFAULT 5 NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."signups" ADD COLUMN "password_tries_left" smallint DEFAULT 5 NOT NULL;--> statement-breakpoint
CREATE INDEX "asked_mails_to" ON "auth"."asked_mails" USING btree ("address","sent_at");--> statement-breakpoint
CREATE INDEX "asked_mails_age" ON "auth"."asked_mails" USING btree ("sent_at");