/** Text that is markup already; everything else is escaped where it is put. */
export type Markup = { readonly markup: string };
type Piece = string | number | Markup | readonly Markup[] | undefined | false;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeText = (text: string): string => text.replace(/[&<>"']/g, (symbol) => ENTITIES[symbol] ?? symbol);

/** A template of markup: what stands in `${…}` is text, in an element or in a quoted attribute, whoever wrote it. */
export function html(strings: TemplateStringsArray, ...pieces: Piece[]): Markup {
  return { markup: strings.reduce((before, text, index) => before + written(pieces[index - 1]) + text) };
}

/** Markup that somebody else has made and that holds no foreign text: a QR code, a style sheet. */
export const trusted = (markup: string): Markup => ({ markup });

function written(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (typeof piece === 'string') return escapeText(piece);
  if (typeof piece === 'number') return String(piece);
  return 'markup' in piece ? piece.markup : piece.map(({ markup }) => markup).join('');
}
