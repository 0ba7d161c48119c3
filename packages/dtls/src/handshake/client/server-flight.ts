import { verify, serverKeyExchangeData } from '../../crypto/signature.ts';
import { DtlsError, formatError, handshakeError } from '../../errors.ts';
import { CertificateType } from '../../messages/certificate.ts';
