import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

import org.eclipse.californium.elements.auth.RawPublicKeyIdentity;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.CertificateType;
import org.eclipse.californium.scandium.dtls.x509.SingleCertificateProvider;
import org.eclipse.californium.scandium.dtls.x509.StaticNewAdvancedCertificateVerifier;

/** Keys and certificates of the files that a command names. */
final class Credentials {
	private Credentials() {
	}

	/** `private`, a PEM of PKCS #8, with `chain` and `roots` (certificates), or with `public` and `trusted` (public keys). */
	static void set(DtlsConnectorConfig.Builder builder, Words words) throws Exception {
		PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pem(words.text("private"))));
		StaticNewAdvancedCertificateVerifier.Builder verifier = StaticNewAdvancedCertificateVerifier.builder();
		if (words.has("chain")) {
			builder.setCertificateIdentityProvider(
					new SingleCertificateProvider(key, certificates(words.text("chain")), CertificateType.X_509));
			verifier.setTrustedCertificates(certificates(words.text("roots")));
		} else {
			builder.setCertificateIdentityProvider(new SingleCertificateProvider(key, publicKey(words.text("public"))));
			verifier.setTrustedRPKs(new RawPublicKeyIdentity(publicKey(words.text("trusted"))));
		}
		builder.setAdvancedCertificateVerifier(verifier.build());
	}

	private static Certificate[] certificates(String file) throws Exception {
		try (InputStream stream = Files.newInputStream(Path.of(file))) {
			return CertificateFactory.getInstance("X.509").generateCertificates(stream).toArray(new Certificate[0]);
		}
	}

	private static PublicKey publicKey(String file) throws Exception {
		return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(pem(file)));
	}

	private static byte[] pem(String file) throws Exception {
		return Base64.getMimeDecoder().decode(Files.readString(Path.of(file)).replaceAll("-----[^\n]+-----", ""));
	}
}
