/** What is uploaded, for those who send, pass on and take it. */
export const uploadPath = "/v1/bench/uploads";
export const uploadBytes = 10 * 1_024 * 1_024;
