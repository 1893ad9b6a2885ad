import { type FunctionSpec, functionsOf, type Locator } from '#functions/routes.ts';

export type LoadedFunction = { spec: FunctionSpec; invoke: (event: unknown) => Promise<unknown> };

/** The very handlers that AWS runs, loaded from the folders that `routes.ts` names. */
export async function loadFunctions(locator: Locator): Promise<LoadedFunction[]> {
  return await Promise.all(
    functionsOf(locator).map(async (spec) => {
      const module = (await import(`../../functions/${spec.name}/handler.ts`)) as {
        handler: (event: unknown, context: unknown) => Promise<unknown>;
      };
      return { spec, invoke: (event: unknown) => module.handler(event, contextOf(spec.name, spec.timeoutSeconds)) };
    }),
  );
}

function contextOf(functionName: string, timeoutSeconds: number) {
  const deadline = Date.now() + timeoutSeconds * 1000;
  return { functionName, awsRequestId: crypto.randomUUID(), getRemainingTimeInMillis: () => deadline - Date.now() };
}
