import type * as z from 'zod/mini';
import { toJSONSchema } from 'zod/v4/core';
import { functions, type HttpRoute } from '../routes.ts';
import { type Operation, operations } from './operations.ts';

const PROBLEM = { $ref: '#/components/responses/Problem' };

/** The API as OpenAPI 3.1, from the routing table and the schemas that check the requests. */
export function openApiDocument() {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of functions.flatMap(({ http = [] }) => http)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationObject(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Beckon', version: '0.1.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: PROBLEM_SCHEMA, ...shared },
      responses: {
        Problem: {
          description: 'A problem document (RFC 9457)',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

function operationObject(route: HttpRoute) {
  const operation = operations[route.operation];
  if (!operation)
    throw new Error(`routes.ts has an operation that operations.ts does not describe: ${route.operation}`);
  return {
    operationId: route.operation,
    summary: operation.summary,
    ...(route.roles === 'public'
      ? { security: [] }
      : { security: [{ bearer: [] }], description: `Roles: ${route.roles.join(', ')}.` }),
    parameters: [...pathParameters(route.path), ...queryParameters(operation)],
    ...(operation.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: jsonSchema(operation.body, 'input', route.operation) } },
      },
    }),
    ...(operation.textTypes && {
      requestBody: {
        required: true,
        content: Object.fromEntries(operation.textTypes.map((type) => [type, { schema: { type: 'string' } }])),
      },
    }),
    responses: { ...responses(route.operation, operation), default: PROBLEM },
  };
}

function responses(name: string, operation: Operation) {
  return Object.fromEntries(
    Object.entries(operation.responses).map(([status, { description, schema, contentType }]) => {
      if (Number(status) >= 400) return [status, { ...PROBLEM_RESPONSE, description }];
      const content = schema
        ? { 'application/json': { schema: jsonSchema(schema, 'output', name) } }
        : { [contentType ?? 'text/plain']: { schema: { type: 'string' } } };
      return [status, { description, content }];
    }),
  );
}

function pathParameters(path: string) {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name.endsWith('Id') ? { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' } : { type: 'string' },
  }));
}

const NUMBERS: readonly string[] = ['limit', 'radiusM'];

function queryParameters({ query = {} }: Operation) {
  return Object.entries(query).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: NUMBERS.includes(name) ? 'number' : 'string' },
  }));
}

/**
 * OpenAPI 3.1 is JSON Schema 2020-12. A recursive schema (segment rules) brings definitions of its own, which move to the
 * document's components, where every resolver looks.
 */
function jsonSchema(schema: z.ZodMiniType, io: 'input' | 'output', operation: string) {
  const { $schema, $defs = {}, ...rest } = toJSONSchema(schema, { io, unrepresentable: 'any' });
  const renamed = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value).replace(/"#\/\$defs\/(\w+)"/g, `"#/components/schemas/${operation}.${io}.$1"`));
  for (const [name, definition] of Object.entries($defs)) shared[`${operation}.${io}.${name}`] = renamed(definition);
  return renamed(rest);
}
const shared: Record<string, unknown> = {};

const PROBLEM_RESPONSE = {
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string', format: 'json-pointer' }, detail: { type: 'string' } },
      },
    },
  },
};
