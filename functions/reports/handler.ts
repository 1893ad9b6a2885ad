import { httpFunction } from '../shared/http.ts';
import { exportScreenReport, getReportKey, getScreenReport } from './screens.ts';

export const handler = httpFunction('reports', { getScreenReport, exportScreenReport, getReportKey });
