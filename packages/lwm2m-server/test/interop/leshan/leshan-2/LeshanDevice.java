import java.net.InetAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
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
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectTree;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.send.ManualDataSender;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.CertificateUsage;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.response.SendResponse;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/** One device on the client library of Leshan 2. */
final class LeshanDevice extends BaseDevice {
    private static final long SEND_TIMEOUT_MS = 20_000;

    private LeshanClient client;

    LeshanDevice(String name, Map<String, String> settings) {
        super(name, settings);
    }

    @Override
    public String run(String command, List<String> words) throws Exception {
        switch (command) {
        case "send":
            SendResponse response = client.getSendService().sendData(server(), ContentFormat.fromCode(words.get(0)),
                    words.subList(1, words.size()), SEND_TIMEOUT_MS);
            return response == null ? "no answer" : String.valueOf(response.getCode());
        case "collect":
            sender().collectData(LwM2mPath.getLwM2mPathList(words));
            return "";
        case "flush":
            sender().sendCollectedData(server(), ContentFormat.fromCode(words.get(0)), SEND_TIMEOUT_MS, false);
            return "";
        default:
            return super.run(command, words);
        }
    }

    @Override
    void start(List<LwM2mObjectEnabler> enablers) throws Exception {
        EnumSet<BindingMode> binding = EnumSet.of(BindingMode.U);
        ObjectsInitializer core = new ObjectsInitializer();
        core.setInstancesForObject(0, security());
        if (settings.containsKey("bootstrap")) {
            core.setClassForObject(1, Server.class);
        } else {
            core.setInstancesForObject(1,
                    new Server(SERVER_ID, Long.parseLong(settings.get("lifetime")), binding, false, BindingMode.U));
        }
        core.setInstancesForObject(3, new Device("FlowNexus tests", "Leshan 2", "0001", binding));
        enablers.addAll(core.createAll());

        DefaultRegistrationEngineFactory engine = new DefaultRegistrationEngineFactory();
        engine.setQueueMode(settings.containsKey("queue"));
        if (settings.containsKey("reconnect")) {
            engine.setReconnectOnUpdate(true);
            engine.setResumeOnConnect(settings.get("reconnect").equals("resumed"));
        }
        LeshanClientBuilder builder = new LeshanClientBuilder(settings.get("endpoint"));
        builder.setObjects(enablers);
        builder.setRegistrationEngineFactory(engine);
        builder.setEndpointsProviders(endpoints());
        builder.setDataSenders(new ManualDataSender());
        client = builder.build();
        client.addObserver(new Observer(event));
        client.start();
    }

    @Override
    LwM2mObjectTree tree() {
        return client.getObjectTree();
    }

    @Override
    void update() {
        client.triggerRegistrationUpdate();
    }

    @Override
    void sleep() {
        client.getEndpointsProvider().forEach(LwM2mClientEndpointsProvider::stop);
    }

    @Override
    void wake() {
        client.getEndpointsProvider().forEach(LwM2mClientEndpointsProvider::start);
    }

    @Override
    void stop() {
        client.stop(true);
    }

    @Override
    public void destroy() {
        client.destroy(false);
    }

    private Security security() {
        String uri = settings.get("uri");
        if (settings.containsKey("bootstrap")) {
            return settings.containsKey("psk")
                    ? Security.pskBootstrap(uri, settings.get("identity").getBytes(), bytes("psk"))
                    : Security.noSecBootstrap(uri);
        }
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

    private CaliforniumClientEndpointsProvider endpoints() {
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

    private LwM2mServer server() {
        return client.getRegisteredServers().values().iterator().next();
    }

    private ManualDataSender sender() {
        return client.getSendService().getDataSender(ManualDataSender.DEFAULT_NAME, ManualDataSender.class);
    }
}
