/** What we use of every gRPC client of Google's. */
interface GoogleClient {
  initialize(): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * A gRPC client of Google's, made when it is first needed. Its calls look for credentials in a
 * promise that nobody can catch, and where there are none that ends the process; so that is settled
 * before the first call. A client that found none never would: the next `open` makes another.
 */
export function googleClient<T extends GoogleClient>(
  make: () => T | Promise<T>,
): { open(): Promise<T>; close(): Promise<void> } {
  let opening: Promise<T> | null = null;
  const start = async () => {
    try {
      const client = await make();
      await client.initialize();
      return client;
    } catch (error) {
      opening = null;
      throw error;
    }
  };
  return {
    open: () => {
      opening ??= start();
      return opening;
    },
    close: async () => (await opening?.catch(() => null))?.close(),
  };
}
