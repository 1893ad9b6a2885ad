import type { Gate } from '#core/model/decision.ts';

/** Every sentence of the page, in one language. `{brand}` and the like are filled in by `fill`. */
export type Words = {
  title: string;
  switchTo: string;
  onAir: string;
  or: string;
  onAirUnknown: string;
  ask: string;
  askButton: string;
  remember: string;
  notSent: string;
  forgetAnyTime: string;
  notEverybody: string;
  coupon: string;
  couponStates: { redeemed: string; reserved: string; expired: string; void: string };
  showAtTill: string;
  qrLabel: string;
  until: string;
  atPlace: string;
  anywhere: string;
  minimumSpend: string;
  upTo: string;
  notYou: string;
  nothing: string;
  why: Partial<Record<Gate, string>>;
  whyElse: string;
  noOfferHere: string;
  why1: string;
  needsApp: string;
  refused: string;
  refusedHow: string;
  used: string;
  usedHow: string;
  busy: string;
  busyHow: string;
  unknown: string;
  unknownHow: string;
};

export const WORDS: Record<'en' | 'zh-CN', Words> = {
  en: {
    title: 'Your coupon',
    switchTo: '中文',
    onAir: 'On the screen',
    or: 'or',
    onAirUnknown: 'What the screen showed just now is not known.',
    ask: '{brand} has something for you',
    askButton: 'Show my coupon',
    remember:
      'By pressing the button you agree that {brand} remembers this phone under a random number and shows you its offers on pages like this one.',
    notSent: 'No name, no phone number, no messages.',
    forgetAnyTime: 'You can end it at any time: “Forget this phone” on this page.',
    notEverybody: 'A few visitors, drawn by lot, get none: so the shop learns what its offers do.',
    coupon: 'Your coupon',
    couponStates: {
      redeemed: 'This coupon has been used',
      reserved: 'A till is taking this coupon just now',
      expired: 'This coupon has ended',
      void: 'This coupon is no longer valid',
    },
    showAtTill: 'Show this at the till',
    qrLabel: 'QR code of the coupon',
    until: 'Valid until {time}',
    atPlace: 'At {place}',
    anywhere: 'At every shop of {brand}',
    minimumSpend: 'From {amount} on',
    upTo: 'At most {amount}',
    notYou: 'Not you? Forget this phone',
    nothing: 'No coupon this time',
    why: {
      trust:
        'This code is the same for everybody, so the offer needs more: tap the ring, or scan the code on the screen.',
      freshness: 'That was too long ago. Please tap again.',
      schedule: 'The offer is not running at this hour.',
      place: 'There is no offer for what the screen was showing.',
      audience: 'The offer is for members whom {brand} knows.',
      consent: '{brand} needs to know how to reach you for this offer.',
      exclusion: 'There is no offer for you here.',
      'quiet-hours': 'It is quiet time here.',
      frequency: 'You have had yours already.',
      stock: 'All coupons are gone.',
      budget: 'All coupons are gone.',
      priority: 'Another offer went first.',
      experiment: 'The lot decides who gets one, and this time it was not you. Thank you all the same.',
    },
    whyElse: '{brand} could not make an offer just now.',
    noOfferHere: 'There is no offer here at the moment.',
    why1: 'In detail',
    needsApp: 'Open {brand}’s own app and tap from there: then it knows that it is you.',
    refused: 'Please tap again',
    refusedHow: 'This link was not made by the tag just now. Hold your phone to the ring once more.',
    used: 'This tap has been used',
    usedHow: 'Each tap opens one page, on one phone. Tap the ring yourself and you get your own.',
    busy: 'One moment, please',
    busyHow: 'Many people are tapping just now. Reload this page in a moment.',
    unknown: 'Nothing is here',
    unknownHow: 'This tag is not known. Perhaps it was taken out of use.',
  },
  'zh-CN': {
    title: '您的优惠券',
    switchTo: 'English',
    onAir: '屏幕正在播放',
    or: '或',
    onAirUnknown: '刚才屏幕播放的内容未知。',
    ask: '{brand}为您准备了优惠',
    askButton: '领取优惠券',
    remember: '点击按钮即表示您同意{brand}以随机编号记住这部手机，并在此类页面上向您展示其优惠。',
    notSent: '无需姓名和手机号，也不会发送消息。',
    forgetAnyTime: '您可以随时结束：点击本页的“忘记这部手机”。',
    notEverybody: '少数访客经随机抽取不会获得优惠，以便商家了解优惠的效果。',
    coupon: '您的优惠券',
    couponStates: {
      redeemed: '此优惠券已使用',
      reserved: '收银台正在核销此优惠券',
      expired: '此优惠券已过期',
      void: '此优惠券已失效',
    },
    showAtTill: '请在收银台出示',
    qrLabel: '优惠券二维码',
    until: '有效期至 {time}',
    atPlace: '使用地点：{place}',
    anywhere: '{brand}所有门店可用',
    minimumSpend: '满 {amount} 可用',
    upTo: '最多优惠 {amount}',
    notYou: '不是您本人？忘记这部手机',
    nothing: '这次没有优惠券',
    why: {
      trust: '此码人人相同，该优惠需要更多证明：请碰一碰感应环，或扫描屏幕上的二维码。',
      freshness: '时间过去太久了，请再碰一次。',
      schedule: '优惠不在此时段。',
      place: '屏幕播放的内容目前没有优惠。',
      audience: '该优惠仅限{brand}的会员。',
      consent: '{brand}需要知道如何联系您才能提供该优惠。',
      exclusion: '此处暂无适合您的优惠。',
      'quiet-hours': '现在是免打扰时段。',
      frequency: '您已经领取过了。',
      stock: '优惠券已领完。',
      budget: '优惠券已领完。',
      priority: '已有其他优惠优先。',
      experiment: '优惠由抽签决定，这次没有抽中您。谢谢您的参与。',
    },
    whyElse: '{brand}暂时无法提供优惠。',
    noOfferHere: '目前这里没有优惠。',
    why1: '详细原因',
    needsApp: '请打开{brand}自己的应用再碰一次，这样就知道是您了。',
    refused: '请再碰一次',
    refusedHow: '此链接不是标签刚刚生成的。请将手机再次靠近感应环。',
    used: '这次触碰已被使用',
    usedHow: '每次触碰只在一部手机上打开一个页面。亲自碰一碰感应环，即可获得您自己的。',
    busy: '请稍候',
    busyHow: '现在人很多，请稍后重新加载本页。',
    unknown: '这里什么也没有',
    unknownHow: '未知的标签，可能已停用。',
  },
};

/** `{name}` in a sentence becomes what is given for it. */
export function fill(sentence: string, values: Record<string, string>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}
