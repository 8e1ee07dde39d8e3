import type { Driver, DriverModule, WorkerReply, WorkerRequest, WorkerStart } from './messages.ts';

// The bridge thread: owns blocking connections and answers requests strictly in order, as the thread of a
// thread-per-connection server does. It compiles nothing and decodes nothing; rows travel as the server sent them.

/**
 * Serves the requests that arrive on the port.
 *
 * @param start what the thread was started with
 * @param load loads a driver module; how depends on whether this runs from source
 */
export function serve(start: WorkerStart, load: (module: string) => Promise<DriverModule>): void {
  const { port, replies } = start;
  const counter = new Int32Array(replies);
  const connections = new Map<number, { driver: Driver; module: DriverModule }>();
  let tail: Promise<void> = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    tail = tail.then(() => answer(request)).then(reply);
  });

  async function answer(request: WorkerRequest): Promise<WorkerReply> {
    const { id } = request;
    let module: DriverModule | undefined = connections.get(request.connection)?.module;
    try {
      if (request.kind === 'open') {
        module = await load(request.plan.driver);
        const driver = await module.openDriver(request.plan.settings);
        connections.set(request.connection, { driver, module });
        return { id, result: undefined, usable: true };
      }
      const connection = connections.get(request.connection);
      if (connection === undefined) throw new Error('the connection is closed');
      if (request.kind === 'close') {
        connections.delete(request.connection);
        await connection.driver.close();
        return { id, result: undefined, usable: false };
      }
      const result = await connection.driver.execute(request.request);
      return { id, result, usable: connection.driver.usable };
    } catch (error) {
      const usable = connections.get(request.connection)?.driver.usable ?? false;
      return { id, error: module?.describeError(error) ?? { message: String(error) }, usable };
    }
  }

  function reply(message: WorkerReply): void {
    port.postMessage(message);
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  }
}
