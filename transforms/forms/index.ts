import { boundMethod } from './bound-method.ts';
import { asyncClosure, closureExpression } from './closure.ts';
import { collectedList } from './collected-list.ts';
import type { Form } from './form.ts';
import { functionCall } from './function-call.ts';
import { listLoop } from './list-loop.ts';
import { methodCall } from './method-call.ts';
import { methodCallApply } from './method-call-apply.ts';
import { methodReference } from './method-reference.ts';
import { transactionCall } from './transaction-call.ts';

/** The spellings of a bridge that can be rewritten; the first one that fits decides. */
export const forms: readonly Form[] = [
  transactionCall,
  listLoop,
  boundMethod,
  methodCallApply,
  methodCall,
  methodReference,
  functionCall,
  collectedList,
  closureExpression,
  asyncClosure,
];
