/** Those behind the gateway, each with its schema in the database. Everything else that goes by service starts here. */
export const domainServices = ["auth", "profile", "matching", "chat", "billing"] as const;
export type DomainService = (typeof domainServices)[number];

export const serviceNames = ["gateway", ...domainServices] as const;
export type ServiceName = (typeof serviceNames)[number];

export type UpstreamKey<S extends DomainService = DomainService> = `upstream${Capitalize<S>}`;

/** The key of the gateway's configuration, `upstreamBilling`, under which the addresses of a service are. */
export function upstreamKey<S extends DomainService>(service: S): UpstreamKey<S> {
  return `upstream${service.charAt(0).toUpperCase()}${service.slice(1)}` as UpstreamKey<S>;
}
