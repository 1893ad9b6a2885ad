import { validation } from './errors.ts';
import { RESERVED_WORDS } from './reserved-words.ts';

const TOKEN = /\s*(#\w+|:\w+|[A-Za-z]\w*|\d+|<>|<=|>=|[=<>()[\],.+-])/y;
const BLANK_REST = /\s*$/y;
/** DynamoDB's limit for one expression. */
const MAX_EXPRESSION_BYTES = 4096;

export type ExpressionKind =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'ProjectionExpression'
  | 'UpdateExpression';

/** The tokens of one expression, and the placeholders that were met while reading it. */
export class Tokens {
  readonly names = new Set<string>();
  readonly values = new Set<string>();
  readonly kind: ExpressionKind;
  private readonly tokens: string[];
  private position = 0;

  constructor(text: string, kind: ExpressionKind) {
    this.kind = kind;
    this.tokens = tokenise(text, kind);
  }

  get next(): string | undefined {
    return this.tokens[this.position];
  }

  get afterNext(): string | undefined {
    return this.tokens[this.position + 1];
  }

  take(): string {
    const token = this.tokens[this.position];
    if (token === undefined) throw this.wrong('Syntax error; token: "<EOF>"');
    this.position += 1;
    return token;
  }

  /** Takes the token if it is the one; keywords are met in any case. */
  takeIf(wanted: string): boolean {
    if (this.next?.toUpperCase() !== wanted) return false;
    this.position += 1;
    return true;
  }

  expect(wanted: string): void {
    if (!this.takeIf(wanted)) throw this.syntax();
  }

  end(): void {
    if (this.next !== undefined) throw this.syntax();
  }

  /** A bare attribute name or a `#placeholder`. */
  takeName(): string {
    const token = this.take();
    if (token.startsWith('#')) {
      this.names.add(token);
      return token;
    }
    if (!isWord(token)) throw this.wrong(`Syntax error; token: "${token}"`);
    if (RESERVED_WORDS.has(token.toLowerCase()))
      throw this.wrong(`Attribute name is a reserved keyword; reserved keyword: ${token}`);
    return token;
  }

  takeValue(): string {
    const token = this.take();
    if (!token.startsWith(':')) throw this.wrong(`Syntax error; token: "${token}"`);
    this.values.add(token);
    return token;
  }

  syntax(): Error {
    return this.wrong(`Syntax error; token: "${this.next ?? '<EOF>'}"`);
  }

  wrong(message: string): Error {
    return validation(`Invalid ${this.kind}: ${message}`);
  }
}

export const isWord = (token: string | undefined): boolean => token !== undefined && /^[A-Za-z]/.test(token);

function tokenise(text: string, kind: ExpressionKind): string[] {
  if (text === '') throw validation(`Invalid ${kind}: The expression can not be empty;`);
  if (Buffer.byteLength(text) > MAX_EXPRESSION_BYTES)
    throw validation(`Invalid ${kind}: Expression size has exceeded the maximum allowed size`);
  const tokens: string[] = [];
  let position = 0;
  for (;;) {
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) break;
    tokens.push(token);
    position = TOKEN.lastIndex;
  }
  BLANK_REST.lastIndex = position;
  if (!BLANK_REST.test(text)) throw validation(`Invalid ${kind}: Syntax error; token: "${text[position]}"`);
  return tokens;
}
