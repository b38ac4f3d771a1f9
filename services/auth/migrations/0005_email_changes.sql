CREATE TABLE "auth"."email_changes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"old_email" text NOT NULL,
	"new_email" text NOT NULL,
	"code_hash" text,
	"link_hash" text,
	"tries_left" smallint NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"confirmed_at" timestamp with time zone,
	"undo_hash" text,
	"closed_at" timestamp with time zone,
	CONSTRAINT "email_changes_link" UNIQUE("link_hash"),
	CONSTRAINT "email_changes_undo" UNIQUE("undo_hash")
);
--> statement-breakpoint
ALTER TABLE "auth"."email_changes" ADD CONSTRAINT "email_changes_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "email_changes_of_member" ON "auth"."email_changes" USING btree ("member_id","id");--> statement-breakpoint
CREATE INDEX "email_changes_to" ON "auth"."email_changes" USING btree ("new_email","requested_at");--> statement-breakpoint
CREATE INDEX "email_changes_from" ON "auth"."email_changes" USING btree ("old_email") WHERE confirmed_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "email_changes_age" ON "auth"."email_changes" USING btree ("requested_at");