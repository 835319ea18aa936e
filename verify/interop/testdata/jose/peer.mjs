// Reads one job from standard input and writes its answer, both JSON. The names are those of the Go type "material".
import { createLocalJWKSet, exportJWK, exportPKCS8, generateKeyPair, importPKCS8, jwtVerify, SignJWT } from 'jose'

const secretKey = (text) => new TextEncoder().encode(text)

const jobs = {
  async verify({ token, material, audience, issuer, now }) {
    const key = material.secret ? secretKey(material.secret) : createLocalJWKSet(material.jwks)
    const { payload } = await jwtVerify(token, key, {
      algorithms: [material.alg], typ: 'JWT', audience, issuer, currentDate: new Date(now * 1000), requiredClaims: ['exp', 'sub', 'sid'],
    })
    return payload
  },

  async sign({ claims, material }) {
    const key = material.secret ? secretKey(material.secret) : await importPKCS8(material.pem, material.alg)
    return new SignJWT(claims).setProtectedHeader({ alg: material.alg, typ: 'JWT', kid: material.kid }).sign(key)
  },

  async generate({ alg }) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    const kid = 'of-jose-' + alg
    return { alg, kid, pem: await exportPKCS8(privateKey), jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }] } }
  },
}

let text = ''
for await (const chunk of process.stdin) text += chunk
const { job, ...rest } = JSON.parse(text)
try {
  console.log(JSON.stringify({ answer: await jobs[job](rest) }))
} catch (error) {
  console.log(JSON.stringify({ refused: String(error) }))
}
