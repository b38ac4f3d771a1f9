ALTER TABLE "auth"."email_changes" ADD COLUMN "session_id" uuid;--> statement-breakpoint
ALTER TABLE "auth"."ban_marks" ADD COLUMN "bans" uuid[] DEFAULT '{}' NOT NULL;