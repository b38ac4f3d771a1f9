/** Below the gateway: where results come in, where browsers come back to, and the sandbox. */
export const resultPath = "/v1/auth/age/results";
export const donePath = "/auth/age/done";
export const sandboxChecksPath = "/v1/auth/age/sandbox/checks";
export const sandboxPagePath = "/auth/age/sandbox";
