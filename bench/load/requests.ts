import { tokens } from '../../fixtures/apps/storefront/seed.ts';

/** One request, with the status that shows it was answered in the ordinary way. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
}

/** What one handler is asked under load: the same way through it every time. */
export interface Scenario {
  readonly handler: string;
  /** @param turn a number that no other request of the run has */
  call(turn: number): Call;
  /**
   * Rows that the requests use up, one set per turn: SQL with `turn` as the number, over all turns of a window.
   * Rows made during a window are gone when the next one begins.
   */
  readonly rows?: readonly string[];
}

type Who = 'staff' | 'ada' | 'nobody';

function scenario(
  handler: string,
  who: Who,
  target: (turn: number) => string,
  {
    status = 200,
    json,
    rows,
  }: { status?: number; json?: (turn: number) => unknown; rows?: readonly string[] } = {},
): Scenario {
  return {
    handler,
    ...(rows === undefined ? {} : { rows }),
    call(turn) {
      const [method = '', path = ''] = target(turn).split(' ');
      const body = json === undefined ? undefined : JSON.stringify(json(turn));
      return {
        method,
        path,
        headers: {
          ...(who === 'nobody' ? {} : { authorization: `Bearer ${tokens[who]}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        status,
      };
    },
  };
}

const api = '/api/v1';

// Rows are made with keys of their own, far above those of the sequences.
const cart = `insert into cart (id, account_id, status, currency, created_at)
  select turn, 2, 'open', 'EUR', now() from turns`;
const cartItem = `insert into cart_item (id, cart_id, product_id, quantity, unit_price)
  select turn, turn, (select min(id) from product), 1, 39.90 from turns`;
const plenty = 'update stock_level set on_hand = 100000000';
const order = `insert into "order" (id, number, account_id, status, currency, subtotal, tax, shipping, total, shipping_address, placed_at)
  select turn, 'L-' || turn, 2, 'paid', currency, subtotal, tax, shipping, total, shipping_address, timestamp '2020-01-01'
  from turns, "order" where number = 'SF-100002'`;
const payment = `insert into payment (id, order_id, kind, provider_id, amount, status, created_at)
  select turn, turn, 'charge', 'ch_load' || turn, 69.84, 'succeeded', timestamp '2020-01-01' from turns`;
const shipment = `insert into shipment (order_id, carrier, service, tracking_number, status)
  select id, 'Northline', 'standard', 'NL-LOAD', 'label' from "order" where number = 'SF-100002'`;
const invoice = `insert into invoice (id, number, account_id, period, requests, net, tax, total, status, issued_on)
  select turn, 'L-' || turn, 2, '2025-12', 10, 49.00, 9.31, 58.31, 'open', date '2025-12-31' from turns`;
const subscription = `insert into subscription (id, plan_id, status, seats, renews_on)
  select turn, (select min(id) from plan), 'active', 1, date '2026-02-01' from turns`;
const account = `insert into account (id, email, name, status, usage_key, subscription_id, preferences, created_at)
  select turn, 'load' || turn || '@example.org', 'Load', 'active', 'load-' || turn, turn, '{}', timestamp '2020-01-01' from turns`;

const category = `insert into category (id, name, slug) select turn, 'Load', 'load-' || turn from turns`;
const product = `insert into product (id, sku, slug, name, description, price, weight_grams, status, attributes, category_id, created_at)
  select turn, 'L' || turn, 'l-' || turn, 'Load', '', 10.00, 100, 'active', '{}', turn, timestamp '2020-01-01' from turns`;

const address = `insert into address (id, account_id, line1, city, region, postal_code, country, is_default)
  select turn, 2, 'Seestrasse 9', 'Zürich', 'ZH', '8002', 'CH', false from turns`;

/** What a bridge costs while a request waits for somebody else: a query, a call of the carrier, and a write. */
export const aroundOneCall = scenario(
  'verifyAddress',
  'ada',
  (turn) => `POST ${api}/accounts/2/addresses/${turn}/verification`,
  { rows: [address] },
);

/** One scenario per handler of the storefront. */
export const scenarios: readonly Scenario[] = [
  scenario('readiness', 'nobody', () => 'GET /healthz'),

  scenario('listAccounts', 'staff', () => `GET ${api}/accounts`),
  scenario('createAccount', 'staff', () => `POST ${api}/accounts`, {
    status: 201,
    json: (turn) => ({
      email: `new${turn}@example.org`,
      name: 'New',
      usageKey: `new-${turn}`,
      plan: 'team',
    }),
  }),
  scenario('accountDetail', 'ada', () => `GET ${api}/accounts/2`),
  scenario('updateAccount', 'staff', (turn) => `PATCH ${api}/accounts/${turn}`, {
    json: () => ({ name: 'Ada King', newsletter: true }),
    rows: [subscription, account],
  }),
  scenario('closeAccount', 'staff', (turn) => `DELETE ${api}/accounts/${turn}`, {
    status: 204,
    rows: [subscription, account],
  }),
  scenario('createToken', 'ada', () => `POST ${api}/accounts/2/tokens`, {
    status: 201,
    json: (turn) => ({ label: `till ${turn}`, scopes: ['carts:write'] }),
  }),
  scenario('listAddresses', 'ada', () => `GET ${api}/accounts/2/addresses`),
  scenario('addAddress', 'ada', () => `POST ${api}/accounts/2/addresses`, {
    status: 201,
    json: () => ({ line1: 'Seestrasse 9', city: 'Zürich', region: 'ZH', postalCode: '8002', country: 'ch' }),
  }),
  scenario('makeDefaultAddress', 'ada', () => `PUT ${api}/accounts/2/addresses/2/default`),
  scenario('verifyAddress', 'ada', () => `POST ${api}/accounts/2/addresses/1/verification`),

  scenario('listCategories', 'ada', () => `GET ${api}/catalogue/categories`),
  scenario('listProducts', 'ada', () => `GET ${api}/catalogue/products?pageSize=10`),
  scenario('productDetail', 'ada', () => `GET ${api}/catalogue/products/kettle`),
  scenario('createProduct', 'staff', () => `POST ${api}/catalogue/products`, {
    status: 201,
    json: (turn) => ({
      sku: `L${turn}`,
      slug: `l-${turn}`,
      name: 'Toaster',
      price: '49.90',
      weightGrams: 1800,
      category: 'kitchen',
      tags: ['new', 'green'],
    }),
  }),
  scenario('updateProduct', 'staff', () => `PATCH ${api}/catalogue/products/kettle`, {
    json: () => ({ price: '44.90' }),
  }),
  scenario('stockLevels', 'staff', () => `GET ${api}/catalogue/products/tent/stock`),
  scenario('recommendations', 'ada', () => `GET ${api}/catalogue/products/kettle/recommendations`),
  scenario('productCopyStream', 'staff', () => `GET ${api}/catalogue/products/moka-pot/copy`),
  scenario('productReviews', 'ada', () => `GET ${api}/catalogue/products/kettle/reviews`),
  // The review exists already: all but the last line runs.
  scenario('addReview', 'ada', () => `POST ${api}/catalogue/products/desk-lamp/reviews`, {
    status: 409,
    json: () => ({ rating: 4, body: 'Bright enough to read by.' }),
    rows: [
      `insert into review (product_id, author_id, rating, body, created_at)
       select id, 2, 4, 'Bright.', now() from product where slug = 'desk-lamp' and not exists
         (select 1 from review where product_id = product.id and author_id = 2)`,
    ],
  }),

  scenario('createCart', 'ada', () => `POST ${api}/carts`, { status: 201 }),
  scenario('cartDetail', 'ada', (turn) => `GET ${api}/carts/${turn}`, { rows: [cart, cartItem] }),
  scenario('addCartItem', 'ada', (turn) => `POST ${api}/carts/${turn}/items`, {
    status: 201,
    json: () => ({ sku: 'KETTLE', quantity: 1 }),
    rows: [cart],
  }),
  scenario('updateCartItem', 'ada', (turn) => `PATCH ${api}/carts/${turn}/items/${turn}`, {
    json: () => ({ quantity: 2 }),
    rows: [cart, cartItem],
  }),
  scenario('removeCartItem', 'ada', (turn) => `DELETE ${api}/carts/${turn}/items/${turn}`, {
    status: 204,
    rows: [cart, cartItem],
  }),
  scenario('cartQuote', 'ada', (turn) => `POST ${api}/carts/${turn}/quote`, {
    json: () => ({ addressId: 1 }),
    rows: [cart, cartItem],
  }),
  scenario('checkout', 'ada', (turn) => `POST ${api}/carts/${turn}/checkout`, {
    status: 201,
    json: () => ({ addressId: 1, paymentMethod: 'pm_card' }),
    rows: [cart, cartItem, plenty],
  }),

  scenario('listOrders', 'ada', () => `GET ${api}/orders`),
  scenario('orderDetail', 'ada', () => `GET ${api}/orders/SF-100002`),
  scenario('orderReceipt', 'ada', () => `GET ${api}/orders/SF-100002/receipt`),
  scenario('cancelOrder', 'ada', (turn) => `POST ${api}/orders/L-${turn}/cancellation`, {
    rows: [order, payment],
  }),
  scenario('orderWebhooks', 'staff', () => `POST ${api}/orders/SF-100002/webhooks`, {
    status: 202,
    json: () => ({ event: 'order.paid' }),
  }),
  scenario('shipOrder', 'staff', (turn) => `POST ${api}/orders/L-${turn}/shipment`, {
    status: 201,
    rows: [order],
  }),
  scenario('trackShipment', 'ada', () => `GET ${api}/orders/SF-100002/tracking`, { rows: [shipment] }),

  scenario('billingPanel', 'staff', (turn) => `GET ${api}/billing/${turn}/panel`, {
    rows: [subscription, account],
  }),
  scenario('listInvoices', 'ada', () => `GET ${api}/billing/2/invoices`),
  scenario('issueInvoice', 'staff', () => `POST ${api}/billing/2/invoices`, {
    status: 201,
    json: (turn) => ({
      period: `${String(Math.floor(turn / 12) % 10_000).padStart(4, '0')}-${String(1 + (turn % 12)).padStart(2, '0')}`,
    }),
  }),
  scenario('payInvoice', 'ada', (turn) => `POST ${api}/billing/invoices/L-${turn}/payment`, {
    json: () => ({ paymentMethod: 'pm_card' }),
    rows: [invoice],
  }),
  scenario('changePlan', 'staff', (turn) => `PUT ${api}/billing/${turn}/plan`, {
    json: () => ({ plan: 'scale', seats: 8 }),
    rows: [subscription, account],
  }),

  scenario('trialBalance', 'staff', () => `GET ${api}/ledger/trial-balance`),
  scenario('journal', 'staff', () => `GET ${api}/ledger/entries?pageSize=3`),
  scenario('postJournalEntry', 'staff', () => `POST ${api}/ledger/entries`, {
    status: 201,
    json: (turn) => ({
      reference: `ADJ-${turn}`,
      memo: 'Carriage',
      legs: [
        { account: '5100', amount: '18.20' },
        { account: '1000', amount: '-18.20' },
      ],
    }),
  }),
  scenario('accountStatement', 'staff', () => `GET ${api}/ledger/accounts/1000/statement`),
  scenario('revenueByMonth', 'staff', () => `GET ${api}/ledger/reports/revenue`),
  scenario('reconcile', 'staff', () => `POST ${api}/ledger/reconciliation`),

  scenario('operationsDashboard', 'staff', () => `GET ${api}/admin/dashboard`),
  scenario('orderOverview', 'staff', () => `GET ${api}/admin/orders`),
  scenario('fraudReview', 'staff', () => `POST ${api}/admin/orders/SF-100003/fraud-review`),
  scenario('productOverview', 'staff', () => `GET ${api}/admin/products`),
  // Each its own category: two that reprice the same rows at once may deadlock, rewritten or not.
  scenario('bulkReprice', 'staff', () => `POST ${api}/admin/products/reprice`, {
    json: (turn) => ({ category: `load-${turn}`, percent: 5 }),
    rows: [category, product],
  }),
  scenario('adjustStock', 'staff', () => `POST ${api}/admin/stock/adjustments`, {
    json: () => ({ sku: 'HAMMOCK', warehouse: 'VLO', change: 1 }),
  }),
  scenario('auditLog', 'staff', () => `GET ${api}/admin/audit`),
  scenario('exportAccounts', 'staff', () => `GET ${api}/admin/accounts.csv`),
  scenario('suspendAccount', 'staff', (turn) => `POST ${api}/admin/accounts/${turn}/suspension`, {
    json: () => ({ reason: 'Stolen cards' }),
    rows: [subscription, account],
  }),
];
