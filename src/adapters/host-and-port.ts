/** A stand-in's `host:port` as Google's gRPC clients take it: in one option it hangs (measured). */
export function hostAndPort(address: string): { apiEndpoint: string; port: number } {
  const { hostname, port } = new URL(address.startsWith('http') ? address : `http://${address}`);
  return { apiEndpoint: hostname, port: Number(port) };
}
