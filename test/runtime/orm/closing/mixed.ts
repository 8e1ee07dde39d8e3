// Run as a program: every path to the database in one process, then a close that must let the process end.
import { syncToAsync } from '@migrate-async/runtime';
import {
  configureDatabases,
  connections,
  createTables,
  fields,
  Manager,
  model,
} from '@migrate-async/runtime/orm';

class Note extends model('note', { text: fields.text() }) {
  static objects = new Manager(this);
}
configureDatabases({ default: { engine: 'postgresql', url: process.argv[2] ?? '' } });
createTables([Note]);
Note.objects.create({ text: 'blocking' });
await Note.objects.acreate({ text: 'native' });
await syncToAsync(Note.objects.create)({ text: 'bridged' });
await syncToAsync(() => Note.objects.count())();
await syncToAsync(Note.objects.count, { threadSensitive: false })();
Note.objects.count();
await connections.acloseAll();
process.stdout.write('closed');
