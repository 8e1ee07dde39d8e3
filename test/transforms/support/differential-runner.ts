/**
 * Runs generated programs against PostgreSQL, each before and after its rewrite, and prints what differs.
 * Started by differential.test.ts: `node differential-runner.ts <folder> <url>`, one module per program in the folder.
 */
import { subscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { channels, type QueryEvent } from '@migrate-async/runtime';
import { configureDatabases, createTables } from '@migrate-async/runtime/orm';
import pg from 'pg';

const [folder = '', url = ''] = process.argv.slice(2);
const { Comment, Plan, Post, Profile, Tag, User } = await import(path.join(folder, 'models.ts'));

const seed = `
  TRUNCATE "plan", "profile", "user", "tag", "post", "post_tags", "comment" RESTART IDENTITY CASCADE;
  INSERT INTO "plan" (code) VALUES ('free');
  INSERT INTO "profile" (bio, plan_id) VALUES ('', 1), ('', 1);
  INSERT INTO "user" (name, email, profile_id) VALUES ('Ann', 'a@x.org', 1), ('Bob', 'b@x.org', 2);
  INSERT INTO "tag" (slug) VALUES ('news');
  INSERT INTO "post" (title, slug, views, status, author_id)
    VALUES ('One', 'one', 3, 'draft', 1), ('Two', 'two', 0, 'published', 2), ('Three', 'three', 9, 'draft', 2);
  INSERT INTO "comment" (body, post_id) VALUES ('First!', 1), ('Second', 1);
`;
const tables = ['plan', 'profile', 'user', 'tag', 'post', 'post_tags', 'comment'];

interface Outcome {
  readonly result: unknown;
  readonly rows: unknown;
  readonly statements: readonly string[];
}

configureDatabases({ default: { engine: 'postgresql', url, pool: { min: 1, max: 4 } } });
createTables([Plan, Profile, User, Tag, Post, Comment]);
const client = new pg.Client(url);
await client.connect();
let statements: string[] = [];
subscribe(channels.query, (event) => statements.push((event as QueryEvent).sql));

async function outcomeOf(module: string): Promise<Outcome> {
  await client.query(seed);
  const { run } = await import(path.join(folder, module));
  statements = [];
  const result = await settled(run);
  // What runs at the same time comes in any order, and may go on when a sibling has failed.
  const inParallel = readFileSync(path.join(folder, module), 'utf8').includes('Promise.all');
  if (inParallel) await setTimeout(30);
  const sent = inParallel ? [...statements].sort() : statements;
  const rows = [];
  for (const table of tables) rows.push((await client.query(`SELECT * FROM "${table}" ORDER BY id`)).rows);
  return { result, rows, statements: sent };
}

async function settled(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: JSON.parse(JSON.stringify((await run()) ?? null)) };
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message };
  }
}

let compared = 0;
for (const file of readdirSync(folder).filter((name) => name.endsWith('.before.ts'))) {
  const before = await outcomeOf(file);
  const after = await outcomeOf(file.replace('.before.', '.after.'));
  compared++;
  for (const part of ['result', 'rows', 'statements'] as const) {
    const [one, other] = [JSON.stringify(before[part]), JSON.stringify(after[part])];
    if (one !== other) console.log(`${file}: ${part}\n  before ${one}\n  after  ${other}`);
  }
}
console.log(`compared ${compared}`);
await client.end();
// The process ends here with whatever connections are still open: closing them is not what is looked at.
process.exit(0);
