import {
  DynamoDBServiceException,
  InternalServerError,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';

/** What DynamoDB answers when it is not the request's fault, as the SDK surfaces it. */
const client = { httpStatusCode: 400 };

export function network(code: 'ECONNRESET' | 'ECONNREFUSED'): Error {
  return Object.assign(new Error(code === 'ECONNRESET' ? 'socket hang up' : 'connection refused'), { code });
}

export function serverError(status: 500 | 503): Error {
  const $metadata = { httpStatusCode: status };
  if (status === 500) return new InternalServerError({ message: 'Internal server error', $metadata });
  const message = 'Service unavailable';
  return new DynamoDBServiceException({ name: 'ServiceUnavailable', $fault: 'server', message, $metadata });
}

/** A throttled transaction says so in its reasons; everything else as an exception of its own. */
export function throttled(transaction?: { count: number; at: number }): Error {
  if (transaction) return cancelled(transaction.count, transaction.at, 'ThrottlingError');
  const message = 'The level of configured provisioned throughput for the table was exceeded';
  return new ProvisionedThroughputExceededException({ message, $metadata: client });
}

export const conflict = (count: number, at: number): Error => cancelled(count, at, 'TransactionConflict');

export function singleConflict(): Error {
  const message = 'Transaction is ongoing for the item';
  return new TransactionConflictException({ message, $metadata: client });
}

export function inProgress(): Error {
  const Message = 'Transaction with the given request token is already in progress';
  return new TransactionInProgressException({ message: Message, $metadata: client });
}

function cancelled(count: number, at: number, Code: string): Error {
  const CancellationReasons = Array.from({ length: count }, (_, index) => ({ Code: index === at ? Code : 'None' }));
  return new TransactionCanceledException({ message: 'Transaction cancelled', $metadata: client, CancellationReasons });
}
