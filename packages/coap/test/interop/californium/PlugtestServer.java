import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;

import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.CoAP.Type;
import org.eclipse.californium.core.coap.MediaTypeRegistry;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.server.resources.CoapExchange;

/** The resources of the plugtests at Californium's server: see server.ts for what each of them does. */
public final class PlugtestServer {
	private static final int TEXT = MediaTypeRegistry.TEXT_PLAIN;
	private static final ScheduledExecutorService TIMERS = Executors.newScheduledThreadPool(1);
	private static Map<String, Integer> given;
	private static int created;

	private PlugtestServer() {
	}

	public static void main(String[] arguments) throws Exception {
		given = Words.arguments(arguments);
		CoapEndpoint endpoint = CoapEndpoint.builder().setConfiguration(Words.configuration(given))
				.setInetSocketAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).build();
		CoapServer server = new CoapServer(endpoint.getConfig());
		server.addEndpoint(endpoint);
		addResources(server);
		server.start();
		Words.say("port " + endpoint.getAddress().getPort());
		while (System.in.read() >= 0) {
			continue;
		}
		System.exit(0);
	}

	private static void addResources(CoapServer server) {
		String large = largeText();
		server.add(new Plain("test").get(text("test")).put(exchange -> exchange.respond(ResponseCode.CHANGED))
				.post(exchange -> {
					exchange.setLocationPath("/location1/location2/location3");
					exchange.respond(ResponseCode.CREATED);
				}).delete(exchange -> exchange.respond(ResponseCode.DELETED)));
		server.add(new Plain("separate").get(exchange -> {
			exchange.accept();
			TIMERS.schedule(() -> text("separate").accept(exchange), given.getOrDefault("separate", 300),
					TimeUnit.MILLISECONDS);
		}));
		server.add(new Plain("seg1").add(new Plain("seg2").add(new Plain("seg3").get(text("seg1/seg2/seg3")))));
		server.add(new Plain("query").get(
				exchange -> exchange.respond(ResponseCode.CONTENT, exchange.getRequestOptions().getUriQueryString(), TEXT)));
		server.add(new Plain("location-query").post(exchange -> {
			exchange.setLocationQuery("first=1&second=2");
			exchange.respond(ResponseCode.CREATED);
		}));
		server.add(new Plain("multi-format").get(PlugtestServer::multiFormat));
		server.add(new Stored("validate", "first".getBytes()));
		server.add(new Stored("create1", null));
		Plain largeResource = new Plain("large").get(text(large));
		largeResource.getAttributes().addResourceType("block");
		largeResource.getAttributes().setMaximumSizeEstimate(large.length());
		server.add(largeResource);
		server.add(new Stored("large-update", large.getBytes()));
		Plain creating = new Plain("large-create");
		server.add(creating.post(exchange -> {
			created += 1;
			creating.add(new Stored(String.valueOf(created), exchange.getRequestPayload()));
			exchange.setLocationPath("/large-create/" + created);
			exchange.respond(ResponseCode.CREATED);
		}));
		server.add(new Plain("large-post").post(
				exchange -> exchange.respond(ResponseCode.CHANGED, exchange.getRequestText().toUpperCase(), TEXT)));
		server.add(new Observed("obs", Type.CON, changes -> "change " + changes));
		server.add(new Observed("obs-non", Type.NON, changes -> "change " + changes));
		server.add(new Observed("obs-large", Type.CON, changes -> "change " + changes + "\n" + large));
		server.add(new Observed("obs-pumping", Type.CON,
				changes -> "change " + changes + "\n" + (changes % 2 == 0 ? large : "")));
		server.add(link("link1", "If1", "Type1", "Type2"));
		server.add(link("link2", "If2", "Type2", "Type3"));
		server.add(link("link3", "foo", "Type1", "Type3"));
		Plain path = new Plain("path").get(exchange -> exchange.respond(ResponseCode.CONTENT,
				"</path/sub1>,</path/sub2>,</path/sub3>", MediaTypeRegistry.APPLICATION_LINK_FORMAT));
		path.getAttributes().addContentType(MediaTypeRegistry.APPLICATION_LINK_FORMAT);
		for (String name : new String[] { "sub1", "sub2", "sub3" }) {
			path.add(new Plain(name).get(text("/path/" + name)));
		}
		server.add(path);
	}

	private static Plain link(String name, String description, String... types) {
		Plain resource = new Plain(name).get(text("/" + name));
		resource.getAttributes().addInterfaceDescription(description);
		for (String type : types) {
			resource.getAttributes().addResourceType(type);
		}
		return resource;
	}

	private static Consumer<CoapExchange> text(String text) {
		return exchange -> exchange.respond(ResponseCode.CONTENT, text, TEXT);
	}

	private static void multiFormat(CoapExchange exchange) {
		int accept = exchange.getRequestOptions().getAccept();
		if (accept == MediaTypeRegistry.UNDEFINED || accept == TEXT) {
			exchange.respond(ResponseCode.CONTENT, "plain", TEXT);
		} else if (accept == MediaTypeRegistry.APPLICATION_XML) {
			exchange.respond(ResponseCode.CONTENT, "<xml/>", MediaTypeRegistry.APPLICATION_XML);
		} else {
			exchange.respond(ResponseCode.NOT_ACCEPTABLE);
		}
	}

	private static String largeText() {
		StringBuilder text = new StringBuilder();
		for (int index = 0; index < 80; index += 1) {
			text.append(String.format("block of sixteen %02d\n", index));
		}
		return text.toString();
	}

	/** A resource whose methods are functions of the exchange. */
	private static final class Plain extends CoapResource {
		private Consumer<CoapExchange> get = super::handleGET;
		private Consumer<CoapExchange> put = super::handlePUT;
		private Consumer<CoapExchange> post = super::handlePOST;
		private Consumer<CoapExchange> delete = super::handleDELETE;

		Plain(String name) {
			super(name);
		}

		Plain get(Consumer<CoapExchange> method) {
			get = method;
			return this;
		}

		Plain put(Consumer<CoapExchange> method) {
			put = method;
			return this;
		}

		Plain post(Consumer<CoapExchange> method) {
			post = method;
			return this;
		}

		Plain delete(Consumer<CoapExchange> method) {
			delete = method;
			return this;
		}

		@Override
		public void handleGET(CoapExchange exchange) {
			get.accept(exchange);
		}

		@Override
		public void handlePUT(CoapExchange exchange) {
			put.accept(exchange);
		}

		@Override
		public void handlePOST(CoapExchange exchange) {
			post.accept(exchange);
		}

		@Override
		public void handleDELETE(CoapExchange exchange) {
			delete.accept(exchange);
		}
	}

	/** Has an ETag and can be put under conditions. */
	private static final class Stored extends CoapResource {
		private byte[] content;
		private int format = TEXT;
		private byte version = 1;

		Stored(String name, byte[] content) {
			super(name);
			this.content = content;
		}

		@Override
		public synchronized void handleGET(CoapExchange exchange) {
			byte[] etag = { version };
			if (content == null) {
				exchange.respond(ResponseCode.NOT_FOUND);
			} else if (exchange.getRequestOptions().containsETag(etag)) {
				exchange.setETag(etag);
				exchange.respond(ResponseCode.VALID);
			} else {
				exchange.setETag(etag);
				exchange.respond(ResponseCode.CONTENT, content, format);
			}
		}

		@Override
		public synchronized void handlePUT(CoapExchange exchange) {
			boolean exists = content != null;
			boolean conditional = exchange.getRequestOptions().getIfMatchCount() > 0;
			boolean matches = exists && exchange.getRequestOptions().isIfMatch(new byte[] { version });
			if ((exchange.getRequestOptions().hasIfNoneMatch() && exists) || (conditional && !matches)) {
				exchange.respond(ResponseCode.PRECONDITION_FAILED);
				return;
			}
			version += 1;
			content = Arrays.copyOf(exchange.getRequestPayload(), exchange.getRequestPayloadSize());
			format = exchange.getRequestOptions().hasContentFormat() ? exchange.getRequestOptions().getContentFormat() : TEXT;
			exchange.respond(exists ? ResponseCode.CHANGED : ResponseCode.CREATED);
		}

		@Override
		public synchronized void handleDELETE(CoapExchange exchange) {
			content = null;
			exchange.respond(ResponseCode.DELETED);
		}
	}

	/** Changes by itself, and when somebody puts something into it. */
	private static final class Observed extends CoapResource {
		private final int period = given.getOrDefault("period", 250);
		private final IntFunction<String> represent;
		private int changes;
		private byte[] content;
		private int format = TEXT;

		Observed(String name, Type type, IntFunction<String> represent) {
			super(name);
			this.represent = represent;
			setObservable(true);
			setObserveType(type);
			getAttributes().setObservable();
			getAttributes().addResourceType("observe");
			content = represent.apply(0).getBytes();
			TIMERS.scheduleAtFixedRate(this::change, period, period, TimeUnit.MILLISECONDS);
		}

		private synchronized void change() {
			changes += 1;
			content = represent.apply(changes).getBytes();
			format = TEXT;
			changed();
		}

		@Override
		public synchronized void handleGET(CoapExchange exchange) {
			Response response = new Response(ResponseCode.CONTENT);
			response.setPayload(content);
			response.getOptions().setContentFormat(format).setMaxAge(Math.max(1, period / 1000));
			exchange.respond(response);
		}

		@Override
		public synchronized void handlePUT(CoapExchange exchange) {
			int newFormat = exchange.getRequestOptions().getContentFormat();
			boolean same = newFormat == format;
			content = exchange.getRequestPayload();
			format = newFormat;
			exchange.respond(ResponseCode.CHANGED);
			if (same) {
				changed();
			} else {
				clearAndNotifyObserveRelations(ResponseCode.NOT_ACCEPTABLE);
			}
		}

		@Override
		public synchronized void handleDELETE(CoapExchange exchange) {
			exchange.respond(ResponseCode.DELETED);
			clearAndNotifyObserveRelations(ResponseCode.NOT_FOUND);
		}
	}
}
