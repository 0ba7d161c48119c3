import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;

/** Leshan's server with what it comes with, under the orders of orders.ts. */
public final class BenchServer {
	private static final int TEMPERATURE = 3303;
	private static final int SENSOR_VALUE = 5700;
	private static final long READ_TIMEOUT_MS = 30_000;

	private static final AtomicLong REGISTERED = new AtomicLong();
	private static final AtomicLong UPDATED = new AtomicLong();
	private static final AtomicLong NOTIFIED = new AtomicLong();
	private static LeshanServer server;

	private BenchServer() {
	}

	public static void main(String[] arguments) throws Exception {
		boolean forgetsAtOnce = arguments.length > 0 && arguments[0].equals("--forget-at-once");
		CaliforniumServerEndpointsProvider.Builder endpoints = new CaliforniumServerEndpointsProvider.Builder(
				new CoapServerProtocolProvider());
		endpoints.setConfiguration(configuration -> {
			if (forgetsAtOnce) {
				// For the memory of registrations alone: no messages that are kept for their duplicates.
				configuration.set(CoapConfig.EXCHANGE_LIFETIME, 1, TimeUnit.SECONDS);
				configuration.set(CoapConfig.MARK_AND_SWEEP_INTERVAL, 1, TimeUnit.SECONDS);
			}
		});
		endpoints.addEndpoint(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), Protocol.COAP);
		LeshanServerBuilder builder = new LeshanServerBuilder();
		builder.setEndpointsProviders(endpoints.build());
		builder.setObjectModelProvider(new VersionedModelProvider(models()));
		server = builder.build();
		server.getRegistrationService().addListener(new Registrations());
		server.getObservationService().addListener(new Observations());
		server.start();
		say("listening " + server.getEndpoint(Protocol.COAP).getURI().getPort());

		BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
		for (String order = orders.readLine(); order != null; order = orders.readLine()) {
			say(answer(order.split(" ")));
		}
		System.exit(0);
	}

	private static String answer(String[] words) throws Exception {
		switch (words[0]) {
		case "cpu":
			return "cpu " + processCpuMicros();
		case "heap":
			return "heap " + usedHeap();
		case "counts":
			return "counts " + REGISTERED + " " + UPDATED + " " + NOTIFIED;
		case "observe":
			observeAll();
			return "observe";
		case "read":
			readInTurn(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
			return "read";
		default:
			throw new IllegalArgumentException(words[0]);
		}
	}

	private static long processCpuMicros() {
		java.lang.management.OperatingSystemMXBean bean = ManagementFactory.getOperatingSystemMXBean();
		return ((com.sun.management.OperatingSystemMXBean) bean).getProcessCpuTime() / 1000;
	}

	private static long usedHeap() throws InterruptedException {
		for (int turn = 0; turn < 3; turn += 1) {
			System.gc();
			Thread.sleep(100);
		}
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

	private static void observeAll() throws InterruptedException {
		List<Registration> observed = observed();
		sendInTurn(observed, observed.size(), 16,
				new ObserveRequest(ContentFormat.SENML_CBOR, TEMPERATURE, 0, SENSOR_VALUE));
	}

	private static void readInTurn(int count, int window) throws InterruptedException {
		sendInTurn(observed(), count, window, new ReadRequest(ContentFormat.SENML_CBOR, 3, 0, 9));
	}

	/** Those that take part in all but Register. */
	private static List<Registration> observed() {
		List<Registration> observed = new ArrayList<>();
		Iterator<Registration> all = server.getRegistrationService().getAllRegistrations();
		while (all.hasNext()) {
			Registration registration = all.next();
			if (registration.getSupportedObject().containsKey(TEMPERATURE)) observed.add(registration);
		}
		return observed;
	}

	/** So many requests, one endpoint after the other, with so many under way at a time. */
	private static <T extends LwM2mResponse> void sendInTurn(List<Registration> endpoints, int count, int window,
			DownlinkDeviceManagementRequest<T> request) throws InterruptedException {
		Semaphore free = new Semaphore(window);
		CountDownLatch left = new CountDownLatch(count);
		for (int index = 0; index < count; index += 1) {
			free.acquire();
			server.send(endpoints.get(index % endpoints.size()), request, READ_TIMEOUT_MS, response -> {
				if (!response.isSuccess()) fail("a device answers " + response);
				free.release();
				left.countDown();
			}, error -> fail("a device does not answer: " + error));
		}
		left.await();
	}

	private static void fail(String reason) {
		System.err.println("Leshan: " + reason);
		System.exit(1);
	}

	/** The Objects of Leshan, and that of the value that is observed: without it the value would have no type. */
	private static Collection<ObjectModel> models() {
		List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadDefault());
		ResourceModel value = new ResourceModel(SENSOR_VALUE, "Sensor Value", Operations.R, false, true, Type.FLOAT, null,
				null, null);
		models.add(new ObjectModel(TEMPERATURE, "Temperature", null, "1.0", true, false, value));
		return models;
	}

	private static synchronized void say(String line) {
		System.out.println(line);
		System.out.flush();
	}

	private static final class Registrations implements RegistrationListener {
		@Override
		public void registered(Registration registration, Registration previous, Collection<Observation> observations) {
			REGISTERED.incrementAndGet();
		}

		@Override
		public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
			UPDATED.incrementAndGet();
		}

		@Override
		public void unregistered(Registration registration, Collection<Observation> observations, boolean expired,
				Registration next) {
			// Nobody counts them.
		}
	}

	private static final class Observations implements ObservationListener {
		@Override
		public void newObservation(Observation observation, Registration registration) {
			// The first value is not a notification.
		}

		@Override
		public void cancelled(Observation observation) {
			// Nobody counts them.
		}

		@Override
		public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
			Object value = ((LwM2mSingleResource) response.getContent()).getValue();
			if (!(value instanceof Double)) fail("a notification has " + value);
			NOTIFIED.incrementAndGet();
		}

		@Override
		public void onResponse(CompositeObservation observation, Registration registration,
				ObserveCompositeResponse response) {
			fail("nothing composite is observed");
		}

		@Override
		public void onError(Observation observation, Registration registration, Exception error) {
			fail("a notification does not decode: " + error);
		}
	}
}
