/** A list price of us-east-1, without free tiers and discounts. `unit`: what one costs `usd`. */
type Price = {
  usd: number;
  unit: string;
  source: string;
  /** When the figure was last held against a public page, and against which; not the vendor's own page in every case. */
  checked: string;
  /** It stood in nothing that could be read: what the vendor's page said as far as is remembered. Check before quoting. */
  unconfirmed?: true;
};

const price = (usd: number, unit: string, source: string, checked: string): Price => ({ usd, unit, source, checked });
const MILLION = 1e6;
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const LAMBDA_CHECKED = '2026-11-23, by wring.co/blog/aws-lambda-pricing-guide (March 2026)';
const SQS = 'https://aws.amazon.com/sqs/pricing/';
const SQS_CHECKED = '2026-11-23, by cloudburn.io/blog/amazon-sqs-pricing (March 2026)';
const LOCATION = 'https://aws.amazon.com/location/pricing/';
const LOCATION_CHECKED =
  '2026-11-23: no readable copy had the figures; the docs confirm that each position is billed twice';

export const PRICES = {
  apiRequest: price(
    1 / MILLION,
    'request of 512 KB (HTTP API)',
    'https://aws.amazon.com/api-gateway/pricing/',
    '2026-11-23, by go-cloud.io/aws-api-gateway-pricing (2026)',
  ),
  lambdaRequest: price(0.2 / MILLION, 'invocation', LAMBDA, LAMBDA_CHECKED),
  lambdaGbSecond: price(0.0000133334, 'GB-second (arm64)', LAMBDA, LAMBDA_CHECKED),
  /** A standard queue whose messages have a group: fair queues. */
  sqsFair: price(0.5 / MILLION, 'request of 64 KB', SQS, SQS_CHECKED),
  sqsFifo: price(0.5 / MILLION, 'request of 64 KB', SQS, SQS_CHECKED),
  dynamoRead: price(
    0.125 / MILLION,
    'read request unit',
    'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    '2026-11-23, by airbyte.com/data-engineering-resources/dynamodb-pricing (July 2025)',
  ),
  dynamoWrite: price(
    0.625 / MILLION,
    'write request unit',
    'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    '2026-11-23, by airbyte.com/data-engineering-resources/dynamodb-pricing (July 2025)',
  ),
  logsGb: price(
    0.5,
    'GB into CloudWatch Logs',
    'https://aws.amazon.com/cloudwatch/pricing/',
    '2026-11-23, by go-cloud.io/aws-api-gateway-pricing (2026)',
  ),
  /** Events of AWS services: custom ones cost 1 US$ per million. */
  eventBridge: price(
    0,
    'event of an AWS service',
    'https://aws.amazon.com/eventbridge/pricing/',
    '2026-11-23, by factualminds.com/blog/amazon-eventbridge-pricing-events-pipes-schema-archive (June 2026)',
  ),
  positionWritten: {
    ...price(0.05 / 1000, 'position, first volume tier', LOCATION, LOCATION_CHECKED),
    unconfirmed: true,
  },
  positionEvaluated: {
    ...price(0.2 / 1000, 'position, first volume tier', LOCATION, LOCATION_CHECKED),
    unconfirmed: true,
  },
} as const satisfies Record<string, Price>;
export type PriceName = keyof typeof PRICES;
