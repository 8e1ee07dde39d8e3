/** One figure of the table: what was measured, on which contestant, and what it should be. */
export interface Figure {
  readonly what: string;
  /** `migrate-async`, or the peer it is compared with. */
  readonly contestant: string;
  readonly value: number;
  readonly unit: string;
  /** Bound to reach; figures of peers have none. */
  readonly reach?: { readonly atMost: number } | { readonly atLeast: number };
}

/** A benchmark: one folder under bench/ and one line in the registry of bench/index.ts. */
export interface Bench {
  readonly title: string;
  /** Checks that all contestants do the same, measures them interleaved, and gives medians. */
  run(): Promise<readonly Figure[]>;
}

export function reached({ value, reach }: Figure): boolean | undefined {
  if (reach === undefined) return undefined;
  return 'atMost' in reach ? value <= reach.atMost : value >= reach.atLeast;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The figures as aligned text, one line each. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const met = reached(figure);
    return [
      figure.what,
      figure.contestant,
      `${readable(figure.value)} ${figure.unit}`.trim(),
      bound(figure),
      met === undefined ? '' : met ? 'yes' : 'NO',
    ];
  });
  const lines = [['what', 'contestant', 'measured', 'reach', 'met'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function bound({ reach }: Figure): string {
  if (reach === undefined) return '';
  return 'atMost' in reach ? `<= ${readable(reach.atMost)}` : `>= ${readable(reach.atLeast)}`;
}

/** Three digits that matter, and separators where there are many. */
function readable(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(3)).toString();
}
