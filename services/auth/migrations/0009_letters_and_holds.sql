ALTER TABLE "auth"."legal_holds" ADD COLUMN "reference" text;--> statement-breakpoint
ALTER TABLE "auth"."oidc_tickets" ADD COLUMN "code_letter_id" uuid;--> statement-breakpoint
ALTER TABLE "auth"."password_resets" ADD COLUMN "letter_id" uuid;--> statement-breakpoint
ALTER TABLE "auth"."signups" ADD COLUMN "code_letter_id" uuid;