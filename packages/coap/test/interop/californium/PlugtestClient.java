import static java.util.stream.Collectors.joining;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.CoapHandler;
import org.eclipse.californium.core.CoapObserveRelation;
import org.eclipse.californium.core.CoapResponse;
import org.eclipse.californium.core.coap.BlockOption;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.OptionSet;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Token;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.Endpoint;
import org.eclipse.californium.elements.config.Configuration;

/** Californium's client, doing what it is told to: see foreign-program.ts. */
public final class PlugtestClient {
	private final Map<String, Integer> given;
	private final Map<Integer, Endpoint> endpoints = new ConcurrentHashMap<>();
	private final Map<String, CoapObserveRelation> relations = new ConcurrentHashMap<>();

	private PlugtestClient(Map<String, Integer> given) {
		this.given = given;
	}

	public static void main(String[] arguments) throws Exception {
		PlugtestClient client = new PlugtestClient(Words.arguments(arguments));
		ExecutorService threads = Executors.newCachedThreadPool();
		client.endpoint(0);
		Words.say("ready");
		BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
		for (String line = lines.readLine(); line != null; line = lines.readLine()) {
			Words.Command command = new Words.Command(line);
			threads.execute(() -> client.obey(command));
		}
		System.exit(0);
	}

	private void obey(Words.Command command) {
		try {
			switch (command.operation) {
			case "request":
				CoapResponse response = client(command).advanced(request(command));
				if (response == null) {
					throw new IllegalStateException("no response");
				}
				tell(command, "reply", response);
				break;
			case "observe":
				observe(command);
				break;
			case "cancel":
				relations.remove(command.first("observation")).proactiveCancel();
				Words.say(command.id + " done");
				break;
			case "forget":
				relations.remove(command.first("observation")).reactiveCancel();
				Words.say(command.id + " done");
				break;
			case "ping":
				Words.say(command.id + (client(command).ping(10_000) ? " done" : " error no answer"));
				break;
			default:
				throw new IllegalArgumentException("Californium can not " + command.operation);
			}
		} catch (Exception error) {
			Words.say(command.id + " error " + error);
		}
	}

	private CoapClient client(Words.Command command) throws Exception {
		CoapClient client = new CoapClient("coap://127.0.0.1:" + command.first("port"));
		client.setTimeout(15_000L);
		Integer size = command.number("block");
		client.setEndpoint(endpoint(size == null ? 0 : size));
		return client;
	}

	/** Californium has the size of blocks with the endpoint. */
	private synchronized Endpoint endpoint(int blockSize) throws Exception {
		Endpoint endpoint = endpoints.get(blockSize);
		if (endpoint == null) {
			Configuration configuration = Words.configuration(given);
			if (blockSize > 0) {
				configuration.set(CoapConfig.PREFERRED_BLOCK_SIZE, blockSize);
				configuration.set(CoapConfig.MAX_MESSAGE_SIZE, blockSize);
			}
			endpoint = CoapEndpoint.builder().setConfiguration(configuration)
					.setInetSocketAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).build();
			endpoint.start();
			endpoints.put(blockSize, endpoint);
		}
		return endpoint;
	}

	private static URI uri(Words.Command command) throws Exception {
		String path = command.all("path").stream().map(segment -> "/" + command.text(segment)).collect(joining());
		String query = command.all("query").stream().map(command::text).collect(joining("&"));
		return new URI("coap", null, "127.0.0.1", command.number("port"), path, query.isEmpty() ? null : query, null);
	}

	private static Request request(Words.Command command) throws Exception {
		Request request = new Request(Code.valueOf(command.number("method")));
		request.setConfirmable(command.number("con") == 1);
		request.setURI(uri(command));
		OptionSet options = request.getOptions();
		command.all("etag").forEach(etag -> options.addETag(Words.unhex(etag)));
		command.all("ifmatch").forEach(etag -> options.addIfMatch(Words.unhex(etag)));
		options.setIfNoneMatch(command.first("ifnonematch") != null);
		if (command.first("format") != null) {
			options.setContentFormat(command.number("format"));
		}
		if (command.first("accept") != null) {
			options.setAccept(command.number("accept"));
		}
		if (command.first("payload") != null) {
			request.setPayload(Words.unhex(command.first("payload")));
		}
		if (command.first("emptytoken") != null) {
			request.setToken(Token.EMPTY);
		}
		if (command.first("block") != null && request.getCode() == Code.GET) {
			options.setBlock2(BlockOption.size2Szx(command.number("block")), false, 0);
		}
		return request;
	}

	private void observe(Words.Command command) throws Exception {
		Request request = request(command);
		request.setObserve();
		CoapHandler handler = new CoapHandler() {
			private String word = "reply";

			@Override
			public synchronized void onLoad(CoapResponse response) {
				tell(command, word, response);
				word = "notification";
			}

			@Override
			public void onError() {
				Words.say(command.id + " error no response");
			}
		};
		relations.put(command.id, client(command).observe(request, handler));
	}

	/** Says what the client got. */
	private static void tell(Words.Command command, String word, CoapResponse response) {
		OptionSet options = response.getOptions();
		StringBuilder line = new StringBuilder(command.id + " " + word);
		line.append(" code=").append(response.getCode().value);
		line.append(" payload=").append(Words.hex(response.getPayload()));
		if (options.hasContentFormat()) {
			line.append(" format=").append(options.getContentFormat());
		}
		options.getETags().forEach(etag -> line.append(" etag=").append(Words.hex(etag)));
		options.getLocationPath().forEach(segment -> line.append(" lpath=").append(Words.hex(segment)));
		options.getLocationQuery().forEach(part -> line.append(" lquery=").append(Words.hex(part)));
		Words.say(line.toString());
	}
}
