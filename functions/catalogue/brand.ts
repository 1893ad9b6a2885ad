import { BrandInputSchema } from '#core/model/brand.ts';
import { getMeta, putBrandSettings } from '#store/catalogue.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { validate } from '../shared/validate.ts';

/** `GET /v1/brand`: what holds for all of the brand's campaigns together. @throws Problem 403 for a venue */
export async function getBrand(request: HttpRequest): Promise<HttpResponse> {
  const brandId = brandOf(request);
  const { timeZone, rules } = await getMeta(request.runtime.db, { kind: 'brand', id: brandId });
  return { status: 200, body: { brandId, timeZone, ...rules } };
}

/** `PUT /v1/brand`: replaces it as a whole; decisions follow it as they follow a changed campaign. */
export async function putBrand(request: HttpRequest): Promise<HttpResponse> {
  const brandId = brandOf(request);
  const settings = validate(BrandInputSchema, request.body);
  await putBrandSettings(request.runtime.db, brandId, settings);
  return { status: 200, body: { brandId, ...settings } };
}
