import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.endpoint.LwM2mClientEndpointsProvider;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.Device;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.resource.BaseInstanceEnablerFactory;
import org.eclipse.leshan.client.resource.LwM2mInstanceEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.send.ManualDataSender;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.CertificateUsage;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mEncoder;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.response.SendResponse;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/** One device on the client library of Leshan 2. */
final class LeshanDevice implements Console.Device {
    private static final int SERVER_ID = 123;
    private static final long SEND_TIMEOUT_MS = 20_000;

    private final Map<String, String> settings;
    private final Consumer<String> event;
    private final Models models = new Models();
    private final Map<Integer, Map<Integer, TestInstance>> instances = new HashMap<>();
    private LeshanClient client;

    LeshanDevice(String name, Map<String, String> settings) {
        this.settings = settings;
        this.event = text -> Console.say(name, "event", text);
    }

    @Override
    public String run(String command, List<String> words) throws Exception {
        switch (command) {
        case "object":
            models.addObject(words);
            return "";
        case "resource":
            models.addResource(words);
            return "";
        case "start":
            client = build(words);
            client.addObserver(new Observer(event));
            client.start();
            return "";
        case "set":
            LwM2mPath path = new LwM2mPath(words.get(0));
            instance(path).set(path.getResourceId(), path.getResourceInstanceId(), words.get(1));
            return "";
        case "state":
            return instance(new LwM2mPath(words.get(0))).json();
        case "add":
            LwM2mPath added = new LwM2mPath(words.get(0));
            objectEnabler(added.getObjectId()).addInstance(added.getObjectInstanceId(), create(added.getObjectId(), added.getObjectInstanceId()));
            return "";
        case "remove":
            LwM2mPath removed = new LwM2mPath(words.get(0));
            objectEnabler(removed.getObjectId()).removeInstance(removed.getObjectInstanceId());
            return "";
        case "enable":
            client.getObjectTree().addObjectEnabler(enabler(Integer.parseInt(words.get(0))));
            return "";
        case "disable":
            client.getObjectTree().removeObjectEnabler(Integer.parseInt(words.get(0)));
            return "";
        case "update":
            client.triggerRegistrationUpdate();
            return "";
        case "send":
            return code(client.getSendService().sendData(server(), ContentFormat.fromCode(words.get(0)),
                    words.subList(1, words.size()), SEND_TIMEOUT_MS));
        case "collect":
            sender().collectData(LwM2mPath.getLwM2mPathList(words));
            return Instant.now().toString();
        case "flush":
            sender().sendCollectedData(server(), ContentFormat.fromCode(words.get(0)), SEND_TIMEOUT_MS, false);
            return "";
        case "sleep":
            for (LwM2mClientEndpointsProvider provider : client.getEndpointsProvider()) {
                provider.stop();
            }
            return "";
        case "wake":
            for (LwM2mClientEndpointsProvider provider : client.getEndpointsProvider()) {
                provider.start();
            }
            return "";
        case "stop":
            client.stop(true);
            return "";
        case "restart":
            client.start();
            return "";
        case "destroy":
            destroy();
            return "";
        default:
            throw new IllegalArgumentException(command);
        }
    }

    @Override
    public void destroy() {
        if (client != null) {
            client.destroy(false);
            client = null;
        }
    }

    private LeshanClient build(List<String> paths) throws Exception {
        List<ObjectModel> defaults = new ArrayList<>(ObjectLoader.loadDefault());
        ObjectsInitializer initializer = new ObjectsInitializer(new StaticModel(defaults));
        initializer.setInstancesForObject(0, security());
        EnumSet<BindingMode> binding = EnumSet.of(BindingMode.U);
        initializer.setInstancesForObject(1,
                new Server(SERVER_ID, Long.parseLong(settings.get("lifetime")), binding, false, BindingMode.U));
        initializer.setInstancesForObject(3, new Device("FlowNexus tests", "Leshan", "0001", binding));
        List<LwM2mObjectEnabler> enablers = initializer.createAll();
        for (int id : idsOf(paths)) {
            enablers.add(enabler(id, paths));
        }

        DefaultRegistrationEngineFactory engine = new DefaultRegistrationEngineFactory();
        engine.setQueueMode(settings.containsKey("queue"));
        if (settings.containsKey("reconnect")) {
            engine.setReconnectOnUpdate(true);
            engine.setResumeOnConnect(settings.get("reconnect").equals("resume"));
        }
        LeshanClientBuilder builder = new LeshanClientBuilder(settings.get("endpoint"));
        builder.setObjects(enablers);
        builder.setRegistrationEngineFactory(engine);
        builder.setEndpointsProviders(endpoints());
        builder.setDataSenders(new ManualDataSender());
        builder.setDecoder(new DefaultLwM2mDecoder());
        builder.setEncoder(new DefaultLwM2mEncoder());
        return builder.build();
    }

    private Security security() {
        String uri = settings.get("uri");
        if (settings.containsKey("psk")) {
            return Security.psk(uri, SERVER_ID, settings.get("identity").getBytes(), bytes("psk"));
        }
        if (settings.containsKey("certificate")) {
            return Security.x509(uri, SERVER_ID, bytes("certificate"), bytes("key"), bytes("server"),
                    CertificateUsage.DOMAIN_ISSUER_CERTIFICATE.code);
        }
        if (settings.containsKey("public")) {
            return Security.rpk(uri, SERVER_ID, bytes("public"), bytes("key"), bytes("server"));
        }
        return Security.noSec(uri, SERVER_ID);
    }

    private CaliforniumClientEndpointsProvider endpoints() throws Exception {
        CaliforniumClientEndpointsProvider.Builder builder = new CaliforniumClientEndpointsProvider.Builder(
                new CoapClientProtocolProvider(), new CoapsClientProtocolProvider());
        Configuration configuration = builder.createDefaultConfiguration();
        if (settings.containsKey("block")) {
            int size = Integer.parseInt(settings.get("block"));
            configuration.set(CoapConfig.MAX_MESSAGE_SIZE, size);
            configuration.set(CoapConfig.PREFERRED_BLOCK_SIZE, size);
        }
        if (settings.containsKey("cid")) {
            configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, Integer.valueOf(settings.get("cid")));
        }
        builder.setConfiguration(configuration);
        builder.setClientAddress(InetAddress.getLoopbackAddress());
        return builder.build();
    }

    private static List<Integer> idsOf(List<String> paths) {
        List<Integer> ids = new ArrayList<>();
        for (String path : paths) {
            int id = new LwM2mPath(path).getObjectId();
            if (!ids.contains(id)) {
                ids.add(id);
            }
        }
        return ids;
    }

    private LwM2mObjectEnabler enabler(int id, List<String> paths) {
        ObjectModel model = models.model(id);
        Map<Integer, LwM2mInstanceEnabler> made = new HashMap<>();
        for (String path : paths) {
            LwM2mPath parsed = new LwM2mPath(path);
            if (parsed.getObjectId() == id && parsed.isObjectInstance()) {
                made.put(parsed.getObjectInstanceId(), create(id, parsed.getObjectInstanceId()));
            }
        }
        return new ObjectEnabler(id, model, made, new BaseInstanceEnablerFactory() {
            @Override
            public LwM2mInstanceEnabler create() {
                return new TestInstance(text -> event.accept("executed " + text));
            }

            @Override
            public LwM2mInstanceEnabler create(ObjectModel ofModel, Integer instance, java.util.Collection<Integer> used) {
                LwM2mInstanceEnabler enabler = super.create(ofModel, instance, used);
                instances.computeIfAbsent(id, any -> new HashMap<>()).put(enabler.getId(), (TestInstance) enabler);
                return enabler;
            }
        }, ContentFormat.DEFAULT);
    }

    private LwM2mObjectEnabler enabler(int id) {
        List<String> paths = new ArrayList<>();
        paths.add("/" + id + "/0");
        return enabler(id, paths);
    }

    private TestInstance create(int object, int id) {
        TestInstance instance = new TestInstance(text -> event.accept("executed " + text));
        instance.setId(id);
        instance.setModel(models.model(object));
        instances.computeIfAbsent(object, any -> new HashMap<>()).put(id, instance);
        return instance;
    }

    private TestInstance instance(LwM2mPath path) {
        return instances.get(path.getObjectId()).get(path.getObjectInstanceId());
    }

    private ObjectEnabler objectEnabler(int id) {
        return (ObjectEnabler) client.getObjectTree().getObjectEnabler(id);
    }

    private LwM2mServer server() {
        return client.getRegisteredServers().values().iterator().next();
    }

    private ManualDataSender sender() {
        return client.getSendService().getDataSender(ManualDataSender.DEFAULT_NAME, ManualDataSender.class);
    }

    private byte[] bytes(String setting) {
        return Values.bytes(settings.get(setting));
    }

    private static String code(SendResponse response) {
        return response == null ? "no answer" : String.valueOf(response.getCode());
    }
}
