import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.DtlsEndpointContext;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.MessageCallback;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.config.CertificateAuthenticationMode;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.util.StringUtil;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConfig.DtlsRole;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.MaxFragmentLengthExtension;
import org.eclipse.californium.scandium.dtls.cipher.CipherSuite;
import org.eclipse.californium.scandium.dtls.pskstore.AdvancedSinglePskStore;

/** Scandium as a client or as a server that sends back what it gets: see line-peer.ts. */
public final class ScandiumPeer {
	private static DTLSConnector connector;
	private static InetSocketAddress server;
	private static int patience;
	private static CompletableFuture<RawData> awaited = new CompletableFuture<>();
	private static volatile EndpointContext last;

	private ScandiumPeer() {
	}

	public static void main(String[] arguments) throws Exception {
		DtlsConfig.register();
		say("ready");
		BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
		for (String line = lines.readLine(); line != null; line = lines.readLine()) {
			try {
				say(obey(new Words(line)));
			} catch (Exception error) {
				Throwable cause = error.getCause() == null ? error : error.getCause();
				say("error " + cause.toString().replaceAll("\\s+", " "));
			}
		}
		System.exit(0);
	}

	private static void say(String line) {
		System.out.println(line);
		System.out.flush();
	}

	private static String obey(Words words) throws Exception {
		switch (words.operation) {
		case "connect":
			open(words, DtlsRole.CLIENT_ONLY);
			server = new InetSocketAddress(InetAddress.getLoopbackAddress(), words.number("port", 0));
			return "done";
		case "serve":
			open(words, DtlsRole.SERVER_ONLY);
			return "port " + connector.getAddress().getPort();
		case "send":
			return "received " + StringUtil.byteArray2Hex(exchange(StringUtil.hex2ByteArray(words.rest.toUpperCase()))).toLowerCase();
		case "context":
			return context();
		case "resume":
			connector.forceResumeAllSessions();
			return "done";
		case "close":
			connector.close(server);
			return "done";
		default:
			throw new IllegalArgumentException("Scandium can not " + words.operation);
		}
	}

	private static byte[] exchange(byte[] payload) throws Exception {
		awaited = new CompletableFuture<>();
		connector.send(RawData.outbound(payload, new AddressEndpointContext(server), new Failures(awaited), false));
		try {
			return awaited.get(patience, TimeUnit.MILLISECONDS).getBytes();
		} catch (TimeoutException error) {
			throw new TimeoutException("no answer");
		}
	}

	private static void open(Words words, DtlsRole role) throws Exception {
		if (connector != null) {
			connector.destroy();
		}
		last = null;
		patience = words.number("patience", 10_000);
		DtlsConnectorConfig.Builder builder = DtlsConnectorConfig.builder(Configuration.createStandardWithoutFile());
		builder.set(DtlsConfig.DTLS_ROLE, role);
		builder.setAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
		builder.set(DtlsConfig.DTLS_RECOMMENDED_CIPHER_SUITES_ONLY, false);
		builder.set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1);
		builder.set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1);
		builder.set(DtlsConfig.DTLS_RETRANSMISSION_TIMEOUT, words.number("retransmission", 1000), TimeUnit.MILLISECONDS);
		CipherSuite[] suites = Arrays.stream(words.text("suites").split(",")).map(name -> CipherSuite.getTypeByName("TLS_" + name))
				.toArray(CipherSuite[]::new);
		builder.setAsList(DtlsConfig.DTLS_CIPHER_SUITES, suites);
		if (words.has("cid")) {
			builder.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, words.number("cid", 0));
		}
		if (words.has("mtu")) {
			builder.set(DtlsConfig.DTLS_MAX_TRANSMISSION_UNIT, words.number("mtu", 0));
		}
		if (words.has("fragment")) {
			builder.set(DtlsConfig.DTLS_MAX_FRAGMENT_LENGTH,
					MaxFragmentLengthExtension.Length.valueOf("BYTES_" + words.text("fragment")));
		}
		if (words.has("limit")) {
			builder.set(DtlsConfig.DTLS_RECORD_SIZE_LIMIT, words.number("limit", 0));
		}
		if (words.has("identity")) {
			builder.setAdvancedPskStore(
					new AdvancedSinglePskStore(words.text("identity"), StringUtil.hex2ByteArray(words.text("key").toUpperCase())));
		}
		if (words.has("private")) {
			Credentials.set(builder, words);
		}
		if (role == DtlsRole.SERVER_ONLY) {
			builder.set(DtlsConfig.DTLS_CLIENT_AUTHENTICATION_MODE, CertificateAuthenticationMode.NEEDED);
		}
		connector = new DTLSConnector(builder.build());
		connector.setRawDataReceiver(role == DtlsRole.CLIENT_ONLY ? ScandiumPeer::hear : ScandiumPeer::sendBack);
		connector.start();
	}

	private static void hear(RawData data) {
		last = data.getEndpointContext();
		awaited.complete(data);
	}

	private static void sendBack(RawData data) {
		last = data.getEndpointContext();
		connector.send(RawData.outbound(data.getBytes(), data.getEndpointContext(), null, false));
	}

	/** Of the last datagram that was received. */
	private static String context() {
		return "context suite=" + last.getString(DtlsEndpointContext.KEY_CIPHER).replaceFirst("^TLS_", "") + " session="
				+ last.getString(DtlsEndpointContext.KEY_SESSION_ID) + " handshake="
				+ last.getString(DtlsEndpointContext.KEY_HANDSHAKE_TIMESTAMP) + " readcid="
				+ last.getString(DtlsEndpointContext.KEY_READ_CONNECTION_ID) + " writecid="
				+ last.getString(DtlsEndpointContext.KEY_WRITE_CONNECTION_ID) + " ems="
				+ last.getString(DtlsEndpointContext.KEY_EXTENDED_MASTER_SECRET) + " limit="
				+ last.getString(DtlsEndpointContext.KEY_MESSAGE_SIZE_LIMIT) + " peer="
				+ last.getPeerIdentity().getName().replaceAll("\\s+", "");
	}

	private static final class Failures implements MessageCallback {
		private final CompletableFuture<RawData> future;

		Failures(CompletableFuture<RawData> future) {
			this.future = future;
		}

		@Override
		public void onConnecting() {
		}

		@Override
		public void onDtlsRetransmission(int flight) {
		}

		@Override
		public void onContextEstablished(EndpointContext context) {
		}

		@Override
		public void onSent() {
		}

		@Override
		public void onError(Throwable error) {
			future.completeExceptionally(error);
		}
	}
}
