import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ENV, functions, type Role } from '#functions/routes.ts';
import { type HttpStep, httpFunction } from '#functions/shared/http.ts';
import type { Runtime } from '#functions/shared/runtime.ts';

type Door = {
  /** What the gateway would hand to the function, and what it answers: status, media type, text. */
  knock: (request: Knock) => Promise<{ status: number; type: string; text: string }>;
};
type Knock = {
  operation: string;
  path?: Record<string, string>;
  query?: Record<string, string>;
  text?: string;
  role?: Role;
};
type Tokens = (group: string) => Promise<string>;

/**
 * A function as API Gateway sees it, in this process: a token is verified by an issuer's published keys, the body is
 * measured and parsed, and errors leave as problem documents. Only the world behind it is the caller's.
 */
export async function openDoor(
  name: string,
  steps: Record<string, HttpStep>,
  runtime: Runtime,
  brand: string,
): Promise<Door> {
  // A process reads an issuer's keys once, so it has one issuer.
  issuer ??= openIssuer();
  const tokenOf = await issuer;
  const tokens = new Map<Role, string>();
  const handler = httpFunction(name, steps, runtime);
  const routes = functions.find((spec) => spec.name === name)?.http ?? [];

  return {
    async knock({ operation, path = {}, query = {}, text, role = 'marketer' }) {
      const route = routes.find((candidate) => candidate.operation === operation);
      if (!route) throw new Error(`${name} has no route ${operation}`);
      const token = tokens.get(role) ?? (await tokenOf(`brand:${brand}:${role}`));
      tokens.set(role, token);
      const event = {
        routeKey: `${route.method} ${route.path}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        pathParameters: path,
        queryStringParameters: query,
        ...(text !== undefined && { body: text }),
        isBase64Encoded: false,
      } as unknown as APIGatewayProxyEventV2;
      const answer = (await handler(event, {} as Context)) as APIGatewayProxyStructuredResultV2;
      return {
        status: answer.statusCode ?? 0,
        type: String(answer.headers?.['content-type']),
        text: String(answer.body ?? ''),
      };
    },
  };
}

let issuer: Promise<Tokens> | undefined;

async function openIssuer(): Promise<Tokens> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }] });
  const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(jwks));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [clientId, seconds] = ['test', Math.floor(Date.now() / 1000)];
  Object.assign(process.env, { [ENV.jwksUrl]: url, [ENV.issuer]: url, [ENV.clientId]: clientId });
  return (group) =>
    new SignJWT({ token_use: 'access', client_id: clientId, 'cognito:groups': [group] })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setIssuer(url)
      .setSubject('tester')
      .setExpirationTime(seconds + 36_000)
      .sign(privateKey);
}
