import { type PackedResult, packed } from '../orm/protocol/result.ts';
import {
  type ConnectionStatus,
  connectionClosed,
  type Driver,
  type DriverModule,
  type DriverRequest,
  type RawResult,
  type WorkerReply,
  type WorkerRequest,
  type WorkerStart,
} from './messages.ts';
import { type Limits, settled } from './settling.ts';

type ConnectionRequest = Exclude<WorkerRequest, { readonly kind: 'lifeSign' }>;

interface Connected {
  readonly driver: Driver;
  readonly module: DriverModule;
  readonly limits: Limits | undefined;
}

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
  const connections = new Map<number, Connected>();
  let tail: Promise<void> = Promise.resolve();
  // Whoever is blocked on an answer would wait for ever for one of a dead thread.
  process.on('uncaughtException', (error) => reply(failedThread(error)));
  process.on('exit', (code) => reply(failedThread(`it ended with code ${code}`)));
  port.on('message', (request: WorkerRequest) => {
    if (request.kind === 'lifeSign') return;
    tail = tail.then(() => answer(request)).then(reply);
  });

  async function answer(request: ConnectionRequest): Promise<WorkerReply> {
    const { id } = request;
    let module: DriverModule | undefined = connections.get(request.connection)?.module;
    try {
      if (request.kind === 'open') {
        // A connection kept from an earlier lane is used again while the server still has it.
        if (connections.get(request.connection)?.driver.usable) return answered(undefined);
        module = await load(request.plan.driver);
        const driver = await module.openDriver(request.plan.settings);
        connections.set(request.connection, { driver, module, limits: request.plan.limits });
        return answered(undefined);
      }
      const connection = connections.get(request.connection);
      if (connection === undefined) throw new Error(connectionClosed);
      if (request.kind === 'close') {
        connections.delete(request.connection);
        await connection.driver.close();
        return answered(undefined);
      }
      return answered(packed(await execute(connection, request.request)));
    } catch (error) {
      return { id, error: module?.describeError(error) ?? { message: String(error) }, ...status() };
    }

    function answered(result: PackedResult | undefined): WorkerReply {
      return { id, result, ...status() };
    }
    function status(): ConnectionStatus {
      const driver = connections.get(request.connection)?.driver;
      return { usable: driver?.usable ?? false, inTransaction: driver?.inTransaction ?? false };
    }
  }

  function reply(message: WorkerReply): void {
    port.postMessage(message);
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  }
}

function execute({ driver, limits }: Connected, request: DriverRequest): Promise<RawResult> {
  return limits === undefined ? driver.execute(request) : settled(driver, request, limits);
}

/** What a thread says when it cannot go on: not an answer to one request, but to all. */
export function failedThread(error: unknown): WorkerReply {
  return {
    id: 0,
    error: { message: `The bridge thread failed: ${error}` },
    usable: false,
    inTransaction: false,
  };
}
