import { encode } from 'uqr';
import type { Programme } from './library.ts';
import { base64url, bytes } from './server.ts';

const CODE_BYTES = 10;

/** The address that the screen's QR code leads to in a slot; `core/tags/rotating.ts` computes the same. */
export async function qrAddress({ qr, screenId }: Programme, slot: number): Promise<string> {
  const raw = Uint8Array.from(atob(qr.key.replaceAll('-', '+').replaceAll('_', '/')), (symbol) => symbol.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, bytes(`${screenId}|${slot}`));
  return `${location.origin}/q/${qr.tagId}?s=${slot}&c=${base64url(mac.slice(0, CODE_BYTES))}`;
}

/** A QR code as a picture: one path, black on nothing, with the margin that readers ask for. */
export function qrPicture(text: string): SVGSVGElement {
  const { data, size } = encode(text, { ecc: 'M', border: 2 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('shape-rendering', 'crispEdges');
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}
