import type { CampaignInput } from '#core/model/campaign.ts';
import type { CreativeInput, PlaylistItem } from '#core/model/creative.ts';
import type { TagInput } from '#core/model/tag.ts';

/** The lobby whose player is yours to open: the other screens of the demo city play by themselves. */
export const OWN_SCREEN = 'screen-lobby-compass-1';
export const PLAYLIST = 'lobbies';
/** The ring beside that screen, an NTAG 424 DNA; its UID is one of NXP's own in AN12196. */
export const RING: { tagId: string; tag: TagInput } = {
  tagId: 'ring-lobby-compass',
  tag: { kind: 'ntag424', name: 'Ring beside the screen 屏幕旁的感应环', screenId: OWN_SCREEN, uid: '04DE5F1EACC040' },
};
/** On a garment, wherever it is; its GTIN is from GS1's range for demonstrations. */
export const GARMENT: { tagId: string; tag: TagInput } = {
  tagId: 'garment-apron',
  tag: { kind: 'qr', name: 'Apron 围裙', gtin: '09521234543213' },
};

export type DemoCreative = { creativeId: string; input: CreativeInput };

type Advert = { title: string; chinese: string; line: string; sky: string; ground: string; art: string };

/** One advert as a picture: 1280 x 720, a word of each language, and something to look at. */
function picture({ title, chinese, line, sky, ground, art }: Advert): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720">
<rect width="1280" height="720" fill="${sky}"/><circle cx="960" cy="330" r="290" fill="${ground}" opacity=".55"/>
<g transform="translate(960 350)">${art}</g>
<g font-family="Georgia,'Noto Sans SC',serif" fill="#10202b"><text x="90" y="290" font-size="104" font-weight="700">${title}</text>
<text x="92" y="400" font-size="72">${chinese}</text></g>
<text x="94" y="500" font-family="Helvetica,Arial,sans-serif" font-size="38" fill="#10202b" opacity=".75">${line}</text></svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

const MILK = `<path d="M-90-190h180l-34 70v300a34 34 0 0 1-34 34h-44a34 34 0 0 1-34-34v-300z" fill="#fff" stroke="#10202b" stroke-width="8"/>
<path d="M-56-20h112v190a30 30 0 0 1-30 30h-52a30 30 0 0 1-30-30z" fill="#cfe8f7"/><rect x="-60" y="-236" width="120" height="48" rx="10" fill="#1668a5"/>`;
const YOGURT = `<path d="M-120-110h240l-34 270a28 28 0 0 1-28 24h-116a28 28 0 0 1-28-24z" fill="#fff" stroke="#10202b" stroke-width="8"/>
<ellipse cx="0" cy="-110" rx="120" ry="34" fill="#f7d9e3" stroke="#10202b" stroke-width="8"/><circle cx="-34" cy="-150" r="40" fill="#c2274f"/><circle cx="38" cy="-160" r="46" fill="#e0446d"/>`;
const CHEESE = `<path d="M-190 90 170-120v210z" fill="#ffd65a" stroke="#10202b" stroke-width="8" stroke-linejoin="round"/>
<path d="M-190 90h360v90h-360z" fill="#f4bd2b" stroke="#10202b" stroke-width="8"/><circle cx="60" cy="20" r="34" fill="#e5a913"/><circle cx="-30" cy="130" r="26" fill="#d99a06"/>`;
const HARBOUR = `<path d="M-230 120h460l-70 90h-320z" fill="#1c4a5e"/><path d="M-10-220v330h-170z" fill="#fff" stroke="#10202b" stroke-width="8"/><path d="M14-160v270h130z" fill="#e9553b" stroke="#10202b" stroke-width="8"/>`;

/** What the brand shows on the venue's screens. */
export const BRAND_CREATIVES: readonly DemoCreative[] = [
  {
    creativeId: 'harbour-milk',
    input: still('Harbour milk 海港牛奶', {
      title: 'Fresh at six.',
      chinese: '清晨六点，新鲜到港',
      line: 'Harbour milk. Tap the ring, taste it today.',
      sky: '#bfe3f5',
      ground: '#ffffff',
      art: MILK,
    }),
  },
  {
    creativeId: 'harbour-yogurt',
    input: still('Harbour yogurt 海港酸奶', {
      title: 'Spoon first.',
      chinese: '先来一勺',
      line: 'Yogurt with red berries, from the bay.',
      sky: '#fbe3ea',
      ground: '#fff6f9',
      art: YOGURT,
    }),
  },
  {
    creativeId: 'harbour-cheese',
    input: still('Harbour cheese 海港奶酪', {
      title: 'Ask for a slice.',
      chinese: '请来一片',
      line: 'Aged in the old salt cellar for nine months.',
      sky: '#fff1c9',
      ground: '#fffaf0',
      art: CHEESE,
    }),
  },
];

/** What the venue shows of its own, between the adverts. */
export const VENUE_CREATIVES: readonly DemoCreative[] = [
  {
    creativeId: 'welcome',
    input: still('Welcome 欢迎', {
      title: 'Harbour City',
      chinese: '海港城欢迎您',
      line: 'Free WiFi in every lobby. 大堂免费无线网络',
      sky: '#d7efe6',
      ground: '#eefaf5',
      art: HARBOUR,
    }),
  },
];

function still(name: string, advert: Advert): CreativeInput {
  return { name, seconds: 8, content: { kind: 'image', url: picture(advert) } };
}

/** Half of the time milk, the rest in turn; cheese only by day, and a few times an hour. */
export const playlistItems = (brand: string): (Partial<PlaylistItem> & { creativeId: string })[] => [
  { creativeId: 'harbour-milk', brand, weight: 3 },
  { creativeId: 'harbour-yogurt', brand, weight: 2 },
  { creativeId: 'harbour-cheese', brand, weight: 1, hours: '07:00-22:00', maxPlaysPerHour: 60 },
  { creativeId: 'welcome', weight: 1 },
];

/** The story that this product began with: the offer is of the very milk that was on air when somebody tapped. */
export function onAirCampaign(): { campaignId: string; input: CampaignInput } {
  return {
    campaignId: 'milk-on-air',
    input: {
      name: 'The milk on the screen 屏幕上的牛奶',
      trigger: {
        on: ['nfc.tap', 'qr.scan'],
        placeIds: [],
        placeTags: ['lobby', 'mall'],
        creativeIds: ['harbour-milk'],
        creativeUnknown: 'skip',
        dwellSeconds: 0,
        // Only a ring that signs, or the code that turns on the screen, proves that somebody stands there.
        minTrust: 'T3',
        freshFor: 'PT10M',
      },
      audience: {},
      schedule: { timeZone: 'place' },
      limits: { perPerson: { count: 1, window: 'P1D' }, stock: 500 },
      experiment: { holdoutPercent: 0, variants: [] },
      offer: {
        kind: 'freeItem',
        item: 'Harbour milk, 250 ml 海港牛奶 250 毫升',
        amount: 450,
        currency: 'CNY',
        expiresAfter: 'P1D',
        redeemAt: 'anyPlace',
      },
      message: {
        channels: ['inbox'],
        templates: {
          en: { title: 'Your free box of milk', body: '{{offer.summary}}: show {{coupon.code}} at any Harbour Dairy.' },
          'zh-CN': {
            title: '免费牛奶一盒',
            body: '{{offer.summary}}：在任意一家海港乳品出示 {{coupon.code}} 即可领取。',
          },
        },
      },
      reaction: { words: { en: 'A box of milk has just found a home!', 'zh-CN': '一盒牛奶刚刚有了主人！' } },
      priority: 60,
    },
  };
}
