import { httpFunction } from '../shared/http.ts';
import { getRegionsReport } from './regions.ts';
import { exportScreenReport, getReportKey, getScreenReport } from './screens.ts';

export const handler = httpFunction('reports', {
  getScreenReport,
  exportScreenReport,
  getReportKey,
  getRegionsReport,
});
