export const serviceNames = ["gateway", "auth", "profile", "matching", "chat", "billing"] as const;
export type ServiceName = (typeof serviceNames)[number];
