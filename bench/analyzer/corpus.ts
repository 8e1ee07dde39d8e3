import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Handlers in each router of the corpus. */
const handlers = 4;

/**
 * Writes an application of some `files` source files: of every ten one router, one service that it calls, and eight
 * modules that no request reaches.
 */
export function writeCorpus(folder: string, files: number): void {
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  write('package.json', '{ "name": "corpus", "dependencies": { "express": "5.0.0" } }');
  const parts = Math.floor(files / 10);
  const imports = Array.from({ length: parts }, (_, part) => `import r${part} from './part${part}/router';`);
  const mounts = Array.from({ length: parts }, (_, part) => `app.use('/part${part}', r${part});`);
  write(
    'src/app.ts',
    `import express from 'express';\n${imports.join('\n')}\nconst app = express();\n${mounts.join('\n')}\napp.listen(3000);\n`,
  );
  for (let part = 0; part < parts; part++) {
    write(`src/part${part}/router.ts`, router(part));
    write(`src/part${part}/service.ts`, service());
    for (let index = 0; index < 8; index++) write(`src/part${part}/module${index}.ts`, plain(part, index));
  }
}

function router(part: number): string {
  const routes = Array.from(
    { length: handlers },
    (_, index) =>
      `router.get('/items${index}/:id', async (req, res) => {\n  res.json(await load(req.params.id, ${index}));\n});`,
  );
  return `import { Router } from 'express';\nimport { load } from './service';\n\n// Part ${part}\nconst router = Router();\n${routes.join('\n')}\nexport default router;\n`;
}

function service(): string {
  return `export async function load(id: string, index: number) {
  const price = await fetch(\`https://prices.example.com/\${id}?\${index}\`);
  const stock = await fetch(\`https://stock.example.com/\${id}\`);
  return { price: await price.json(), stock: await stock.json() };
}
`;
}

function plain(part: number, index: number): string {
  const functions = Array.from(
    { length: 20 },
    (_, at) => `export function step${at}(value: number): number {
  const factor = ${part + index + at};
  return value > factor ? value * factor : step${(at + 1) % 20}(factor);
}`,
  );
  return `${functions.join('\n\n')}\n`;
}
