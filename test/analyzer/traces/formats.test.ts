import { describe, expect, it } from 'vitest';
import { readTraces, TraceError } from '../../../analyzer/traces/index.ts';

const nano = (milliseconds: number) => `${BigInt(Date.UTC(2026, 0, 5) + milliseconds)}000000`;
const start = Date.UTC(2026, 0, 5);

const otlp = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: '@opentelemetry/instrumentation-http', version: '0.200.0' },
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              parentSpanId: '',
              name: 'GET /posts/:id',
              kind: 2,
              startTimeUnixNano: nano(0),
              endTimeUnixNano: `${nano(125).slice(0, -6)}250000`,
              attributes: [
                { key: 'http.request.method', value: { stringValue: 'GET' } },
                { key: 'http.response.status_code', value: { intValue: '200' } },
                { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
              ],
              status: { code: 2 },
              futureField: true,
            },
          ],
        },
      ],
    },
  ],
};

const jaeger = {
  data: [
    {
      traceID: 'abc',
      spans: [
        {
          traceID: 'abc',
          spanID: '2',
          operationName: 'GET',
          references: [{ refType: 'CHILD_OF', spanID: '1' }],
          startTime: start * 1000,
          duration: 42_500,
          tags: [
            { key: 'span.kind', type: 'string', value: 'client' },
            { key: 'http.url', value: 'https://a.io/x' },
          ],
          processID: 'p1',
        },
      ],
      processes: { p1: { serviceName: 'shop', tags: [] } },
    },
  ],
};

const zipkin = [
  {
    traceId: 'abc',
    id: '7',
    kind: 'CLIENT',
    name: 'get',
    timestamp: start * 1000,
    duration: 9000,
    localEndpoint: { serviceName: 'web' },
  },
  {
    traceId: 'abc',
    id: '7',
    kind: 'SERVER',
    shared: true,
    name: 'get',
    timestamp: start * 1000 + 1000,
    duration: 5000,
    localEndpoint: { serviceName: 'shop' },
    tags: { 'http.route': '/x' },
  },
];

/** Spans of Zipkin as Jaeger keeps them. */
function asJaeger(list: readonly Readonly<Record<string, unknown>>[]) {
  const services = ['web', 'shop'];
  const spans = list.map((span) => {
    const { serviceName } = span.localEndpoint as { serviceName: string };
    const { parentId } = span;
    return {
      traceID: span.traceId,
      spanID: span.id,
      operationName: span.name,
      references: parentId === undefined ? [] : [{ refType: 'CHILD_OF', spanID: parentId }],
      startTime: span.timestamp,
      duration: span.duration,
      tags: [{ key: 'span.kind', value: String(span.kind).toLowerCase() }],
      processID: `p${services.indexOf(serviceName)}`,
    };
  });
  return {
    data: [{ traceID: 'abc', spans, processes: { p0: { serviceName: 'web' }, p1: { serviceName: 'shop' } } }],
  };
}

describe('trace files', () => {
  it('are read from OTLP JSON', () => {
    const [span] = readTraces('traces.json', JSON.stringify(otlp));
    expect(span).toMatchObject({ kind: 'server', service: 'shop', parentId: undefined, failed: true, start });
    expect(span?.end).toBeCloseTo(start + 125.25, 3);
    expect(span?.attributes.get('http.response.status_code')).toBe(200);
    expect(span?.attributes.get('tags')).toEqual(['a']);
  });

  it('are read from the JSON lines of a collector, and from Tempo', () => {
    const lines = `${JSON.stringify(otlp)}\n${JSON.stringify(otlp)}\n`;
    expect(readTraces('traces.jsonl', lines)).toHaveLength(2);
    expect(readTraces('tempo.json', JSON.stringify({ batches: otlp.resourceSpans }))).toHaveLength(1);
    expect(readTraces('tempo.json', JSON.stringify({ trace: otlp }))).toHaveLength(1);
  });

  it('understand base64 ids, kinds by name and the old name of scopes', () => {
    const [resource] = otlp.resourceSpans;
    const [scope] = resource?.scopeSpans ?? [];
    const [span] = scope?.spans ?? [];
    const old = {
      batches: [
        {
          resource: resource?.resource,
          instrumentationLibrarySpans: [
            {
              spans: [
                {
                  ...span,
                  kind: 'SPAN_KIND_CLIENT',
                  traceId: 'W47/95gDgQPSabYzgT/GDA==',
                  spanId: '7uGbfsPBsXQ=',
                },
              ],
            },
          ],
        },
      ],
    };
    expect(readTraces('old.json', JSON.stringify(old))[0]).toMatchObject({
      kind: 'client',
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
    });
  });

  it('are read from Jaeger', () => {
    expect(readTraces('jaeger.json', JSON.stringify(jaeger))[0]).toMatchObject({
      kind: 'client',
      parentId: '1',
      service: 'shop',
      start,
      end: start + 42.5,
    });
  });

  it('are read from Zipkin, and a shared span becomes two', () => {
    const [client, server] = readTraces('zipkin.json', JSON.stringify(zipkin));
    expect(client).toMatchObject({ spanId: '7', kind: 'client', end: start + 9 });
    expect(server).toMatchObject({ spanId: '7:server', parentId: '7', kind: 'server', service: 'shop' });
    expect(readTraces('zipkin.json', JSON.stringify([zipkin]))).toHaveLength(2);
  });

  it('are read from one Jaeger trace, a list of them, and what its second version answers', () => {
    const [trace] = jaeger.data;
    for (const form of [trace, [trace], { data: [trace], total: 0 }])
      expect(readTraces('jaeger.json', JSON.stringify(form))).toHaveLength(1);
    expect(readTraces('jaeger.json', JSON.stringify({ result: otlp }))).toHaveLength(1);
  });

  it('tell the processes of Jaeger apart by their tags: p1 is a name inside one trace', () => {
    const [trace] = jaeger.data;
    const tags = [
      { key: 'hostname', value: 'web-1' },
      { key: 'process.pid', value: 17 },
    ];
    const tagged = { ...trace, processes: { p1: { serviceName: 'shop', tags } } };
    const spans = readTraces('jaeger.json', JSON.stringify([trace, tagged]));
    expect(spans.map(({ instance }) => instance)).toEqual([undefined, 'web-1 17']);
  });

  it.each(['zipkin', 'jaeger'])(
    'of %s give what stands below a shared span to the process it ran in',
    (kind) => {
      const below = {
        traceId: 'abc',
        id: '8',
        parentId: '7',
        kind: 'CLIENT',
        name: 'q',
        timestamp: start * 1000,
      };
      const [client, half] = zipkin;
      const { shared: _said, ...unsaid } = half ?? {};
      const list = [client, unsaid, { ...below, duration: 5, localEndpoint: { serviceName: 'shop' } }];
      const spans = readTraces(
        't.json',
        JSON.stringify(kind === 'zipkin' ? list : asJaeger(list.filter((each) => each !== undefined))),
      );
      expect(spans.map(({ spanId, parentId }) => [spanId, parentId])).toEqual([
        ['7', undefined],
        ['7:server', '7'],
        ['8', '7:server'],
      ]);
    },
  );

  it('say where a Zipkin client went by its endpoint', () => {
    const [client] = zipkin;
    const span = { ...client, remoteEndpoint: { serviceName: 'payments' } };
    expect(readTraces('z.json', JSON.stringify([span]))[0]?.attributes.get('peer.service')).toBe('payments');
  });

  it('are read from single spans, as the stores of Jaeger and the queues of Zipkin keep them', () => {
    const [trace] = jaeger.data;
    const [own] = trace?.spans ?? [];
    const { processID: _name, ...span } = own ?? { processID: '' };
    const process = { serviceName: 'shop', tags: [{ key: 'hostname', value: 'one' }] };
    const stored = { ...span, process, startTimeMillis: start };
    const expected = { kind: 'client', parentId: '1', service: 'shop', instance: 'one', start };
    expect(readTraces('list.json', JSON.stringify([stored, stored]))).toMatchObject([expected, expected]);
    expect(readTraces('one.json', JSON.stringify(stored))).toMatchObject([expected]);
    const lines = zipkin.map((each) => JSON.stringify(each)).join('\n');
    expect(readTraces('spans.jsonl', lines)).toMatchObject([{ service: 'web' }, { service: 'shop' }]);
  });

  it('that a process was stopped while writing are read up to the broken line, and that is said', () => {
    const said: string[] = [];
    const line = JSON.stringify(otlp);
    const cut = `${line}\n${line}\n${line.slice(0, 200)}`;
    expect(readTraces('t.jsonl', cut, (message) => said.push(message))).toHaveLength(2);
    expect(said).toEqual(['t.jsonl:3 is cut off: it was left out.']);
    expect(() => readTraces('t.jsonl', `${line}\n{"broken\n${line}`)).toThrow('t.jsonl:2 is not JSON');
  });

  it('may begin with a byte order mark, end their lines as Windows does, and be a list of batches', () => {
    const line = JSON.stringify(otlp);
    expect(readTraces('t.jsonl', `\uFEFF${line}\r\n${line}\r\n`)).toHaveLength(2);
    expect(readTraces('t.json', `\uFEFF${JSON.stringify([otlp, otlp])}`)).toHaveLength(2);
  });

  it('may give nanoseconds as numbers; a span without an end is left out', () => {
    const [span] = otlp.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    const of = (own: object) => ({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, ...own }] }] }] });
    const numbers = of({ startTimeUnixNano: Number(nano(0)), endTimeUnixNano: Number(nano(40)) });
    expect(readTraces('t.json', JSON.stringify(numbers))[0]).toMatchObject({ start, end: start + 40 });
    expect(readTraces('t.json', JSON.stringify(of({ endTimeUnixNano: undefined })))).toEqual([]);
  });

  it('may hold times that are none, whose spans are left out', () => {
    const text = JSON.stringify(otlp);
    const [resource] = otlp.resourceSpans;
    const time = resource?.scopeSpans[0]?.spans[0]?.startTimeUnixNano ?? '';
    expect(readTraces('huge.json', text.replace(`"${time}"`, '1e400'))).toEqual([]);
    expect(readTraces('words.json', text.replace(time, 'yesterday'))).toEqual([]);
    expect(readTraces('long.json', text.replace(time, '9'.repeat(100_000)))).toEqual([]);
  });

  it('that are none of these are refused with their name', () => {
    expect(() => readTraces('x.json', '{"a": 1}')).toThrow(TraceError);
    expect(() => readTraces('x.json', 'no json')).toThrow(/x\.json:1 is not JSON/);
  });
});
