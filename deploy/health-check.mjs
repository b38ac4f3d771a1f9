/** Exit code 0 if the service in this container is ready. */
const answer = await fetch(`http://127.0.0.1:${process.env.KISMET_OPS_PORT}/readyz`, {
  signal: AbortSignal.timeout(2_500),
});
if (!answer.ok) {
  console.error(await answer.text());
  process.exitCode = 1;
}
