'use strict';

// CloudFront's keys of the parameter cdnPublicKeys, of which it wants signed URLs or cookies. A command line carries no
// PEM, whose lines end its value, so a key comes as the base64 inside. CloudFront cannot change a key, so each is named
// by its digest: another key is another resource, which is made before the old one goes.

const { createHash, createPublicKey } = require('node:crypto');

const NOTHING = { Ref: 'AWS::NoValue' };

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const keys = String(await resolveVariable('param:cdnPublicKeys')).split(',').filter(Boolean).map(read);
  if (!keys.length) {
    return { parts: {}, groups: NOTHING };
  }
  const unique = (text) => ({ 'Fn::Sub': `shoebox-${stage}-\${AWS::Region}${text}` });
  const Resources = {};
  for (const { pem, digest } of keys) {
    Resources[`CdnKey${digest}`] = {
      Type: 'AWS::CloudFront::PublicKey',
      Properties: {
        PublicKeyConfig: { CallerReference: unique(`-${digest}`), Name: unique(`-${digest}`), EncodedKey: pem },
      },
    };
  }
  Resources.CdnKeys = {
    Type: 'AWS::CloudFront::KeyGroup',
    Properties: {
      KeyGroupConfig: { Name: unique(''), Items: Object.keys(Resources).map((name) => ({ Ref: name })) },
    },
  };
  return { parts: { Resources }, groups: [{ Ref: 'CdnKeys' }] };
};

function read(base64) {
  let key;
  try {
    key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new Error('cdnPublicKeys: each must be the base64 of a public key, its PEM without the first and last line', { cause });
  }
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails;
  if (modulusLength !== 2048 && namedCurve !== 'prime256v1') {
    throw new Error('cdnPublicKeys: CloudFront takes RSA keys of 2,048 bits and ECDSA keys of the curve P-256');
  }
  const pem = key.export({ format: 'pem', type: 'spki' });
  return { pem, digest: createHash('sha256').update(pem).digest('hex').slice(0, 16) };
}
