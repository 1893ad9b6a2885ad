import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type HttpRoute as ApiRoute,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { HttpRoute } from '#functions/routes.ts';

export type BeckonApiProps = {
  issuer: string;
  clientId: string;
  rateLimit: number;
  burstLimit: number;
  domain?: { name: string; certificateArn: string };
};

/**
 * Nothing of a person: the route's template instead of its path, which carries person ids, coupon codes and
 * unsubscribe tokens, and no address.
 */
const ACCESS_LOG = JSON.stringify({
  at: '$context.requestTime',
  requestId: '$context.requestId',
  route: '$context.routeKey',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  bytes: '$context.responseLength',
  integrationStatus: '$context.integrationStatus',
  error: '$context.error.responseType',
});

/** The HTTP API. Cognito's tokens are checked at the door; roles and tenancy by the handlers, route by route. */
export class BeckonApi extends Construct {
  readonly api: HttpApi;
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** The routes that ask for no token. */
  readonly publicRoutes: ApiRoute[] = [];
  private readonly authorizer: HttpJwtAuthorizer;

  constructor(scope: Construct, id: string, props: BeckonApiProps) {
    super(scope, id);
    // No CORS: the console is served from the same origin, and a till or an app is no browser.
    this.api = new HttpApi(this, 'Api', {
      createDefaultStage: false,
      disableExecuteApiEndpoint: props.domain !== undefined,
    });
    this.authorizer = new HttpJwtAuthorizer('Tokens', props.issuer, { jwtAudience: [props.clientId] });
    const domain = props.domain && this.domainName(props.domain);
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: props.rateLimit, burstLimit: props.burstLimit },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLogs()),
        format: AccessLogFormat.custom(ACCESS_LOG),
      },
      ...(domain && { domainMapping: { domainName: domain } }),
    });
    this.url = props.domain ? `https://${props.domain.name}` : this.api.apiEndpoint;
  }

  /** Lets `handler` answer `routes`. */
  addRoutes(handler: IFunction, id: string, routes: readonly HttpRoute[]): void {
    // One permission to invoke for the whole API: one per route would fill the function's resource policy.
    const integration = new HttpLambdaIntegration(id, handler, { scopePermissionToRoute: false });
    for (const { path, method, roles } of routes) {
      const made = this.api.addRoutes({
        path,
        methods: [HttpMethod[method]],
        integration,
        ...(roles !== 'public' && { authorizer: this.authorizer }),
      });
      if (roles === 'public') this.publicRoutes.push(...made);
    }
  }

  private accessLogs(): LogGroup {
    return new LogGroup(this, 'AccessLogs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private domainName(domain: { name: string; certificateArn: string }): DomainName {
    return new DomainName(this, 'Domain', {
      domainName: domain.name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
    });
  }
}
