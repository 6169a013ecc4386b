'use strict';

// What links are to begin with, where clients come through CloudFront or a domain of one's own: no event names the
// host that CloudFront was called by. Empty, the functions go by the event.

module.exports = async ({ resolveVariable }) => {
  const given = await resolveVariable('param:publicBaseUrl');
  if (given) return given;
  const asked = async (toggle, name) =>
    String(await resolveVariable(`param:${toggle}`)) === 'true' ? resolveVariable(`param:${name}`) : '';
  const host = (await asked('cdn', 'cdnDomainName')) || (await asked('domain', 'domainName'));
  return host ? `https://${host}` : '';
};
