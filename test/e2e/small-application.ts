/** An application with one handler that waits on three partners and one that only reads the database. */
export const smallApplication: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "small", "type": "module", "dependencies": { "express": "^5.0.0" } }\n',
  'src/models.ts': `import { fields, Manager, model } from '@migrate-async/runtime/orm';

export class Order extends model('order', { total: fields.decimal(10, 2), state: fields.text() }) {
  static objects = new Manager(this);
}
`,
  'src/app.ts': `import express from 'express';
import { checkout } from './checkout.ts';
import { orderDetail } from './orders.ts';

export const app = express();
app.post('/orders/:id/checkout', checkout);
app.get('/orders/:id', orderDetail);
`,
  'src/checkout.ts': `import type { Request, Response } from 'express';
import { syncToAsync } from '@migrate-async/runtime';
import { Order } from './models.ts';

export async function checkout(req: Request, res: Response): Promise<void> {
  // The order must exist before a partner hears of it.
  const order = await syncToAsync(Order.objects.get)({ id: Number(req.params.id) });
  const tax = await fetch('https://api.tax.example/quote', { method: 'POST', body: order.total });
  const shipping = await fetch('https://api.shipping.example/quote', { method: 'POST', body: order.total });
  const payment = await fetch('https://api.payments.example/charges', { method: 'POST', body: order.total });
  await syncToAsync(Order.objects.filter({ id: order.id }).update)({ state: 'paid' });
  res.json({ tax: await tax.json(), shipping: await shipping.json(), payment: await payment.json() });
}
`,
  'src/orders.ts': `import type { Request, Response } from 'express';
import { syncToAsync } from '@migrate-async/runtime';
import { Order } from './models.ts';

export async function orderDetail(req: Request, res: Response): Promise<void> {
  res.json(await syncToAsync(Order.objects.get)({ id: Number(req.params.id) }));
}
`,
};

/** src/checkout.ts after the rewrite. */
export const migratedCheckout = (smallApplication['src/checkout.ts'] ?? '')
  .replace("import { syncToAsync } from '@migrate-async/runtime';\n", '')
  .replace('syncToAsync(Order.objects.get)', 'Order.objects.aget')
  .replace(
    'syncToAsync(Order.objects.filter({ id: order.id }).update)',
    'Order.objects.filter({ id: order.id }).aupdate',
  );
