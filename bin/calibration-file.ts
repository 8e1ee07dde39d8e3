import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, homedir } from 'node:os';
import path from 'node:path';
import type { Calibration, Machine } from '../analyzer/estimate/index.ts';

/** The machine this process runs on, as calibrations name it. */
export function thisMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** Where the figures of this machine are kept: they belong to the machine, not to a project. */
export function calibrationFile(environment: NodeJS.ProcessEnv = process.env): string {
  const caches = environment.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  return path.join(caches, 'migrate-async', 'calibration.json');
}

export function storeCalibration(calibration: Calibration): string {
  const file = calibrationFile();
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(calibration, undefined, 2)}\n`);
  return file;
}

/**
 * The stored calibration, where there is one and it was measured here.
 * @param refused told why a stored one is not used
 */
export async function storedCalibration(refused: (reason: string) => void): Promise<Calibration | undefined> {
  let stored: unknown;
  try {
    stored = JSON.parse(readFileSync(calibrationFile(), 'utf8'));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!missing) refused(`${calibrationFile()} cannot be read: run calibrate again.`);
    return undefined;
  }
  if (!isCalibration(stored)) {
    refused(`${calibrationFile()} is not a calibration: run calibrate again.`);
    return undefined;
  }
  const { calibrationMismatch } = await import('../analyzer/estimate/index.ts');
  const mismatch = calibrationMismatch(stored, thisMachine());
  if (mismatch === undefined) return stored;
  refused(mismatch);
  return undefined;
}

function isCalibration(value: unknown): value is Calibration {
  if (typeof value !== 'object' || value === null) return false;
  const { schemaVersion, machine, crossing, perRow, lanes } = value as Partial<Calibration>;
  const numbers = [crossing?.p50, crossing?.p95, perRow, lanes];
  return (
    schemaVersion === 1 && machine !== undefined && numbers.every((figure) => typeof figure === 'number')
  );
}
